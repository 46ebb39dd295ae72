import { userInfo } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { codexHome, definedOnly } from '../../src/codex/environment.js';

describe('definedOnly', () => {
  it('drops variables without a value', () => {
    expect(definedOnly({ A: 'a', B: undefined, C: '' })).toEqual({ A: 'a', C: '' });
  });

  it.each([
    ['codex', path.resolve('codex')],
    ['../codex', path.resolve('../codex')],
    ['~/codex', path.resolve('~/codex')],
    ['/var/codex', '/var/codex'],
    ['', ''],
  ])('names the CODEX_HOME %j from the folder of this process', (home, absolute) => {
    expect(definedOnly({ CODEX_HOME: home })).toEqual({ CODEX_HOME: absolute });
  });
});

describe('codexHome', () => {
  it.each([
    [{ HOME: '/home/ada' }, '/home/ada/.codex'],
    [{ HOME: '/home/ada', CODEX_HOME: '' }, '/home/ada/.codex'],
    [{ HOME: '/home/ada', CODEX_HOME: 'codex' }, path.resolve('codex')],
    [{ HOME: '' }, path.join(userInfo().homedir, '.codex')],
  ])('is for %j %s', (env, home) => {
    expect(codexHome(env)).toBe(home);
  });

  it('is that of a codex without HOME, whatever this process has', () => {
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    vi.stubEnv('HOME', '/home/ada');
    expect(codexHome({})).toBe(path.join(userInfo().homedir, '.codex'));
  });
});
