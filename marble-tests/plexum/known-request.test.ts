import { describe, expect, it } from 'vitest';
import { strangeFrame } from '../../src/plexum/strange-frame.js';

const user = (content: unknown) => ({ role: 'user', content });
const messages = [user('hi')];
const tool = { name: 'add', inputSchema: {} };

/** The shape of the request of a turn where the plugin does not know it. */
const strangeRequest = (request: unknown): string | undefined => {
  const params = { agent: { workspace: '/w' }, request };
  const frame = { jsonrpc: '2.0', id: 1, method: 'plexum/provider/stream', params };
  return strangeFrame(frame, () => undefined)?.keys.replace(/^.*request: |\}$/g, '');
};

describe('a request of a turn', () => {
  it.each<[what: string, request: unknown]>([
    ['without messages', { messages: [] }],
    ['without a text', { messages: [user('')] }],
    ['with unknown fields', { messages: [{ ...user('hi'), cache_control: {} }], max_tokens: 5 }],
    ['with earlier messages of any form', { messages: [5, { role: 'tool' }, ...messages] }],
    [
      'with blocks',
      {
        messages: [
          user([
            { type: 'tool_result', tool_use_id: 't', content: [] },
            { type: 'text', text: 'hi', cache_control: null },
            { type: 'image', url: '' },
            { type: 'image', url: null, path: '/a.png' },
          ]),
        ],
      },
    ],
    ['with tools', { messages, tools: [tool, { name: 'b', input_schema: {} }, { name: 'c' }] }],
    ['with nulls', { messages, tools: null, system: null }],
    ['with a system text in blocks', { messages, system: [{ type: 'text', text: 's' }] }],
  ])('%s is known', (_what, request) => {
    expect(strangeRequest(request)).toBeUndefined();
  });

  it.each<[what: string, request: unknown, shape: string]>([
    [
      'whose last message has no content',
      { messages: [...messages, { role: 'user', parts: [{ text: 'hi' }] }] },
      '{messages: [{role: string, content: string}, …, {role: string, parts: [{text: string}]}]}',
    ],
    [
      'without a message of the user',
      { messages: [{ role: 'USER', content: 'hi' }] },
      '{messages: [{role: string, content: string}]}',
    ],
    [
      'with a block of an unknown type',
      { messages: [user([{ type: 'input_text', text: 'hi' }])] },
      '{messages: [{role: string, content: [{type: string, text: string}]}]}',
    ],
    [
      'with a block without a type',
      { messages: [user([{ kind: 'text', text: 'hi' }])] },
      '{messages: [{role: string, content: [{kind: string, text: string}]}]}',
    ],
    [
      'with an image that has no source',
      { messages: [user([{ type: 'image', source: { data: 'aGk=' } }])] },
      '{messages: [{role: string, content: [{type: string, source: {data: string}}]}]}',
    ],
    [
      'with tools that are no list',
      { messages, tools: { add: tool } },
      '{messages: [{role: string, content: string}], tools: {add: {name: string, inputSchema: {}}}}',
    ],
    [
      'with a tool without a name',
      { messages, tools: [{ type: 'function', function: { name: 'add' } }] },
      '{messages: [{role: string, content: string}], tools: [{type: string, function: {name: string}}]}',
    ],
    [
      'with a tool that names its schema otherwise',
      { messages, tools: [tool, { name: 'add', parameters: {} }] },
      '{messages: [{role: string, content: string}], tools: [{name: string, inputSchema: {}}, …, {name: string, parameters: {}}]}',
    ],
    [
      'with a system text that is none',
      { messages, system: 5 },
      '{messages: [{role: string, content: string}], system: number}',
    ],
  ])('%s is strange', (_what, request, shape) => {
    expect(strangeRequest(request)).toBe(shape);
  });
});
