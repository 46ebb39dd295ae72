import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStreamedText, type Piece } from '../../../src/codex/app-server/streamed-text.js';
import { holds } from '../../support/fuzz.js';

/** `id+text` is a delta, `id=text` the completed message, `call` a call of a tool. */
const streamed = (...steps: string[]): (Piece | undefined)[] => {
  const text = createStreamedText();
  return steps.flatMap((step) => {
    if (step === 'call') {
      text.close();
      return [];
    }
    const [, id = '', sign, words = ''] = /^(\w+)([+=])(.*)$/s.exec(step) ?? [];
    return [sign === '+' ? text.delta(id, words) : text.completed(id, words)];
  });
};
const first = (text: string): Piece => ({ text, first: true });
const more = (text: string): Piece => ({ text, first: false });

describe('createStreamedText', () => {
  it.each<[string, string[], (Piece | undefined)[]]>([
    [
      'emits deltas as they arrive',
      ['a+He', 'a+llo', 'a=Hello'],
      [first('He'), more('llo'), undefined],
    ],
    [
      'emits a message without deltas when it has completed',
      ['a=Hello', 'b=World'],
      [first('Hello'), first('World')],
    ],
    [
      'emits the missing end when the message has completed',
      ['a+He', 'a=Hello'],
      [first('He'), more('llo')],
    ],
    [
      'drops empty deltas',
      ['a+', 'a+Hi', 'a+', 'a=Hi'],
      [undefined, first('Hi'), undefined, undefined],
    ],
    [
      'marks the first piece of each message',
      ['a+A', 'a=A', 'b+B', 'b=B'],
      [first('A'), undefined, first('B'), undefined],
    ],
    [
      'continues a retried message that repeats the text',
      ['a+Hel', 'b+He', 'b+llo', 'b=Hello'],
      [first('Hel'), undefined, more('lo'), undefined],
    ],
    [
      'continues a retried message that repeats the text in other pieces',
      ['a+Hel', 'b+Hello w', 'b=Hello w'],
      [first('Hel'), more('lo w'), undefined],
    ],
    [
      'emits a retried message whole when its text differs',
      ['a+Hel', 'b+He', 'b+y', 'b=Hey'],
      [first('Hel'), undefined, first('Hey'), undefined],
    ],
    [
      'emits nothing for a retry of a complete text',
      ['a+Hello', 'b+Hel', 'b+lo', 'b=Hello'],
      [first('Hello'), undefined, undefined, undefined],
    ],
    [
      'emits a retried message whole when it is shorter',
      ['a+Hello', 'b+He', 'b=He'],
      [first('Hello'), undefined, first('He')],
    ],
    [
      'emits a retried message without deltas whole when its text differs',
      ['a+Hel', 'b=Hey'],
      [first('Hel'), first('Hey')],
    ],
    [
      'continues a retried message without deltas that repeats the text',
      ['a+Hel', 'b=Hello'],
      [first('Hel'), more('lo')],
    ],
    [
      'continues a message that is retried twice',
      ['a+Hel', 'b+He', 'c+Hell', 'c=Hello'],
      [first('Hel'), undefined, more('l'), more('o')],
    ],
    [
      'starts a later message after a call, although an earlier one was abandoned',
      ['a+Hel', 'b+He', 'call', 'c+Hell', 'c=Hello'],
      [first('Hel'), undefined, first('Hell'), more('o')],
    ],
    [
      'continues a message that went on after the start of a call',
      ['a+Hel', 'call', 'a+l', 'b+Hell', 'b=Hello'],
      [first('Hel'), more('l'), undefined, more('o')],
    ],
    [
      'emits a completed message whole when its deltas differ',
      ['a+Hxllo', 'a=Hello'],
      [first('Hxllo'), first('Hello')],
    ],
    [
      'starts a later message after a completed one with the same text',
      ['a+Hi', 'a=Hi', 'b+Hi', 'b=Hi'],
      [first('Hi'), undefined, first('Hi'), undefined],
    ],
  ])('%s', (_, steps, pieces) => {
    expect(streamed(...steps)).toEqual(pieces);
  });

  const words = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 6 });
  it('ends with the message that codex keeps, however often it is retried', () => {
    holds(
      fc.property(
        fc.array(fc.array(words, { maxLength: 3 }), { maxLength: 4 }),
        fc.array(words, { maxLength: 4 }),
        words,
        (tries, deltas, rest) => {
          const whole = deltas.join('') + rest;
          const text = createStreamedText();
          const pieces = [
            ...tries.flatMap((parts, i) => parts.map((part) => text.delta(`try-${i}`, part))),
            ...deltas.map((delta) => text.delta('last', delta)),
            text.completed('last', whole),
          ];
          const read = pieces
            .map((piece) =>
              piece === undefined ? '' : `${piece.first ? '\n\n' : ''}${piece.text}`,
            )
            .join('');

          expect(read.split('\n\n').at(-1)).toBe(
            whole === '' ? (read.split('\n\n').at(-1) ?? '') : whole,
          );
        },
      ),
    );
  });
});
