import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeParsed } from '../../../src/codex/events/decode-event.js';
import { createMessageReader } from '../../../src/codex/events/message-reader.js';
import { createCutter } from '../../../src/lines/cutter.js';
import type { Line } from '../../../src/lines/line.js';
import { parseLine } from '../../../src/lines/parse-json.js';
import { chunked, cuts, single } from '../../properties/chunks.js';
import { holds } from '../../support/fuzz.js';

const MAX = 10_000;

/** Bytes of an unfinished line from which on it is read: some more than stand before a text. */
const LONG = 80;

const opening = '{"type":"item.completed","item":{"id":"item_0","type":"agent_message","text":"';
const messageOf = (inner: string): string => `${opening}${inner}"}}`;

/** The sample of a line may write an escape in another way. */
const decoded = (line: Line): unknown => {
  const value = decodeParsed(parseLine(line));
  return value.type === 'malformed' ? value.reason : value;
};

/** The values of the lines, and the bytes that were taken out of each chunk. */
const readAll = (chunks: readonly Uint8Array[]) => {
  const cutter = createCutter(MAX);
  const reader = createMessageReader();
  const values: unknown[] = [];
  const taken: number[] = [];
  const read = (lines: readonly Line[]): void => {
    for (const line of lines) {
      const value = reader.read(line);
      values.push(typeof value === 'object' && 'item' in value ? value : decoded(value));
    }
  };
  for (const chunk of chunks) {
    read(cutter.push(chunk));
    cutter.take(LONG, (bytes) => {
      const count = reader.take(bytes);
      taken.push(count);
      return count;
    });
  }
  read(cutter.end());
  return { values, taken };
};
const valuesOf = (chunks: readonly Uint8Array[]) => readAll(chunks).values;

const textOf = (inner: string): unknown[] => [
  {
    type: 'item.completed',
    item: { id: 'item_0', type: 'agent_message', text: JSON.parse(`"${inner}"`) },
  },
];

describe('createMessageReader', () => {
  it('takes the text of an unfinished message, and returns it with the rest', () => {
    const inner = String.raw`one \"two\" \\ ä 🎉 \ud83c\udf89 three`.repeat(20);
    const bytes = Buffer.from(`${messageOf(inner)}\n`);
    const { values, taken } = readAll(single(bytes));

    expect(values).toEqual(textOf(inner));
    // Most of what comes is taken, and never the end of the string.
    expect(taken.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(inner.length / 2);
  });

  it.each([
    ['a character of two bytes', 'ä', 1],
    ['a character of four bytes', '🎉', 3],
    ['an escape', String.raw`\n`, 1],
    ['an escaped quote', String.raw`\"`, 1],
    ['an escaped backslash', String.raw`\\`, 1],
    ['an escape of six bytes', String.raw`\u00e4`, 5],
    ['two escapes that are one character', String.raw`\ud83c\udf89`, 11],
  ])('does not take half of %s', (_what, end, most) => {
    const before = Buffer.byteLength(opening) + 10;
    const line = Buffer.from(messageOf(`0123456789${end}!`));
    const halves = Array.from({ length: most }, (_, i) => before + i + 1);

    for (const at of halves) {
      const { values, taken } = readAll([line.subarray(0, at), line.subarray(at)]);
      expect(values).toEqual(textOf(`0123456789${end}!`));
      expect(taken[0]).toBeGreaterThanOrEqual(before - 1);
      expect(taken[0]).toBeLessThan(at - 1);
    }
  });

  it.each([
    ['another item', messageOf('a'.repeat(100)).replace('agent_message', 'reasoning')],
    ['a text that is no string', messageOf('a'.repeat(100)).replace('"text":"', '"text":["')],
    ['a line that begins with a quote', `"${'a'.repeat(100)}"`],
    ['no JSON', 'a'.repeat(100)],
  ])('takes nothing of %s', (_what, line) => {
    const { values, taken } = readAll([Buffer.from(line)]);

    expect(values).toEqual([decoded(line)]);
    expect(taken).toEqual([0]);
  });

  it('asks no more for a line of which it has taken nothing, until the next one', () => {
    const reader = createMessageReader();

    expect(reader.take(Buffer.from('a'.repeat(100)))).toBe(0);
    expect(reader.take(Buffer.from(`${opening}abc`))).toBe(0);
    expect(reader.read('noise')).toBe('noise');
    expect(reader.take(Buffer.from(`${opening}abc`))).toBe(opening.length + 1);
  });

  it.each([
    ['a field after the text', `${opening}${'a'.repeat(90)}","phase":"final"}}`],
    ['another text', `${opening}${'a'.repeat(90)}","text":"b"}}`],
    ['the CR before an LF', `${messageOf('a'.repeat(90))}\r`],
    ['no end', `${opening}${'a'.repeat(90)}`],
    ['a tab in its text', messageOf(`${'a'.repeat(90)}\t${'b'.repeat(90)}`)],
  ])('reads a message with %s as a whole line', (_what, line) => {
    const next = messageOf('next');
    const chunks = single(Buffer.from(`${line}\n${next}\n`));

    expect(valuesOf(chunks)).toEqual([line, next].map((each) => decoded(each.trimEnd())));
  });

  it('counts what was taken in the length of the line', () => {
    const size = MAX + 1;
    const line = messageOf('a'.repeat(size - messageOf('').length));
    const chunks = chunked(Buffer.from(`${line}\n${messageOf('b')}\n`), [0.1, 0.2, 0.5, 0.9]);

    expect(valuesOf(chunks)).toEqual([decoded({ overlong: size }), ...textOf('b')]);
  });

  it('reads any lines in any chunks as the whole lines', () => {
    const inner = fc
      .array(
        fc.oneof(
          fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text).slice(1, -1)),
          fc.constantFrom(...['\\', '"', '\\u', '\\ud83d', '\\ude00', 'ä', '🎉', '\r', ',"x":"y']),
        ),
        { maxLength: 30 },
      )
      .map((parts) => messageOf(parts.join('').replaceAll('\n', ' ')));
    const bytesOf = fc
      .tuple(fc.array(inner, { maxLength: 4 }), fc.nat(), fc.nat(255), fc.boolean())
      .map(([lines, at, byte, isDamaged]) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        if (isDamaged && bytes.length > 0) bytes[at % bytes.length] = byte;
        return bytes;
      });

    holds(
      fc.property(bytesOf, cuts, (bytes, shares) => {
        const whole = valuesOf([bytes]);

        expect(valuesOf(chunked(bytes, shares))).toEqual(whole);
        expect(valuesOf(single(bytes))).toEqual(whole);
      }),
      { share: 4 },
    );
  });
});
