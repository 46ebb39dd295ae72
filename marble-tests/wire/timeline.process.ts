import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { executable, openLab } from '../support/lab.js';
import { recordFile } from '../support/records.js';
import { xmlProblem } from '../support/well-formed-xml.js';

const records = fileURLToPath(new URL('../fixtures/records/', import.meta.url));
const timeline = async (...args: readonly string[]) => {
  const { exitCode, stdout, stderr } = await execa(executable, ['timeline', ...args], {
    reject: false,
    cwd: records,
  });
  return { code: exitCode, stdout, stderr };
};
const said = (text: string): string => `plexum-openai-provider-plugin timeline: ${text}`;

describe('timeline', () => {
  it('draws the turns of a record without colours into a pipe', async () => {
    const { code, stdout, stderr } = await timeline('turn.jsonl', '--width', '100');

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^turn: completed, [\d.]+ s\n"Run the tests/);
    expect(stdout).toMatch(/^codex +-+T/m);
    expect(stdout).not.toContain('\u001B');
  });

  it('draws all turns of a file, or only --turn N', async () => {
    await using lab = await openLab();
    writeFileSync(lab.at('two.jsonl'), recordFile('hello.jsonl') + recordFile('turn.jsonl'));
    const [all, second, third] = await Promise.all(
      [[], ['--turn', '2'], ['--turn=3']].map((args) => timeline(lab.at('two.jsonl'), ...args)),
    );

    expect(all?.stdout.match(/^turn \d of 2/gm)).toEqual(['turn 1 of 2', 'turn 2 of 2']);
    expect(second?.stdout.match(/^turn \d of 2/gm)).toEqual(['turn 2 of 2']);
    expect(third).toEqual({
      code: 2,
      stdout: '',
      stderr: said('--turn takes a whole number from 1 to 2, got "3"'),
    });
  });

  it.each([
    ['turn.svg', ['turn.jsonl'], '1 turn'],
    ['transports.svg', ['exec.jsonl', 'app-server.jsonl'], '2 turns'],
  ])('draws the picture %s of the README', async (name, files, turns) => {
    await using lab = await openLab();
    const written = await timeline(...files, '--svg', lab.at(name));
    const printed = await timeline(...files, '--svg', '-');

    expect(written).toEqual({ code: 0, stdout: `${lab.at(name)}: ${turns}`, stderr: '' });
    expect(readFileSync(lab.at(name), 'utf8')).toBe(recordFile(name));
    expect(`${printed.stdout}\n`).toBe(recordFile(name));
    expect(xmlProblem(printed.stdout)).toBeUndefined();
  });

  it('draws several records on one axis and names each turn after its file', async () => {
    await using lab = await openLab();
    writeFileSync(lab.at('two.jsonl'), recordFile('hello.jsonl') + recordFile('turn.jsonl'));
    const { code, stdout } = await timeline(
      'exec.jsonl',
      lab.at('two.jsonl'),
      'app-server.jsonl',
      '--width',
      '100',
    );

    expect(code).toBe(0);
    expect(stdout.match(/^\S+\.jsonl.*(?=: completed)/gm)).toEqual([
      'exec.jsonl',
      'two.jsonl, turn 1 of 2',
      'two.jsonl, turn 2 of 2',
      'app-server.jsonl',
    ]);
    expect(new Set(stdout.match(/1 column = .*/g)).size).toBe(1);
  });

  it('refuses to overwrite the record with the picture', async () => {
    await using lab = await openLab();
    cpSync(`${records}turn.jsonl`, lab.at('turn.jsonl'));
    const { code, stderr } = await timeline(
      'exec.jsonl',
      lab.at('turn.jsonl'),
      '--svg',
      lab.at('workspace/../turn.jsonl'),
    );

    expect(code).toBe(1);
    expect(stderr).toContain('is the record itself; name another file');
    expect(readFileSync(lab.at('turn.jsonl'), 'utf8')).toBe(recordFile('turn.jsonl'));
  });

  it('draws a record with malformed lines and counts them', async () => {
    await using lab = await openLab();
    writeFileSync(lab.at('odd.jsonl'), `oops\n${recordFile('hello.jsonl')}{"ms":`);
    const { code, stdout, stderr } = await timeline(lab.at('odd.jsonl'));

    expect(code).toBe(0);
    expect(stdout).toContain('turn: completed');
    expect(stderr).toBe(
      said(`2 lines of ${lab.at('odd.jsonl')} are left out: they are no records`),
    );
  });

  it.each<[string, string[], string | RegExp, number?]>([
    ['no file', [], /: it takes a FILE, got none; see timeline --help$/, 2],
    [
      'a second file that is missing',
      ['turn.jsonl', 'missing.jsonl'],
      "cannot read the record: ENOENT: no such file or directory, open 'missing.jsonl'",
    ],
    [
      'a file that is missing',
      ['missing.jsonl'],
      "cannot read the record: ENOENT: no such file or directory, open 'missing.jsonl'",
    ],
    ['a folder', ['.'], 'cannot read the record: EISDIR: illegal operation on a directory, read'],
    [
      'a file without a record',
      ['turn.svg'],
      /^turn\.svg has no record of a turn \(\d+ lines are none\)$/,
    ],
    [
      'a width that is none',
      ['turn.jsonl', '--width', '12'],
      '--width takes a whole number from 40 to 1000, got "12"',
      2,
    ],
    [
      'a turn that is none',
      ['turn.jsonl', '--turn', '1e3'],
      '--turn takes a whole number from 1 to 1, got "1e3"',
      2,
    ],
    [
      'a place that is none',
      ['turn.jsonl', '--svg', 'missing/turn.svg'],
      /^cannot write the picture: ENOENT/,
    ],
    [
      'an option that is not known',
      ['turn.jsonl', '--png'],
      /: unknown option '--png'; see timeline --help$/,
      2,
    ],
  ])('rejects %s with a reason', async (_, args, message, exit = 1) => {
    const { code, stdout, stderr } = await timeline(...args);
    expect({ code, stdout }).toEqual({ code: exit, stdout: '' });
    if (typeof message === 'string') expect(stderr).toBe(said(message));
    else expect(stderr.replace(said(''), '')).toMatch(message);
  });

  it('exits silently when its reader closes the pipe', async () => {
    await using lab = await openLab();
    writeFileSync(lab.at('many.jsonl'), recordFile('turn.jsonl').repeat(60));
    const drawing = execa(executable, ['timeline', lab.at('many.jsonl'), '--svg', '-'], {
      reject: false,
      buffer: false,
    });
    drawing.stdout.once('data', () => drawing.stdout.destroy());
    const chunks = await drawing.stderr.toArray();
    expect({ code: (await drawing).exitCode, stderr: Buffer.concat(chunks).toString() }).toEqual({
      code: 0,
      stderr: '',
    });
  });

  it('prints its help', async () => {
    const { code, stdout } = await timeline('--help');
    expect(code).toBe(0);
    expect(stdout).toContain('Usage: plexum-openai-provider-plugin timeline FILE');
  });
});
