import { userInfo } from 'node:os';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { homeFolder } from '../../src/text/home-folder.js';

describe('homeFolder', () => {
  it('returns HOME', () => {
    expect(homeFolder('/home/ada')).toBe('/home/ada');
  });

  it.each(['empty', 'not set'])('returns the home in the user database when HOME is %s', (how) => {
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    vi.stubEnv('HOME', how === 'empty' ? '' : undefined);
    expect(homeFolder()).toBe(userInfo().homedir);
  });

  it('returns / for a user that the user database does not know, as in a container', () => {
    const findUser = () => {
      throw new Error('ENOENT');
    };
    expect(homeFolder('', findUser)).toBe('/');
    expect(homeFolder('', () => ({ homedir: '' }))).toBe('/');
  });
});
