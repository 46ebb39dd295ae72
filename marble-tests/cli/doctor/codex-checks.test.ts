import { describe, expect, it } from 'vitest';
import { checkBinary, noBinary } from '../../../src/cli/doctor/codex-checks.js';
import { BinaryError } from '../../../src/codex/exec/resolve-binary.js';

describe('checkBinary', () => {
  it('is green for an absolute path and names the native program', () => {
    expect(
      checkBinary('/opt/codex', { found: '/opt/codex', file: '/opt/codex' }, '/c.json'),
    ).toEqual({
      id: 'codex',
      state: 'green',
      title: 'codex',
      detail: '/opt/codex',
    });
    expect(
      checkBinary('/n/bin/codex.js', { found: '/n/bin/codex.js', file: '/n/native' }, '/c.json'),
    ).toMatchObject({
      state: 'green',
      detail: '/n/bin/codex.js, which starts /n/native',
    });
  });

  it('is yellow for a bare name and says which path to write', () => {
    expect(
      checkBinary('codex', { found: '/usr/bin/codex', file: '/n/native' }, '/c.json'),
    ).toMatchObject({
      state: 'yellow',
      detail: expect.stringMatching(
        /"codex" is \/usr\/bin\/codex on this PATH, which starts \/n\/native; systemd/,
      ),
      mend: 'set "binary" in /c.json to "/usr/bin/codex"',
    });
  });

  it('is yellow for a wrapper script without its native program', () => {
    expect(
      checkBinary(
        '/n/bin/codex.js',
        { found: '/n/bin/codex.js', file: '/n/bin/codex.js' },
        '/c.json',
      ),
    ).toMatchObject({ state: 'yellow' });
  });
});

describe('noBinary', () => {
  it('says what to do once', () => {
    const { detail, mend } = noBinary(new BinaryError('there is none', 'install it'), '/c.json');

    expect(detail).toBe('there is none');
    expect(mend).toMatch(/^install it with "npm install -g @openai\/codex", or set "binary"/);
  });

  it('is red and names the config file', () => {
    expect(noBinary('there is none', '/c.json')).toMatchObject({
      id: 'codex',
      state: 'red',
      detail: 'there is none',
      mend: expect.stringContaining('/c.json'),
    });
  });
});
