import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  BehaviorSubject,
  firstValueFrom,
  lastValueFrom,
  map,
  mergeMap,
  of,
  take,
  tap,
  toArray,
} from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { endOfLines, readRollout } from '../../../src/codex/rollout/read-rollout.js';
import { type Parsed } from '../../../src/lines/parse-json.js';
import { turnEnd$ } from '../../../src/streams/turn-end.js';
import { until } from '../../support/processes.js';

let folder = '';
let file = '';

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'rollout-'));
  file = path.join(folder, 'rollout.jsonl');
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const line = (value: unknown): string => `${JSON.stringify(value)}\n`;
const text = (length: number): string =>
  line({ type: 'response_item', payload: { type: 'message', text: 'x'.repeat(length) } });
/** The number of open descriptors of the file. */
const handles = (): number =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === file;
    } catch {
      return false;
    }
  }).length;

describe('readRollout', () => {
  const read = (from: number, name = file): Promise<unknown[]> =>
    lastValueFrom(
      readRollout(name, from).pipe(
        map((parsed) => (parsed.type === 'json' ? parsed.value : parsed.type)),
        toArray(),
      ),
    );

  it('emits the lines from a byte on', async () => {
    writeFileSync(file, '{"n":1}\n{"é":2}\n{"n":3}\n');
    expect(await read(0)).toEqual([{ n: 1 }, { é: 2 }, { n: 3 }]);
    expect(await read(8)).toEqual([{ é: 2 }, { n: 3 }]);
    expect(await read(17)).toEqual([{ n: 3 }]);
    await until(() => handles() === 0);
  });

  it.each([0, 8, 9, 1e9])(
    'completes without a value from byte %i, at or after the end',
    async (from) => {
      writeFileSync(file, from === 0 ? '' : '{"n":1}\n');
      expect(await read(from)).toEqual([]);
      expect(handles()).toBe(0);
    },
  );

  it('emits lines that are not JSON as malformed, including a torn last line', async () => {
    writeFileSync(file, '{"n":1}\nnoise\n\n{"n":2}\n{"n":');
    expect(await read(0)).toEqual([{ n: 1 }, 'malformed', { n: 2 }, 'malformed']);
  });

  it('emits a last line without a line feed', async () => {
    writeFileSync(file, '{"n":1}\n{"n":2}');
    expect(await read(0)).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('emits lines that are longer than a block', async () => {
    const long = 'é'.repeat(1_000_000);
    writeFileSync(file, `{"n":1}\n${JSON.stringify({ long })}\n{"n":2}\n`);
    expect(await read(8)).toEqual([{ long }, { n: 2 }]);
  });

  it('emits the lines of the first block in the turn of the event loop of the subscription', async () => {
    writeFileSync(file, '{"n":1}\n{"n":2}\n');
    const seen: Parsed[] = [];
    const lines = lastValueFrom(readRollout(file, 0).pipe(tap((parsed) => seen.push(parsed))));
    await firstValueFrom(turnEnd$);
    expect(seen).toHaveLength(2);
    await lines;
  });

  it('completes at the size that the file has on subscription', async () => {
    writeFileSync(file, '{"n":1}\n');
    const lines = read(0);
    appendFileSync(file, '{"n":2}\n');
    expect(await lines).toEqual([{ n: 1 }]);
  });

  it('opens the file on subscription, and reads it again for each subscription', async () => {
    const lines$ = readRollout(file, 0).pipe(toArray());
    writeFileSync(file, '{"n":1}\n');
    expect(await lastValueFrom(lines$)).toHaveLength(1);
    appendFileSync(file, '{"n":2}\n');
    expect(await lastValueFrom(lines$)).toHaveLength(2);
  });

  it('fails for a missing file', async () => {
    await expect(read(0)).rejects.toThrow('ENOENT');
  });

  it('fails for a folder', async () => {
    mkdirSync(file);
    await expect(read(0)).rejects.toThrow('EISDIR');
  });

  it('closes the file when unsubscribed', async () => {
    writeFileSync(file, text(1_000).repeat(5_000));
    await firstValueFrom(readRollout(file, 0));
    await until(() => handles() === 0);
  });

  it('closes the file when unsubscribed while nobody reads', async () => {
    writeFileSync(file, '{"n":1}\n');
    const ready$ = new BehaviorSubject(false);
    readRollout(file, 0, ready$).subscribe().unsubscribe();
    await until(() => handles() === 0);
    expect(ready$.observed).toBe(false);
  });

  it('stops reading when unsubscribed', async () => {
    const size = 256 * 1024 * 1024;
    const bytesRead = (): number =>
      Number(/rchar: (\d+)/.exec(readFileSync('/proc/self/io', 'latin1'))?.[1]);
    writeFileSync(file, '{"n":1}\n');
    truncateSync(file, size);
    const before = bytesRead();
    await firstValueFrom(readRollout(file, 0));
    await until(() => handles() === 0);
    expect(bytesRead() - before).toBeLessThan(size / 4);
  });

  it('stops reading a block of many lines when unsubscribed', async () => {
    writeFileSync(file, '{"n":1}\n'.repeat(10_000));
    const seen: Parsed[] = [];
    await lastValueFrom(
      readRollout(file, 0).pipe(
        tap((parsed) => seen.push(parsed)),
        take(2),
      ),
    );
    await until(() => handles() === 0);

    expect(seen).toHaveLength(2);
  });

  it('keeps the unsubscription chain', async () => {
    writeFileSync(file, text(1_000).repeat(5_000));
    const chain$ = of(file).pipe(
      mergeMap((name) => readRollout(name, 0)),
      mergeMap((parsed) => of(parsed)),
    );
    await firstValueFrom(chain$);
    await until(() => handles() === 0);
  });
});

describe('endOfLines', () => {
  it.each([
    ['the end of a file whose last line is complete', '{}\n{}\n', 0, 6],
    ['the byte after the last line feed', '{}\n{"a', 0, 3],
    ['since, when no line was completed after it', '{}\n{"a', 3, 3],
    ['since, when the file is empty', '', 0, 0],
    ['its size, when the file is shorter than since', '{}\n', 9, 3],
    ['since, when there is no line feed in several blocks', 'x'.repeat(600_000), 5, 5],
    ['a line feed several blocks before the end', `{}\n${'x'.repeat(600_000)}`, 0, 3],
    ['a line feed that is the first byte of a block', `x\n${'x'.repeat(256 * 1024 - 1)}`, 1, 2],
  ])('is %s', (_, content, since, end) => {
    writeFileSync(file, content);
    expect(endOfLines(file, since).end).toBe(end);
    expect(handles()).toBe(0);
  });

  it('names the same file while it grows, and another one that takes its place', () => {
    writeFileSync(file, '{}\n');
    const { file: name } = endOfLines(file, 0);
    appendFileSync(file, '{}\n');
    expect(endOfLines(file, 0)).toEqual({ end: 6, file: name });
    writeFileSync(`${file}.new`, '{}\n');
    renameSync(`${file}.new`, file);
    expect(endOfLines(file, 0).file).not.toBe(name);
  });

  it('throws when the file cannot be read', () => {
    expect(() => endOfLines(file, 0)).toThrow('ENOENT');
  });
});
