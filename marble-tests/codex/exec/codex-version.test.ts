import { describe, expect, it } from 'vitest';
import { versionProblem } from '../../../src/codex/exec/codex-version.js';
import { isOlder, parseVersion } from '../../../src/codex/version.js';
import { OLDEST } from '../../../src/codex/versions.js';

describe('parseVersion', () => {
  it.each([
    ['codex-cli 0.169.0', '0.169.0'],
    ['codex-cli 0.169.0\n', '0.169.0'],
    ['codex-cli 0.170.0-alpha.3', '0.170.0'],
    ['WARNING: proceeding\ncodex-cli 0.135.0', '0.135.0'],
    ['10.20.30', '10.20.30'],
    ['codex-cli', undefined],
    ['codex-cli 0.169', undefined],
    ['', undefined],
  ])('reads %j as %j', (text, version) => {
    expect(parseVersion(text)).toBe(version);
  });
});

describe('isOlder', () => {
  it.each([
    ['0.134.9', '0.135.0', true],
    ['0.135.0', '0.135.0', false],
    ['0.135.1', '0.135.0', false],
    ['0.135.0', '0.135.1', true],
    ['0.9.0', '0.135.0', true],
    ['0.1000.0', '0.135.0', false],
    ['1.0.0', '0.135.0', false],
    ['0.135.9', '1.0.0', true],
    ['0.136.0', '0.135.9', false],
  ])('for %s and %s is %s', (version, than, older) => {
    expect(isOlder(version, than)).toBe(older);
  });
});

describe('versionProblem', () => {
  it('names the file, its version, the required version and what to do', () => {
    const problem = versionProblem('/opt/codex', '0.99.0');

    expect(problem?.name).toBe('BinaryError');
    for (const word of [
      '/opt/codex',
      '0.99.0',
      OLDEST,
      'npm install -g @openai/codex@latest',
      '"binary" in config.json',
    ]) {
      expect(problem?.message).toContain(word);
    }
  });

  it.each([OLDEST, '0.169.0'])('is undefined for %s', (version) => {
    expect(versionProblem('/opt/codex', version)).toBeUndefined();
  });
});
