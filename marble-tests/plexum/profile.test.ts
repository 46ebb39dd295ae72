import { homedir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { configFile, pluginDir, profileRoot } from '../../src/plexum/profile.js';

describe('profile', () => {
  it('is $PLEXUM_PROFILE_ROOT', () => {
    const env = { PLEXUM_PROFILE_ROOT: '/srv/plexum' };
    expect(profileRoot(env)).toBe('/srv/plexum');
    expect(pluginDir(env)).toBe('/srv/plexum/plugins/plexum-openai-provider');
    expect(configFile(env)).toBe('/srv/plexum/plugins/plexum-openai-provider/config.json');
  });

  it.each([
    ['not set', {}],
    ['empty', { PLEXUM_PROFILE_ROOT: '' }],
  ])('is ~/.plexum when that is %s', (_what, env) => {
    expect(profileRoot(env)).toBe(path.join(homedir(), '.plexum'));
  });

  it('is absolute and plain', () => {
    expect(profileRoot({ PLEXUM_PROFILE_ROOT: '/srv//x/../plexum/' })).toBe('/srv/plexum');
    expect(profileRoot({ PLEXUM_PROFILE_ROOT: 'profile' })).toBe(path.resolve('profile'));
  });
});
