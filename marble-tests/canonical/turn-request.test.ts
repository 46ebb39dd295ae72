import fc from 'fast-check';
import { isLeft, isRight } from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { type Block, isImage, isText, TurnRequest } from '../../src/canonical/turn-request.js';
import { holds } from '../support/fuzz.js';

const asked = (content: unknown, role: unknown = 'user') =>
  TurnRequest.decode({ messages: [{ role, content }] });

describe('TurnRequest, valid', () => {
  it.each([
    ['no messages', [], { earlier: [] }],
    [
      'a string as content',
      [{ role: 'user', content: 'hi' }],
      { last: { role: 'user', content: 'hi' } },
    ],
    ['no blocks', [{ role: 'user', content: [] }], { last: { role: 'user', content: [] } }],
    [
      'every role',
      ['assistant', 'system', 'developer', ''].map((role) => ({ role })),
      { earlier: ['assistant', 'system', 'developer', ''].map((role) => ({ role })) },
    ],
  ])('%s', (_what, messages, read) => {
    expect(TurnRequest.decode({ messages })).toMatchObject({ right: { messages: read } });
  });

  it.each([
    ['text', { type: 'text', text: '' }],
    ['an image with a url', { type: 'image', url: 'https://example.com/a.png' }],
    ['an image with data', { type: 'image', data_base64: 'AAAA', media_type: 'image/png' }],
    ['an image with a path', { type: 'image', path: '/a.png' }],
    ['an image with nothing', { type: 'image' }],
    ['a tool call', { type: 'tool_use', id: 'call_1', name: 'echo', input: { a: [1] } }],
    [
      'a tool result',
      { type: 'tool_result', tool_use_id: 'call_1', content: [{ type: 'text' }], is_error: true },
    ],
    ['thinking', { type: 'thinking', thinking: 'hm', signature: 'x' }],
    ['a block that nobody knows', { type: 'hologram', depth: 3 }],
    ['a block with a strange type', { type: '' }],
    ['a tool call whose fields are wrong', { type: 'tool_use', id: 5, input: 'x' }],
  ])('%s', (_what, block) => {
    expect(asked([block])).toMatchObject({
      right: { messages: { last: { role: 'user', content: [block] } } },
    });
  });

  it('accepts unknown fields everywhere', () => {
    const request = {
      messages: [
        {
          role: 'user',
          id: 5,
          content: [{ type: 'text', text: 'hi', cache_control: { type: 'later' } }],
        },
      ],
      tools: [{ name: 'echo', input_schema: {} }],
      system: 'be brief',
      stream: true,
    };
    expect(TurnRequest.decode(request)).toMatchObject({
      right: { messages: { last: { content: [{ type: 'text', text: 'hi' }] } } },
    });
  });

  it('accepts tools and a system text of any form', () => {
    expect(isRight(TurnRequest.decode({ messages: [], tools: 'none', system: 5 }))).toBe(true);
  });
});

describe('TurnRequest, earlier messages', () => {
  const last = { role: 'user', content: 'hi' };

  it.each([
    ['a tool call of an assistant with null content', { role: 'assistant', content: null }],
    ['a block that is not sound', { role: 'user', content: [{ type: 'text' }] }],
    ['content that is a number', { role: 'tool', content: 5 }],
    ['a message that is a string', 'hi'],
    ['a message without a role', { content: 'hi' }],
  ])('keeps an earlier message as it is: %s', (_what, earlier) => {
    expect(TurnRequest.decode({ messages: [earlier, last] })).toEqual({
      _tag: 'Right',
      right: { messages: { last, earlier: [earlier] } },
    });
  });

  it('takes null fields out of the last message only', () => {
    const blocks = [{ type: 'text', text: 'hi', cache_control: null }];
    const earlier = { role: 'user', content: blocks };
    expect(TurnRequest.decode({ messages: [earlier, earlier] })).toEqual({
      _tag: 'Right',
      right: {
        messages: {
          last: { role: 'user', content: [{ type: 'text', text: 'hi' }] },
          earlier: [earlier],
        },
      },
    });
  });
});

describe('TurnRequest, invalid', () => {
  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a string', 'hi'],
    ['messages that are no array', { messages: { 0: { role: 'user', content: 'hi' } } }],
    ['a message that is a string', { messages: ['hi'] }],
    ['a message without a role', { messages: [{ content: 'hi' }] }],
    ['a role that is no string', { messages: [{ role: 5, content: 'hi' }] }],
    ['content that is a number', { messages: [{ role: 'user', content: 5 }] }],
  ])('%s', (_what, value) => {
    expect(isLeft(TurnRequest.decode(value))).toBe(true);
  });

  it.each([
    ['a block without a type', { text: 'hi' }],
    ['a block that is a string', 'hi'],
    ['text without text', { type: 'text' }],
    ['text that is a number', { type: 'text', text: 5 }],
    ['an image with a path that is no string', { type: 'image', path: ['/a.png'] }],
  ])('%s', (_what, block) => {
    expect(isLeft(asked([block]))).toBe(true);
  });
});

describe('isText and isImage', () => {
  it.each<[Block, boolean, boolean]>([
    [{ type: 'text', text: 'hi' }, true, false],
    [{ type: 'image' }, false, true],
    [{ type: 'thinking' }, false, false],
    [{ type: 'text' }, false, false],
  ])('tell whether %j is a text (%s) or an image (%s)', (block, text, image) => {
    expect([isText(block), isImage(block)]).toEqual([text, image]);
  });
});

describe('TurnRequest', () => {
  it('never throws, whatever the content is', () => {
    holds(
      fc.property(fc.anything(), (content) => {
        const readable =
          content === undefined ||
          content === null ||
          typeof content === 'string' ||
          Array.isArray(content);
        expect(isLeft(asked(content)) || readable).toBe(true);
      }),
    );
  });
});
