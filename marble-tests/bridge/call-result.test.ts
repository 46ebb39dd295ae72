import { describe, expect, it } from 'vitest';
import { callResult, errorResult } from '../../src/bridge/call-result.js';
import { MAX_RESULT_BYTES } from '../../src/bridge/result-limit.js';
import { parseExact } from '../../src/lines/exact-json.js';

const text = (words: string) => ({ type: 'text', text: words });
const MB = 1024 * 1024;
const size = (result: unknown): number => Buffer.byteLength(JSON.stringify(result));
const textsOf = (result: ReturnType<typeof callResult>): string =>
  result.content.map((part) => (part.type === 'text' ? part.text : '')).join('');

describe('callResult', () => {
  it.each([
    ['text', { content: [text('4'), text('数 🎉')] }],
    ['an error', { content: [text('no')], isError: true }],
    ['an image', { content: [{ type: 'image', data: 'aGk=', mimeType: 'image/png' }] }],
    [
      'structured content',
      { content: [text('{"a":null}')], structuredContent: { a: null, b: [1] } },
    ],
    ['a link', { content: [{ type: 'resource_link', uri: 'file:///a', name: 'a' }] }],
  ])('passes %s unchanged', (_name, answer) => {
    expect(callResult(answer)).toEqual(answer);
  });

  it.each([
    ['a text', 'ok'],
    ['nothing', undefined],
    ['a number', 4],
    ['content that is no array', { content: 'ok' }],
    ['content that is an object', { content: { type: 'text', text: 'ok' } }],
  ])('returns a tool error for %s', (_name, answer) => {
    expect(callResult(answer)).toEqual({
      content: [text(expect.stringContaining('no tool result'))],
      isError: true,
    });
  });

  it.each([
    ['a block without a type', { text: '4' }, '{"text":"4"}'],
    ['a text block without text', { type: 'text', text: null }, 'text'],
    ['an image without data', { type: 'image', mimeType: 'image/png' }, 'image'],
    ['a block of a new type', { type: 'hologram', data: 'x' }, 'hologram'],
    ['null', null, ''],
    ['a text', 'ok', ''],
  ])('replaces %s by a text that names it, and keeps the other parts', (_name, part, named) => {
    expect(callResult({ content: [text('good'), part] })).toEqual({
      content: [text('good'), text(expect.stringContaining(`of no known form: ${named}`))],
    });
  });

  it('returns structured content that is no object as text', () => {
    expect(callResult({ content: [text('good')], structuredContent: [1, null] })).toEqual({
      content: [text('good'), text('[1,null]')],
    });
  });

  // codex 0.135 treats a result without content as an error.
  it.each([[{ content: [] }], [{ content: null }], [{}], [{ content: [], isError: false }]])(
    'returns an empty text for %j',
    (answer) => {
      expect(callResult(answer)).toMatchObject({ content: [text('')] });
    },
  );

  // A host written in Go writes absent fields as null.
  it.each([
    ['structuredContent', { content: [text('4')], structuredContent: null }, [text('4')]],
    ['isError', { content: [text('4')], isError: null }, [text('4')]],
    ['_meta', { content: [text('4')], _meta: null }, [text('4')]],
    ['annotations', { content: [{ ...text('4'), annotations: null, _meta: null }] }, [text('4')]],
    [
      'audience',
      { content: [{ ...text('4'), annotations: { audience: null } }] },
      [{ ...text('4'), annotations: {} }],
    ],
  ])('treats a null %s as absent', (_name, answer, content) => {
    expect(callResult(answer)).toEqual({ content });
  });

  it('throws for an answer that is nested deeper than 100 levels', () => {
    let deep: unknown = 1;
    for (let i = 0; i < 200; i += 1) deep = [deep];
    expect(() => callResult({ content: [], structuredContent: { deep } })).toThrow(
      'nested deeper than 100 levels',
    );
  });

  it('passes a result of 10 MB', () => {
    const answer = { content: [text('x'.repeat(10 * MB))] };
    expect(callResult(answer)).toEqual(answer);
  });

  it('counts the bytes of a number as the host wrote it', () => {
    const count = MAX_RESULT_BYTES / 8;
    const structuredContent = parseExact(`{"a":[${'1.0,'.repeat(count)}1.0]}`);
    expect(callResult({ content: [], structuredContent })).toEqual({
      content: [],
      structuredContent,
    });
  });

  it('passes a result of exactly MAX_RESULT_BYTES', () => {
    const room = MAX_RESULT_BYTES - size({ content: [text('')] });
    const answer = { content: [text('x'.repeat(room))] };
    expect(callResult(answer)).toEqual(answer);
  });

  describe('with a result of 20 MB', () => {
    const answers = {
      'one text': [text('x'.repeat(20 * MB))],
      'many texts': Array.from({ length: 200 }, () => text('x'.repeat(MB / 10))),
      'an image': [
        text('before'),
        { type: 'image', data: 'A'.repeat(20 * MB), mimeType: 'image/png' },
        text('after'),
      ],
      'what JSON escapes': [text('"'.repeat(20 * MB))],
      'very many parts': Array.from({ length: 20 * 1024 }, () => text('x'.repeat(1024))),
    };

    it.each(Object.entries(answers))(
      'cuts it to MAX_RESULT_BYTES, with a note: %s',
      (_name, content) => {
        const result = callResult({ content });
        expect(textsOf(result)).toContain(
          `[cut: the result had ${size({ content })} bytes, ${MAX_RESULT_BYTES} pass]`,
        );
        expect(size(result)).toBeLessThanOrEqual(MAX_RESULT_BYTES);
      },
    );

    it('keeps the beginning of the text', () => {
      expect(textsOf(callResult({ content: [text('first'), text('x'.repeat(20 * MB))] }))).toMatch(
        / pass\]firstxxx/,
      );
    });

    it('keeps isError', () => {
      expect(callResult({ content: answers['one text'], isError: true }).isError).toBe(true);
    });

    it('drops structured content that is too large', () => {
      const result = callResult({
        content: [text('short')],
        structuredContent: { rows: 'x'.repeat(20 * MB) },
      });
      expect(textsOf(result)).toMatch(/ pass\]short$/);
      expect(result).not.toHaveProperty('structuredContent');
    });

    it.each([[''], ['x']])('does not cut within a surrogate pair (after %j)', (before) => {
      expect(
        textsOf(callResult({ content: [text(`${before}${'🎉'.repeat(10 * MB)}`)] })),
      ).toSatisfy((cut: string) => !/\p{Surrogate}/u.test(cut));
    });
  });

  // codex refuses JSON with a lone surrogate, and keeps waiting for the answer.
  it('replaces a lone surrogate', () => {
    expect(
      JSON.stringify(
        callResult({ content: [text('a\uD83D')], structuredContent: { b: '\uDE00' } }),
      ),
    ).not.toMatch(/\\ud[89a-f]/i);
  });
});

describe('errorResult', () => {
  it('returns a tool error with the reason as text', () => {
    expect(errorResult('no')).toEqual({ content: [text('no')], isError: true });
  });

  it('cuts a long reason', () => {
    expect(size(errorResult('🎉'.repeat(10 * MB)))).toBeLessThan(20_000);
  });
});
