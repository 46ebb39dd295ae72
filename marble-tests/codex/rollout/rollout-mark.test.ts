import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { noUsage, type Usage } from '../../../src/canonical/turn-event.js';
import { readRolloutMark } from '../../../src/codex/rollout/rollout-mark.js';

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
/** The number of open descriptors of the file. */
const handles = (): number =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === file;
    } catch {
      return false;
    }
  }).length;

describe('readRolloutMark', () => {
  const totalIn = (content: string) => {
    writeFileSync(file, content);
    const mark = readRolloutMark(file);
    expect(mark.offset).toBe(Buffer.byteLength(content));
    expect(handles()).toBe(0);
    return mark.total;
  };

  it.each<[string, string, Usage]>([
    ['is no usage for an empty file', '', noUsage],
    ['is no usage for a file without totals', text(10) + text(10), noUsage],
    ['is no usage when all totals are null', unknown + unknown, noUsage],
    ['is the last total', total(1) + text(10) + total(2) + text(10), usage(2)],
    ['is a total in the only line', total(7), usage(7)],
    ['is a total without a line feed', text(10) + total(7).trimEnd(), usage(7)],
    ['ignores a later total of null', total(5) + unknown + text(3) + unknown, usage(5)],
    ['ignores a later total that is truncated', total(5) + total(6).slice(0, -30), usage(5)],
    [
      'ignores a torn total in the middle of the file',
      total(5) + total(6).slice(0, 60) + '\n' + text(3),
      usage(5),
    ],
    [
      'ignores a text that quotes a total',
      total(5) + line({ type: 'response_item', payload: { type: 'message', text: total(9) } }),
      usage(5),
    ],
    [
      'ignores a record of another type with the fields of a total',
      total(5) +
        line({
          type: 'response_item',
          payload: { type: 'token_count', info: { total_token_usage: usage(9) } },
        }),
      usage(5),
    ],
    [
      'is a total three million bytes before the end',
      total(5) + text(3_000_000) + unknown,
      usage(5),
    ],
    [
      'is a total before two thousand other lines',
      total(4) + total(5) + text(1_000).repeat(2_000),
      usage(5),
    ],
    [
      'ignores lines that are not JSON',
      `${total(5)}\u0000\n{"token_count"\n"token_count"\n`,
      usage(5),
    ],
    [
      'ignores lines of non-ASCII text',
      `${total(5)}${'é日本🎉\u2028'.repeat(100_000)}\n`,
      usage(5),
    ],
  ])('%s', (_, content, expected) => {
    expect(totalIn(content)).toEqual(expected);
  });

  it('finds a total at any distance from the end of a block', () => {
    const written = total(5);
    const found = Array.from({ length: Math.ceil(written.length / 7) }, (_, i) => {
      writeFileSync(file, `${total(4)}${written}${'x'.repeat(256 * 1024 - i * 7)}`);
      return readRolloutMark(file).total?.input_tokens;
    });
    expect(found).toEqual(found.map(() => 5));
  });

  it('has no total when the last one is over 64 MiB before the end', () => {
    writeFileSync(file, total(5));
    truncateSync(file, 70 * 1024 * 1024);
    expect(readRolloutMark(file)).toMatchObject({
      offset: 70 * 1024 * 1024,
      total: undefined,
    });
  });

  it('throws when the file cannot be read', () => {
    expect(() => readRolloutMark(path.join(folder, 'absent'))).toThrow('ENOENT');
    mkdirSync(file);
    expect(() => readRolloutMark(file)).toThrow();
    expect(handles()).toBe(0);
  });
});
