import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { lastValueFrom } from 'rxjs';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { createWireLog } from '../../src/record/wire-log.js';
import { isWireLog, readWireLog, type WireEntry } from '../../src/record/wire-records.js';

const folder = mkdtempSync(path.join(tmpdir(), 'plexum-wire-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const logged = async (name: string, lines: readonly string[], most?: number) => {
  const file = path.join(folder, name);
  const failures: unknown[] = [];
  const log = createWireLog(file, {
    version: '1',
    onFailure: (error) => failures.push(error),
    clock: { now: () => 5 },
    ...(most === undefined ? {} : { most }),
  });
  for (const line of lines) log.host(line);
  await lastValueFrom(log.drained$, { defaultValue: undefined });
  return { file, failures };
};

const ids = (entries: readonly WireEntry[]): unknown[] =>
  entries.map(({ frame }) => Object(frame).id);

describe('createWireLog', () => {
  it('writes each line with its time, without secrets, and with long texts cut', async () => {
    const { file } = await logged('log', [
      JSON.stringify({ id: 1, token: 'abcdefgh12345678', text: 'x'.repeat(2_000) }),
      'no JSON',
    ]);
    const text = readFileSync(file, 'utf8');
    expect(isWireLog(text)).toBe(true);
    expect(readWireLog(text).runs).toMatchObject([
      {
        version: '1',
        dropped: 0,
        entries: [
          {
            ms: 0,
            from: 'host',
            frame: {
              id: 1,
              token: '[redacted]',
              text: `${'x'.repeat(200)}… (cut: 2000 characters)`,
            },
          },
          { ms: 0, from: 'host', line: 'no JSON' },
        ],
      },
    ]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('takes a file that is there from everybody else', async () => {
    writeFileSync(path.join(folder, 'made'), '', { mode: 0o644 });
    const { file, failures } = await logged('made', ['{"id":1}']);
    expect(failures).toEqual([]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('adds to the log of an earlier plugin', async () => {
    await logged('twice', ['{"id":1}']);
    const { file } = await logged('twice', ['{"id":2}']);
    const { runs } = readWireLog(readFileSync(file, 'utf8'));
    expect(runs.map(({ entries }) => entries.length)).toEqual([1, 1]);
  });

  it('hides secrets by their names whatever they look like, and secrets that are names', async () => {
    const secret = 'ghp_abcdefghijklmnopqrstuvwxyz0123456789';
    const frame = { api_key: 'plain', password: '$tr0ng', token: 'none', of: { [secret]: 1 } };
    const { file } = await logged('names', [JSON.stringify(frame)]);
    expect(readWireLog(readFileSync(file, 'utf8')).runs).toMatchObject([
      {
        entries: [
          {
            frame: {
              api_key: '[redacted]',
              password: '[redacted]',
              token: 'none',
              of: { 'ghp_[redacted]': 1 },
            },
          },
        ],
      },
    ]);
  });

  it('keeps two plugins apart that share a file and have the same pid, each in a container', async () => {
    const file = path.join(folder, 'shared');
    const options = { version: '1', onFailure: () => undefined };
    const logs = [createWireLog(file, options), createWireLog(file, options)];
    for (const id of [1, 2, 3]) for (const log of logs) log.host(JSON.stringify({ id }));
    for (const log of logs) await lastValueFrom(log.drained$, { defaultValue: undefined });
    const { runs, malformed } = readWireLog(readFileSync(file, 'utf8'));
    expect(runs.map(({ entries }) => ids(entries))).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
    expect(malformed).toBe(0);
  });

  it('keeps two plugins of an older version apart, whose lines have only a pid', () => {
    const lines = [
      { wire: 1, at: 'a', version: '1', pid: 7 },
      { wire: 1, at: 'b', version: '1', pid: 8 },
      { ms: 1, from: 'host', pid: 7, frame: { id: 1 } },
      { ms: 1, from: 'host', pid: 8, frame: { id: 2 } },
      { ms: 2, from: 'host', frame: { id: 3 } },
      { ms: 2, dropped: 4, pid: 7 },
      { wire: 1, at: 'c', version: '1', pid: 7 },
      { ms: 1, from: 'host', pid: 7, frame: { id: 4 } },
      { ms: 1, from: 'host', pid: 9, frame: { id: 5 } },
    ];
    const { runs } = readWireLog(lines.map((line) => JSON.stringify(line)).join('\n'));
    expect(runs.map(({ at, entries, dropped }) => [at, ids(entries), dropped])).toEqual([
      ['a', [1], 4],
      ['b', [2, 3], 0],
      ['c', [4], 0],
      ['', [5], 0],
    ]);
  });

  it('loses no line behind the torn last line of a plugin that was killed', async () => {
    const { file } = await logged('torn', ['{"id":1}']);
    appendFileSync(file, '{"ms":7,"from":"ho');
    await logged('torn', ['{"id":2}']);
    const { runs, malformed } = readWireLog(readFileSync(file, 'utf8'));
    expect(runs.map(({ entries }) => entries.length)).toEqual([1, 1]);
    expect(malformed).toBe(1);
  });

  it('says that a file has its bytes already, instead of a log of nothing', async () => {
    writeFileSync(path.join(folder, 'old'), 'x\n'.repeat(100));
    const { file, failures } = await logged('old', ['{"id":1}'], 150);
    expect(failures).toMatchObject([{ message: expect.stringContaining('move it away') }]);
    expect(statSync(file).size).toBe(200);
  });

  it('writes into no file of another user', async () => {
    writeFileSync(path.join(folder, 'theirs'), '');
    const own = process.getuid?.() ?? 0;
    const getuid = vi.spyOn(process, 'getuid').mockReturnValue(own + 1);
    const { file, failures } = await logged('theirs', ['{"id":1}']);
    getuid.mockRestore();
    expect(failures).toMatchObject([{ message: expect.stringContaining('another user') }]);
    expect(statSync(file).size).toBe(0);
  });

  it('says that it has stopped when the file is full, and adds nothing later', async () => {
    const { file } = await logged('full', ['{"id":1}', `{"id":"${'y'.repeat(900)}"}`], 150);
    const text = readFileSync(file, 'utf8');
    expect(text.trim().split('\n').at(-1)).toBe('{"stopped":{"bytes":150}}');
  });

  it('follows no link, and reports that once', async () => {
    writeFileSync(path.join(folder, 'target'), '');
    symlinkSync(path.join(folder, 'target'), path.join(folder, 'link'));
    const { failures } = await logged('link', ['{"id":1}', '{"id":2}']);
    expect(failures).toEqual([expect.objectContaining({ code: 'ELOOP' })]);
    expect(readFileSync(path.join(folder, 'target'), 'utf8')).toBe('');
  });

  it('reports a folder that is not there, and completes', async () => {
    const { failures } = await logged('no/folder', ['{"id":1}']);
    expect(failures).toEqual([expect.objectContaining({ code: 'ENOENT' })]);
  });
});

describe('readWireLog', () => {
  const head = '{"wire":1,"at":"2026-11-29T20:00:00.000Z","version":"1"}';
  const entry = '{"ms":1,"from":"host","frame":{}}';

  it.each<[what: string, lines: readonly string[], runs: number[], malformed: number]>([
    ['a log whose beginning is cut off', [entry, entry], [2], 0],
    ['a log whose first line is torn', [head.slice(9), entry], [1], 1],
    ['a log that was cut into another one', [head, entry, `${entry}${head}`, entry], [2], 1],
    ['a log with NULs of a full disk', [head, '\0\0\0', entry], [1], 1],
    ['a log that was ended', [head, entry, '{"stopped":{"bytes":9}}', ''], [1], 0],
    [
      'times that no log has',
      [head, entry.replace('1', '1e999'), entry.replace('1', '-1')],
      [0],
      2,
    ],
  ])('reads what is whole of %s', (_what, lines, runs, malformed) => {
    const text = lines.join('\n');
    expect(isWireLog(text)).toBe(true);
    const read = readWireLog(text);
    expect(read.runs.map(({ entries }) => entries.length)).toEqual(runs);
    expect(read.malformed).toBe(malformed);
  });
});
