import { describe, expect, it } from 'vitest';
import { checkVersion } from '../../../src/cli/doctor/version-check.js';
import { NEWEST, OLDEST, TESTED } from '../../../src/codex/versions.js';

describe('checkVersion', () => {
  it.each([
    ...TESTED.map(({ version }) => [version, 'green'] as const),
    ['0.134.9', 'red'],
    ['0.999.0', 'yellow'],
    ['1.0.0', 'yellow'],
    [undefined, 'red'],
  ] as const)('reports version %s as %s', (version, state) => {
    expect(checkVersion('/codex', version)).toMatchObject({
      id: 'codex-version',
      state,
      ...(state === 'green' ? {} : { mend: expect.any(String) }),
    });
  });

  it.each(TESTED)('says the default model of codex $version', ({ version, defaultModel }) => {
    expect(checkVersion('/codex', version).detail).toContain(`API key is ${defaultModel})`);
  });

  it('says between which tested versions another lies', () => {
    expect(checkVersion('/codex', '0.151.0').detail).toContain('between 0.150.1 and 0.169.0');
  });

  it.each([
    [
      OLDEST,
      'exec skips a hook that is not trusted, whatever the flags say; goals are off on both transports; plain exec trusts every workspace and runs what its .codex names; compressed threads are unpacked by the plugin',
    ],
    [
      NEWEST,
      'a hook that is not trusted is skipped without a word; goals are off on the app-server; exec trusts no workspace by itself; compressed threads are read',
    ],
  ])('says what codex %s does about hooks, goals, trust and compression', (version, detail) => {
    expect(checkVersion('/codex', version).detail.endsWith(`; ${detail}`)).toBe(true);
  });
});
