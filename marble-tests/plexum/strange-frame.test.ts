import { describe, expect, it } from 'vitest';
import { parseExact } from '../../src/lines/exact-json.js';
import { strangeFrame } from '../../src/plexum/strange-frame.js';
import { watchFrames, withInitializeParams } from '../../src/plexum/watch-frames.js';

const agent = { agent_id: 'a', workspace: '/w' };
const request = (method: string, params?: unknown) => ({ jsonrpc: '2.0', id: 1, method, params });
const notification = (method: string, params?: unknown) => ({ jsonrpc: '2.0', method, params });
const messages = [{ role: 'user', content: 'hi' }];
const hello = { protocolVersion: '1', capabilities: {}, clientInfo: { name: 'd', version: '1' } };

describe('strangeFrame', () => {
  it.each([
    [request('initialize', hello)],
    [request('ping')],
    [request('ping', null)],
    [request('tools/list', { cursor: 'c', _meta: {} })],
    [request('logging/setLevel', { level: 'debug' })],
    [request('plexum/manifest/read', {})],
    [request('plexum/provider/stream', { model_id: 'm', agent, request: { messages }, _meta: {} })],
    [
      request('plexum/provider/stream', {
        agent: { ...agent, session_id: null },
        request: { messages, tools: null, more: 1 },
      }),
    ],
    [request('plexum/session/mutate', { ...agent, mutations: null })],
    [request('plexum/session/mutate', { ...agent, mutations: [{ block_id: 'b', op: 'new' }] })],
    [notification('notifications/initialized')],
    [notification('notifications/cancelled', { requestId: 'x', reason: 'y' })],
  ])('knows %j', (frame) => {
    expect(strangeFrame(frame, () => undefined)).toBeUndefined();
  });

  it.each<[unknown, string]>([
    [request('initialize', { version: 2 }), 'request initialize {version: number}'],
    [request('ping', [1]), 'request ping [number]'],
    [
      { ...request('ping'), id: null },
      'request ping {jsonrpc: string, id: null, method: string, params: nothing}',
    ],
    [request('logging/setLevel', { level: 'loud' }), 'request logging/setLevel {level: string}'],
    [request('plexum/a', { secret: 'value' }), 'request plexum/a {secret: string}'],
    [
      request('plexum/provider/stream', { agent, model: 'm', request: { messages } }),
      'request plexum/provider/stream {agent: {agent_id: string, workspace: string}, model: string, request: {messages: [{role: string, content: string}]}}',
    ],
    [
      request('plexum/provider/stream', { agent: { id: 1 }, request: { messages } }),
      'request plexum/provider/stream {agent: {id: number}, request: {messages: [{role: string, content: string}]}}',
    ],
    [
      request('plexum/provider/stream', { agent, request: {} }),
      'request plexum/provider/stream {agent: {agent_id: string, workspace: string}, request: {}}',
    ],
    [
      request('plexum/session/mutate', { mutations: [] }),
      'request plexum/session/mutate {mutations: list}',
    ],
    [
      request('plexum/session/mutate', { ...agent, mutations: [{ id: 'b' }] }),
      'request plexum/session/mutate {agent_id: string, workspace: string, mutations: [{id: string}]}',
    ],
    [notification('plexum/provider/stream', {}), 'notification plexum/provider/stream {}'],
    [
      notification('notifications/cancelled', { id: 1 }),
      'notification notifications/cancelled {id: number}',
    ],
    [
      notification('notifications/progress', { progressToken: 5 }),
      'notification notifications/progress {progressToken: number}',
    ],
    [{ id: 9, result: {} }, 'response  {id: number, result: {}}'],
    [{ id: 9 }, 'frame  {id: number}'],
    [[request('ping')], 'frame  [{jsonrpc: string, id: number, method: string, params: nothing}]'],
    ['ping', 'frame  string'],
    [request(`x\u001b[31m${'y'.repeat(200)}`, 1), `request x__31m${'y'.repeat(94)} number`],
  ])('does not know %j', (frame, words) => {
    const found = strangeFrame(frame, () => undefined);
    expect(found && `${found.what} ${found.method} ${found.keys}`).toBe(words);
  });
});

describe('watchFrames', () => {
  const watching = () => {
    const found: string[] = [];
    const watch = watchFrames(({ what, method, keys }) => found.push(`${what} ${method} ${keys}`));
    return { watch, found };
  };

  it('knows the first answer and the progress of its own requests, also when they are late', () => {
    const { watch, found } = watching();
    watch.sent({ id: 0, method: 'plexum/host/tool/execute', params: {} });
    watch.received({ method: 'notifications/progress', params: { progressToken: 0 } });
    watch.received({ id: 0, result: { content: [] } });
    watch.received({ method: 'notifications/progress', params: { progressToken: 0 } });
    expect(found).toEqual([]);
    watch.received({ id: 0, result: { content: [] } });
    expect(found).toEqual([
      'response plexum/host/tool/execute {id: number, result: {content: list}}',
    ]);
  });

  it.each(['-0', '0.0', '0e0'])('takes the id %s of an answer and of progress for 0', (id) => {
    const { watch, found } = watching();
    watch.sent({ id: 0, method: 'plexum/host/tool/execute' });
    watch.received(
      parseExact(`{"method":"notifications/progress","params":{"progressToken":${id}}}`),
    );
    watch.received(parseExact(`{"id":${id},"result":{"content":[]}}`));
    expect(found).toEqual([]);
    watch.received(parseExact(`{"id":${id},"result":{"content":[]}}`));
    expect(found).toHaveLength(1);
  });

  it('tells an answer that is no tool result from an error of the host', () => {
    const { watch, found } = watching();
    for (const id of [0, 1]) watch.sent({ id, method: 'plexum/host/tool/execute' });
    watch.received({ id: 0, error: { code: 1, message: 'no' } });
    watch.received({ id: 1, result: { output: 'x' } });
    expect(found).toEqual([
      'response plexum/host/tool/execute {id: number, result: {output: string}}',
    ]);
  });

  it('counts an answer whose id is nested deeper than the stack', () => {
    const { watch, found } = watching();
    const id: unknown = JSON.parse(`${'['.repeat(20_000)}${']'.repeat(20_000)}`);
    watch.received({ id, result: {} });
    watch.received({ method: 'notifications/progress', params: { progressToken: id } });
    expect(found).toEqual([
      'response  {id: [[[[[[list]]]]]], result: {}}',
      'notification notifications/progress {progressToken: [[[[[[list]]]]]]}',
    ]);
  });

  it('counts a line that is no JSON, without its text', () => {
    const { watch, found } = watching();
    watch.unreadable();
    expect(found).toEqual(['line  nothing']);
  });
});

describe('withInitializeParams', () => {
  it('completes the params of an initialize of another shape', () => {
    expect(withInitializeParams(request('initialize', { capabilities: 1, x: 2 }))).toEqual(
      request('initialize', {
        protocolVersion: '',
        capabilities: {},
        clientInfo: { name: 'unknown', version: '' },
      }),
    );
  });

  it('leaves every other frame as it is', () => {
    for (const frame of [request('initialize', hello), request('ping', { a: 1 }), 5, null])
      expect(withInitializeParams(frame)).toBe(frame);
  });
});
