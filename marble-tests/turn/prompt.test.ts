import fc from 'fast-check';
import { getOrElse } from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { TurnRequest } from '../../src/canonical/turn-request.js';
import {
  isTooLong,
  MAX_PROMPT_CHARS,
  systemText,
  userInput,
  withNotes,
} from '../../src/turn/prompt.js';
import { holds } from '../support/fuzz.js';

const request = (...messages: readonly unknown[]): TurnRequest =>
  getOrElse((): TurnRequest => ({}))(TurnRequest.decode({ messages }));

describe('userInput', () => {
  it('is the last user message, whatever stands after it', () => {
    const asked = request(
      { role: 'user', content: 'first' },
      { role: 'assistant', content: 'answer' },
      { role: 'user', content: 'second' },
      { role: 'assistant', content: 'prefix' },
      { role: 'system', content: 'rule' },
    );
    expect(userInput(asked)).toEqual({ text: 'second', images: [] });
  });

  it('does not fall back to an earlier message when the last has no text', () => {
    expect(
      userInput(request({ role: 'user', content: 'first' }, { role: 'user', content: [] })).text,
    ).toBe('');
  });

  it('joins text blocks with a line feed, and takes the images beside them', () => {
    const image = { type: 'image', path: '/a.png' } as const;
    const content = [
      { type: 'text', text: 'look' } as const,
      image,
      { type: 'text', text: 'here' } as const,
    ];
    expect(userInput(request({ role: 'user', content }))).toEqual({
      text: 'look\nhere',
      images: [image],
    });
  });

  it('passes over blocks that it does not read', () => {
    const content = [
      { type: 'tool_result', tool_use_id: 'call_1', content: 'secret' },
      { type: 'thinking', thinking: 'hm' },
      { type: 'hologram', text: 'later' },
      { type: 'text', text: 'hi' } as const,
    ];
    expect(userInput(request({ role: 'user', content }))).toEqual({ text: 'hi', images: [] });
  });

  it.each([
    ['no messages', request()],
    [
      'no user message',
      request({ role: 'assistant', content: 'hi' }, { role: 'system', content: 'rule' }),
    ],
    ['an empty message', request({ role: 'user', content: '' })],
  ])('has no text with %s', (_what, asked) => {
    expect(userInput(asked)).toEqual({ text: '', images: [] });
  });

  it('keeps the text as it is', () => {
    const text = ' \u2028\r\n\t"quoted" \u0000 💥 ';
    expect(userInput(request({ role: 'user', content: text })).text).toBe(text);
  });
});

describe('systemText', () => {
  it('is the system of the request, then the system messages before the conversation', () => {
    const messages = [
      { role: 'system', content: [{ type: 'text', text: 'be kind' }, { type: 'later' }] },
      { role: 'developer', content: 'be quick' },
      { role: 'user', content: 'hi' },
      { role: 'system', content: 'later' },
      { role: 'user', content: 'ho' },
    ];
    expect(systemText({ ...request(...messages), system: 'be brief' })).toBe(
      'be brief\n\nbe kind\n\nbe quick',
    );
  });

  it.each([
    ['absent', undefined, ''],
    ['null', null, ''],
    ['blank', ' \n', ''],
    ['a number', 5, ''],
    ['blocks', [{ type: 'text', text: 'a' }, 'b', { type: 'text' }], 'a\nb'],
    ['half a character', 'a\ud83d', 'a\ufffd'],
  ])('reads a system that is %s', (_what, system, text) => {
    expect(systemText({ ...request({ role: 'user', content: 'hi' }), system })).toBe(text);
  });
});

describe('withNotes', () => {
  it('sets each note apart with a blank line', () => {
    expect(withNotes('hi', ['[a]', '[b]'])).toBe('hi\n\n[a]\n\n[b]');
  });

  it('leaves a text without notes alone', () => {
    expect(withNotes('hi\n', [])).toBe('hi\n');
  });
});

describe('isTooLong', () => {
  it('is codex’s own bound', () => {
    expect(MAX_PROMPT_CHARS).toBe(1_048_576);
  });

  it.each([
    ['letters', 'a'],
    ['emoji, two UTF-16 units each', '💥'],
    ['lone high surrogates', '\ud83d'],
    ['lone low surrogates', '\udca5'],
  ])('counts code points: %s', (_what, letter) => {
    expect(isTooLong(letter.repeat(1_048_576))).toBe(false);
    expect(isTooLong(letter.repeat(1_048_577))).toBe(true);
  });

  it('counts a pair as one wherever it stands', () => {
    expect(isTooLong(`💥${'a'.repeat(1_048_575)}`)).toBe(false);
    expect(isTooLong(`${'a'.repeat(1_048_575)}💥`)).toBe(false);
    expect(isTooLong(`${'a'.repeat(1_048_576)}💥`)).toBe(true);
    expect(isTooLong(`${'a'.repeat(1_048_575)}\udca5\ud83d`)).toBe(true);
  });

  it.each([
    ['\ud800\udc00', false],
    ['\udbff\udfff', false],
    ['\ud7ff\udc00', true],
    ['\udc00\udc00', true],
    ['\ud800\udbff', true],
    ['\ud800\ue000', true],
  ])('counts one code point or two at the ends of the surrogates: %j', (units, tooLong) => {
    expect(isTooLong(`${'a'.repeat(1_048_575)}${units}`)).toBe(tooLong);
  });

  it('agrees with the iterator of strings', () => {
    const units = fc
      .array(fc.constantFrom('a', '💥', '\ud83d', '\udca5', 'é', '\u2028'), { maxLength: 40 })
      .map((letters) => letters.join(''));
    holds(
      fc.property(units, fc.integer({ min: -20, max: 20 }), (text, offset) => {
        const prompt = `${text}-${'a'.repeat(Math.max(0, MAX_PROMPT_CHARS - 1 - Array.from(text).length + offset))}`;
        expect(isTooLong(prompt)).toBe(Array.from(prompt).length > MAX_PROMPT_CHARS);
      }),
      { share: 80 },
    );
  });
});
