import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStreamedText, type Piece } from '../../../src/codex/app-server/streamed-text.js';
import { holds, LIMIT_MS } from '../../support/fuzz.js';

/** `id+text` is a delta, `id=text` the whole message, `call` a call of a tool. */
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
    ['passes deltas on', ['a+He', 'a+llo', 'a=Hello'], [first('He'), more('llo'), undefined]],
    [
      'sends a message that had no deltas',
      ['a=Hello', 'b=World'],
      [first('Hello'), first('World')],
    ],
    ['adds what the deltas left out', ['a+He', 'a=Hello'], [first('He'), more('llo')]],
    [
      'passes over what is empty',
      ['a+', 'a+Hi', 'a+', 'a=Hi'],
      [undefined, first('Hi'), undefined, undefined],
    ],
    [
      'begins each message as one',
      ['a+A', 'a=A', 'b+B', 'b=B'],
      [first('A'), undefined, first('B'), undefined],
    ],
    [
      'goes on with a message that is begun anew and says the same',
      ['a+Hel', 'b+He', 'b+llo', 'b=Hello'],
      [first('Hel'), undefined, more('lo'), undefined],
    ],
    [
      'goes on with it when it comes in other pieces',
      ['a+Hel', 'b+Hello w', 'b=Hello w'],
      [first('Hel'), more('lo w'), undefined],
    ],
    [
      'sends a message whole that is begun anew and says something else',
      ['a+Hel', 'b+He', 'b+y', 'b=Hey'],
      [first('Hel'), undefined, first('Hey'), undefined],
    ],
    [
      'says nothing twice that was whole already',
      ['a+Hello', 'b+Hel', 'b+lo', 'b=Hello'],
      [first('Hello'), undefined, undefined, undefined],
    ],
    [
      'sends it whole when it is shorter',
      ['a+Hello', 'b+He', 'b=He'],
      [first('Hello'), undefined, first('He')],
    ],
    [
      'sends it whole when it comes without deltas',
      ['a+Hel', 'b=Hey'],
      [first('Hel'), first('Hey')],
    ],
    [
      'goes on with it when it comes without deltas',
      ['a+Hel', 'b=Hello'],
      [first('Hel'), more('lo')],
    ],
    [
      'does not repeat one that is begun anew twice',
      ['a+Hel', 'b+He', 'c+Hell', 'c=Hello'],
      [first('Hel'), undefined, more('l'), more('o')],
    ],
    [
      'takes a message after a call for a later one, also when one was given up before',
      ['a+Hel', 'b+He', 'call', 'c+Hell', 'c=Hello'],
      [first('Hel'), undefined, first('Hell'), more('o')],
    ],
    [
      'goes on with a message that went on while a call began beside it',
      ['a+Hel', 'call', 'a+l', 'b+Hell', 'b=Hello'],
      [first('Hel'), more('l'), undefined, more('o')],
    ],
    [
      'sends a message whole that is not what was streamed',
      ['a+Hxllo', 'a=Hello'],
      [first('Hxllo'), first('Hello')],
    ],
    [
      'takes a message after a whole one for a later one, also when it begins alike',
      ['a+Hi', 'a=Hi', 'b+Hi', 'b=Hi'],
      [first('Hi'), undefined, first('Hi'), undefined],
    ],
  ])('%s', (_, steps, pieces) => {
    expect(streamed(...steps)).toEqual(pieces);
  });

  const words = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 6 });
  it(
    'ends with the message that codex keeps, however often it is begun anew',
    () => {
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
    },
    LIMIT_MS,
  );
});
