import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { firstValueFrom, lastValueFrom, map, toArray } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { noUsage, type Usage } from '../../../src/canonical/turn-event.js';
import { markOf, readRollout } from '../../../src/codex/rollout/read-rollout.js';
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

const usage = (input: number): Usage => ({
  input_tokens: input,
  cached_input_tokens: 1,
  output_tokens: 2,
  reasoning_output_tokens: 0,
});
const line = (value: unknown): string => `${JSON.stringify(value)}\n`;
const total = (input: number): string =>
  line({
    type: 'event_msg',
    payload: { type: 'token_count', info: { total_token_usage: usage(input) }, rate_limits: null },
  });
const unknown = line({
  type: 'event_msg',
  payload: { type: 'token_count', info: null, rate_limits: null },
});
const text = (length: number): string =>
  line({ type: 'response_item', payload: { type: 'message', text: 'x'.repeat(length) } });
/** How often this process has the file open. */
const handles = (): number =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === file;
    } catch {
      return false;
    }
  }).length;

describe('markOf', () => {
  const marked = (content: string) => {
    writeFileSync(file, content);
    const mark = markOf(file);
    expect(mark.offset).toBe(Buffer.byteLength(content));
    expect(handles()).toBe(0);
    return mark.total;
  };

  it.each<[string, string, Usage]>([
    ['an empty file has used nothing', '', noUsage],
    ['a file without totals has used nothing', text(10) + text(10), noUsage],
    ['a file whose totals are all unknown has used nothing', unknown + unknown, noUsage],
    ['the last total counts', total(1) + text(10) + total(2) + text(10), usage(2)],
    ['a total counts that is the only line', total(7), usage(7)],
    ['a total counts that has no line feed yet', text(10) + total(7).trimEnd(), usage(7)],
    ['an unknown one after it does not', total(5) + unknown + text(3) + unknown, usage(5)],
    ['a torn one after it does not', total(5) + total(6).slice(0, -30), usage(5)],
    [
      'a torn one in the middle does not',
      total(5) + total(6).slice(0, 60) + '\n' + text(3),
      usage(5),
    ],
    [
      'a text that quotes one does not',
      total(5) + line({ type: 'response_item', payload: { type: 'message', text: total(9) } }),
      usage(5),
    ],
    [
      'a value that only looks like one does not',
      total(5) +
        line({
          type: 'response_item',
          payload: { type: 'token_count', info: { total_token_usage: usage(9) } },
        }),
      usage(5),
    ],
    ['a total counts far from the end', total(5) + text(3_000_000) + unknown, usage(5)],
    ['a total counts behind many lines', total(4) + total(5) + text(1_000).repeat(2_000), usage(5)],
    [
      'lines that are no JSON do not matter',
      `${total(5)}\u0000\n{"token_count"\n"token_count"\n`,
      usage(5),
    ],
    [
      'text of any script does not matter',
      `${total(5)}${'é日本🎉\u2028'.repeat(100_000)}\n`,
      usage(5),
    ],
  ])('%s', (_, content, expected) => {
    expect(marked(content)).toEqual(expected);
  });

  it('finds a total wherever it lies', () => {
    const written = total(5);
    const found = Array.from({ length: Math.ceil(written.length / 7) }, (_, i) => {
      writeFileSync(file, `${total(4)}${written}${'x'.repeat(256 * 1024 - i * 7)}`);
      return markOf(file).total?.input_tokens;
    });
    expect(found).toEqual(found.map(() => 5));
  });

  it('knows no total where the last is beyond what a turn may write', () => {
    writeFileSync(file, total(5));
    truncateSync(file, 70 * 1024 * 1024);
    expect(markOf(file)).toEqual({ offset: 70 * 1024 * 1024, total: undefined });
  });

  it('throws for a file that cannot be read', () => {
    expect(() => markOf(path.join(folder, 'absent'))).toThrow('ENOENT');
    mkdirSync(file);
    expect(() => markOf(file)).toThrow();
    expect(handles()).toBe(0);
  });
});

describe('readRollout', () => {
  const read = (from: number, of = file): Promise<unknown[]> =>
    lastValueFrom(
      readRollout(of, from).pipe(
        map((parsed) => (parsed.type === 'json' ? parsed.value : parsed.type)),
        toArray(),
      ),
    );

  it('reads from a byte on', async () => {
    writeFileSync(file, '{"n":1}\n{"é":2}\n{"n":3}\n');
    expect(await read(0)).toEqual([{ n: 1 }, { é: 2 }, { n: 3 }]);
    expect(await read(8)).toEqual([{ é: 2 }, { n: 3 }]);
    expect(await read(17)).toEqual([{ n: 3 }]);
    await until(() => handles() === 0);
  });

  it.each([0, 8, 9, 1e9])('reads nothing from the end on and beyond it (%i)', async (from) => {
    writeFileSync(file, from === 0 ? '' : '{"n":1}\n');
    expect(await read(from)).toEqual([]);
    expect(handles()).toBe(0);
  });

  it('makes lines that are no JSON a value, the torn last one too', async () => {
    writeFileSync(file, '{"n":1}\nnoise\n\n{"n":2}\n{"n":');
    expect(await read(0)).toEqual([{ n: 1 }, 'malformed', { n: 2 }, 'malformed']);
  });

  it('reads a last line that has no line feed', async () => {
    writeFileSync(file, '{"n":1}\n{"n":2}');
    expect(await read(0)).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('reads lines longer than its pieces', async () => {
    const long = 'é'.repeat(1_000_000);
    writeFileSync(file, `{"n":1}\n${JSON.stringify({ long })}\n{"n":2}\n`);
    expect(await read(8)).toEqual([{ long }, { n: 2 }]);
  });

  it('ends where the file ended when it was opened', async () => {
    writeFileSync(file, '{"n":1}\n');
    const lines = read(0);
    appendFileSync(file, '{"n":2}\n');
    expect(await lines).toEqual([{ n: 1 }]);
  });

  it('does not open the file before it is subscribed, and reads anew with every subscription', async () => {
    const lines$ = readRollout(file, 0).pipe(toArray());
    writeFileSync(file, '{"n":1}\n');
    expect(await lastValueFrom(lines$)).toHaveLength(1);
    appendFileSync(file, '{"n":2}\n');
    expect(await lastValueFrom(lines$)).toHaveLength(2);
  });

  it('fails for a file that is not there', async () => {
    await expect(read(0)).rejects.toThrow('ENOENT');
  });

  it('fails for what cannot be read, so that the host gets its warning', async () => {
    mkdirSync(file);
    await expect(read(0)).rejects.toThrow('EISDIR');
  });

  it('closes the file when it is unsubscribed', async () => {
    writeFileSync(file, text(1_000).repeat(5_000));
    await firstValueFrom(readRollout(file, 0));
    await until(() => handles() === 0);
  });

  it('reads no more once it is unsubscribed', async () => {
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
});
