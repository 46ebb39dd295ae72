import { describe, expect, it } from 'vitest';
import { callResult, failed, MAX_RESULT_CHARS } from '../../src/bridge/call-result.js';

const text = (words: string) => ({ type: 'text', text: words });
const MB = 1024 * 1024;
const size = (result: unknown): number => JSON.stringify(result).length;
const textsOf = (result: ReturnType<typeof callResult>): string => result.content.map((part) => (part.type === 'text' ? part.text : '')).join('');

describe('callResult', () => {
  it.each([
    ['text', { content: [text('4'), text('数 🎉')] }],
    ['an error', { content: [text('no')], isError: true }],
    ['an image', { content: [{ type: 'image', data: 'aGk=', mimeType: 'image/png' }] }],
    ['structured content', { content: [text('{"a":null}')], structuredContent: { a: null, b: [1] } }],
    ['no content', { content: [] }],
    ['a link', { content: [{ type: 'resource_link', uri: 'file:///a', name: 'a' }] }],
  ])('passes %s on', (_name, answer) => {
    expect(callResult(answer)).toEqual(answer);
  });

  it.each([
    ['a text', 'ok'],
    ['null', null],
    ['nothing', undefined],
    ['a number', 4],
    ['an array', [text('4')]],
    ['content that is no array', { content: 'ok' }],
    ['a block without a type', { content: [{ text: '4' }] }],
    ['a text block without text', { content: [{ type: 'text' }] }],
    ['an image without data', { content: [{ type: 'image', mimeType: 'image/png' }] }],
  ])('says that %s is no result', (_name, answer) => {
    expect(callResult(answer)).toEqual({ content: [text(expect.stringContaining('no tool result'))], isError: true });
  });

  // A host written in Go writes what is not there as null.
  it.each([
    ['structuredContent', { content: [text('4')], structuredContent: null }, [text('4')]],
    ['isError', { content: [text('4')], isError: null }, [text('4')]],
    ['_meta', { content: [text('4')], _meta: null }, [text('4')]],
    ['content', { content: null }, []],
  ])('takes null for a missing %s', (_name, answer, content) => {
    expect(callResult(answer)).toEqual({ content });
  });

  it('passes 10 MB', () => {
    const answer = { content: [text('x'.repeat(10 * MB))] };
    expect(callResult(answer)).toEqual(answer);
  });

  it('passes what is exactly as long as may be', () => {
    const room = MAX_RESULT_CHARS - size({ content: [text('')] });
    const answer = { content: [text('x'.repeat(room))] };
    expect(callResult(answer)).toEqual(answer);
  });

  describe('of 20 MB', () => {
    const answers = {
      'one text': [text('x'.repeat(20 * MB))],
      'many texts': Array.from({ length: 200 }, () => text('x'.repeat(MB / 10))),
      'an image': [text('before'), { type: 'image', data: 'A'.repeat(20 * MB), mimeType: 'image/png' }, text('after')],
      'what JSON escapes': [text('"'.repeat(20 * MB))],
      'very many parts': Array.from({ length: MB }, () => text('x')),
    };

    it.each(Object.entries(answers))('is cut below the bound, with a note: %s', (_name, content) => {
      const result = callResult({ content });
      expect(textsOf(result)).toContain(`[cut: the result had ${size({ content })} characters, ${MAX_RESULT_CHARS} pass]`);
      expect(size(result)).toBeLessThanOrEqual(MAX_RESULT_CHARS);
    });

    it('keeps the beginning', () => {
      expect(textsOf(callResult({ content: [text('first'), text('x'.repeat(20 * MB))] }))).toMatch(/^firstxxx/);
    });

    it('stays the error that it is', () => {
      expect(callResult({ content: answers['one text'], isError: true }).isError).toBe(true);
    });

    it('is cut for its structured content too', () => {
      const result = callResult({ content: [text('short')], structuredContent: { rows: 'x'.repeat(20 * MB) } });
      expect(textsOf(result)).toMatch(/^short\[cut: /);
      expect(result).not.toHaveProperty('structuredContent');
    });

    it.each([[''], ['x']])('is not cut within a character (after %j)', (before) => {
      expect(textsOf(callResult({ content: [text(`${before}${'🎉'.repeat(10 * MB)}`)] }))).toSatisfy((cut: string) => !/\p{Surrogate}/u.test(cut));
    });
  });

  // codex refuses JSON with half a surrogate pair, and waits on for the answer.
  it('mends half a character', () => {
    expect(JSON.stringify(callResult({ content: [text('a\uD83D')], structuredContent: { b: '\uDE00' } }))).not.toMatch(/\\ud[89a-f]/i);
  });
});

describe('failed', () => {
  it('is an error that the model can read', () => {
    expect(failed('no')).toEqual({ content: [text('no')], isError: true });
  });
});
