import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { lastValueFrom } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRecorder, type RecordPlace, recordName } from '../../src/record/recorder.js';
import type { LogCall } from '../support/ports.js';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'plexum-record-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

/** Writes a record for each agent, concurrently, and waits until all are on disk. */
const record = async (place: RecordPlace, agents: readonly string[]): Promise<LogCall[]> => {
  const logs: LogCall[] = [];
  const { begin, drained$ } = createRecorder(place);
  const recordings = agents.map((agent) =>
    begin(
      agent,
      (level, msg, fields) =>
        void logs.push({ level, msg, ...(fields === undefined ? {} : { fields }) }),
    ),
  );
  recordings.forEach((recording, i) => recording.write(`${i}\n`));
  recordings.forEach((recording) => recording.end('end\n'));
  await lastValueFrom(drained$, { defaultValue: undefined });
  return logs;
};
const mode = (file: string): number => statSync(file).mode & 0o777;

describe('createRecorder', () => {
  it('creates a private folder and a private file per record, even for records of the same millisecond', async () => {
    const folder = path.join(dir, 'a/b');
    expect(await record({ folder }, ['x', 'x', 'x'])).toEqual([]);
    const texts = readdirSync(folder).map((name) => readFileSync(path.join(folder, name), 'utf8'));
    expect(texts.toSorted()).toEqual(['0\nend\n', '1\nend\n', '2\nend\n']);
    expect([
      mode(folder),
      ...readdirSync(folder).map((name) => mode(path.join(folder, name))),
    ]).toEqual([0o700, 0o600, 0o600, 0o600]);
  });

  it('appends to an existing file', async () => {
    const file = path.join(dir, 'record');
    writeFileSync(file, 'before\n');
    expect(await record({ file }, ['x'])).toEqual([]);
    expect(readFileSync(file, 'utf8')).toBe('before\n0\nend\n');
  });

  it('begins a line of its own behind the torn last line of a program that was killed', async () => {
    const file = path.join(dir, 'record');
    writeFileSync(file, 'before\nto');
    expect(await record({ file }, ['x'])).toEqual([]);
    expect(readFileSync(file, 'utf8')).toBe('before\nto\n0\nend\n');
  });

  it('fails at once for a pipe without a reader, with one warning', async () => {
    const file = path.join(dir, 'pipe');
    execFileSync('mkfifo', [file]);
    expect(await record({ file }, ['x'])).toEqual([
      {
        level: 'warning',
        msg: 'the record of this turn cannot be written',
        fields: { error: expect.stringContaining('ENXIO') },
      },
    ]);
  });

  it('warns once that the disk is full', async () => {
    expect(await record({ file: '/dev/full' }, ['x'])).toEqual([
      {
        level: 'warning',
        msg: 'the record of this turn cannot be written',
        fields: { error: expect.stringContaining('ENOSPC') },
      },
    ]);
  });
});

it.each([
  ['agent', '2026-11-21T08-00-00.000Z-agent.jsonl'],
  ['../a b/ü.x', '2026-11-21T08-00-00.000Z-___a_b___x.jsonl'],
  ['', '2026-11-21T08-00-00.000Z.jsonl'],
  ['x'.repeat(200), `2026-11-21T08-00-00.000Z-${'x'.repeat(64)}.jsonl`],
])('the record of %j has the name %s', (agent, name) => {
  expect(recordName(new Date('2026-11-21T08:00:00.000Z'), agent)).toBe(name);
});
