import { homedir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { configFile, pluginDir, profileRoot } from '../../src/plexum/profile.js';

describe('profile', () => {
  it('returns $PLEXUM_PROFILE_ROOT', () => {
    const env = { PLEXUM_PROFILE_ROOT: '/srv/plexum' };
    expect(profileRoot(env)).toBe('/srv/plexum');
    expect(pluginDir(env)).toBe('/srv/plexum/plugins/plexum-openai-provider');
    expect(configFile(env)).toBe('/srv/plexum/plugins/plexum-openai-provider/config.json');
  });

  it.each([
    ['not set', {}],
    ['empty', { PLEXUM_PROFILE_ROOT: '' }],
  ])('returns ~/.plexum when the variable is %s', (_what, env) => {
    expect(profileRoot(env)).toBe(path.join(homedir(), '.plexum'));
  });

  it('returns an absolute, normalized path', () => {
    expect(profileRoot({ PLEXUM_PROFILE_ROOT: '/srv//x/../plexum/' })).toBe('/srv/plexum');
    expect(profileRoot({ PLEXUM_PROFILE_ROOT: 'profile' })).toBe(path.resolve('profile'));
  });
});
