import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { lastValueFrom } from 'rxjs';
import { afterAll, describe, expect, it } from 'vitest';
import { createWireLog } from '../../src/record/wire-log.js';
import { isWireLog, readWireLog } from '../../src/record/wire-records.js';

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

describe('createWireLog', () => {
  it('writes each line with its time, without secrets, and with long texts cut', async () => {
    const { file } = await logged('log', [
      JSON.stringify({ id: 1, token: 'abcdefgh12345678', text: 'x'.repeat(2_000) }),
      'no JSON',
    ]);
    const text = readFileSync(file, 'utf8');
    expect(isWireLog(text)).toBe(true);
    expect(readWireLog(text)).toMatchObject([
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
    expect(readWireLog(readFileSync(file, 'utf8')).map(({ entries }) => entries.length)).toEqual([
      1, 1,
    ]);
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
