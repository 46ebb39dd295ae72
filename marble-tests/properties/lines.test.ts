import fc from 'fast-check';
import { from } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { Line } from '../../src/lines/line.js';
import { splitLines } from '../../src/lines/split-lines.js';
import { holds } from '../support/fuzz.js';
import { chunked, cuts, single } from './chunks.js';
import { collect } from './collect.js';

const lines = (chunks: readonly Uint8Array[], maxBytes?: number): Line[] =>
  collect(from(chunks).pipe(splitLines(maxBytes)));

// splitLines reserves memory for the longest line, and each case runs it several times.
const SOME = { share: 2 };
const FEW = { share: 10 };

/** Any text without LF and CR, including other Unicode line separators. */
const line = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\u2028', '\u2029', '\u0085', '\v', '\f', '\uFEFF', '🎉', '👨‍👩‍👧', '日本'),
    ),
  )
  .map((parts) => parts.join('').replace(/[\r\n]/g, ' '));
const text = fc.record({
  parts: fc.array(fc.record({ line, feed: fc.constantFrom('\n', '\r\n') })),
  last: fc.boolean(),
});

describe('splitLines, for any chunks', () => {
  it('emits the lines that were written', () => {
    holds(
      fc.property(text, cuts, ({ parts, last }, shares) => {
        const whole = parts.map((part) => `${part.line}${part.feed}`).join('');
        const bytes = Buffer.from(last ? whole : whole.replace(/\r?\n$/, ''));
        const written = parts.map((part) => part.line).filter((part) => part !== '');

        expect(lines(chunked(bytes, shares))).toEqual(written);
        expect(lines(single(bytes))).toEqual(written);
      }),
      FEW,
    );
  });

  it('emits the same lines of any bytes', () => {
    const bytes = fc
      .uint8Array({ maxLength: 200 })
      .map((raw) => raw.map((byte) => (byte % 8 === 0 ? 0x0a : byte % 8 === 1 ? 0x0d : byte)));

    holds(
      fc.property(bytes, cuts, (raw, shares) => {
        expect(lines(chunked(raw, shares))).toEqual(lines([raw]));
        expect(lines(single(raw))).toEqual(lines([raw]));
      }),
      SOME,
    );
  });

  it('reports the same lines as too long', () => {
    const bytes = fc
      .array(fc.constantFrom('\n', '\n', '\r\n', 'a', 'b', 'cd', 'é', '🎉'), { maxLength: 60 })
      .map((parts) => Buffer.from(parts.join('')));

    holds(
      fc.property(bytes, fc.integer({ min: 1, max: 8 }), cuts, (raw, bound, shares) => {
        const all = lines(single(raw), bound);

        expect(lines([raw], bound)).toEqual(all);
        expect(lines(chunked(raw, shares), bound)).toEqual(all);
      }),
      SOME,
    );
  });
});

describe('splitLines, with a length limit', () => {
  it('keeps all bytes of the lines that it emits, and counts the bytes of the others', () => {
    const written = fc.array(
      fc.string({ unit: fc.constantFrom('a', 'é', '日', '🎉'), minLength: 1, maxLength: 12 }),
      { maxLength: 20 },
    );

    holds(
      fc.property(written, fc.integer({ min: 1, max: 20 }), cuts, (texts, bound, shares) => {
        const size = (part: string): number => Buffer.byteLength(part);
        const expected = texts.map((part) =>
          size(part) > bound ? { overlong: size(part) } : part,
        );

        expect(
          lines(chunked(Buffer.from(texts.map((part) => `${part}\n`).join('')), shares), bound),
        ).toEqual(expected);
      }),
      SOME,
    );
  });
});
