import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { createConnection, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  filter,
  firstValueFrom,
  map,
  merge,
  ReplaySubject,
  shareReplay,
  take,
  toArray,
} from 'rxjs';
import { describe, expect, it } from 'vitest';
import { callResult } from '../../src/bridge/call-result.js';
import type { EndpointEvent, Listening, ToolCall } from '../../src/bridge/endpoint.js';
import { httpEndpoint } from '../../src/bridge/http-endpoint.js';
import { httpListener, MAX_KEPT } from '../../src/bridge/http-listener.js';
import { MAX_STRANGERS } from '../../src/bridge/strangers.js';
import { MAX_CALLS } from '../../src/bridge/tool-bridge.js';
import type { Tool } from '../../src/bridge/tool-list.js';
import { exactJson, parseExact } from '../../src/lines/exact-json.js';

const add: Tool = {
  name: 'add',
  description: 'adds',
  inputSchema: { type: 'object', properties: { a: { type: 'number', default: null } } },
};
const tools: readonly Tool[] = [add, { name: 'big', inputSchema: { type: 'object' } }];

const isListening = (event: EndpointEvent): event is Listening => event.type === 'listening';
const isCall = (event: EndpointEvent): event is ToolCall => event.type === 'call';

/** A port for several endpoints. */
const sharedListener = () => httpListener().pipe(shareReplay({ bufferSize: 1, refCount: true }));

/** An open endpoint; its calls are kept. */
const open = async (listener$ = httpListener()) => {
  const events$ = new ReplaySubject<EndpointEvent>(Infinity);
  const subscription = httpEndpoint(tools, listener$).subscribe(events$);
  const { access } = await firstValueFrom(events$.pipe(filter(isListening)));
  const url = new URL(String(JSON.parse(access.server['url'] ?? '')));
  return {
    url,
    token: access.env['PLEXUM_MCP_TOKEN'] ?? '',
    access,
    call$: events$.pipe(filter(isCall)),
    close: () => {
      subscription.unsubscribe();
    },
    [Symbol.dispose]: () => {
      subscription.unsubscribe();
    },
  };
};

type Endpoint = Awaited<ReturnType<typeof open>>;

/** The official client. */
const connect = async ({ url, token }: Pick<Endpoint, 'url' | 'token'>): Promise<Client> => {
  const client = new Client({ name: 'codex', version: '1' });
  const transport = new StreamableHTTPClientTransport(url, {
    requestInit: { headers: { authorization: `Bearer ${token}` } },
  });
  await client.connect(Object.assign(transport, {}));
  return client;
};

const list = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
const callAdd = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name: 'add' },
});
const post = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

/** A request with headers that fetch would not let one set. */
const send = async (
  url: URL,
  headers: Readonly<Record<string, string>>,
  target = url.pathname,
  method = 'POST',
) => {
  const sent = request({
    host: url.hostname,
    port: url.port,
    path: target,
    method,
    headers: { ...post, ...headers },
  });
  sent.end(method === 'POST' ? list : undefined);
  const [response] = await once(sent, 'response');
  return { status: response.statusCode, body: await text(response) };
};

/** When a connection has opened, and when it has closed, for whatever reason. */
const endsOf = (stranger: Socket) => ({
  opened: new Promise((resolve) => void stranger.once('connect', resolve)),
  ended: new Promise((resolve) => {
    stranger.on('error', () => undefined).once('close', resolve);
  }),
});

/** Sends a text byte by byte, as long as the connection is open. */
const trickle = (stranger: Socket, [first, ...rest]: Iterable<string>): void => {
  if (first === undefined || stranger.destroyed) return;
  stranger.write(first, () => setImmediate(trickle, stranger, rest));
};

describe('httpEndpoint', () => {
  it('listens on 127.0.0.1 and emits the access for codex', async () => {
    using endpoint = await open();
    expect(endpoint.url.href).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/mcp\/[0-9a-f]{32}$/);
    expect(endpoint.token).toMatch(/^[0-9a-f]{64}$/);
    expect(endpoint.access).toEqual({
      server: {
        url: JSON.stringify(endpoint.url.href),
        bearer_token_env_var: '"PLEXUM_MCP_TOKEN"',
      },
      env: { PLEXUM_MCP_TOKEN: endpoint.token },
    });
  });

  it('lists the tools to the official client', async () => {
    using endpoint = await open();
    const client = await connect(endpoint);
    expect((await client.listTools()).tools).toEqual(tools);
    await client.close();
  });

  it('emits a call and sends its answer', async () => {
    using endpoint = await open();
    const client = await connect(endpoint);
    const answered = client.callTool({
      name: 'add',
      arguments: { a: null, b: '数' },
      _meta: { callId: 'call_1' },
    });
    const call = await firstValueFrom(endpoint.call$);
    expect(call).toMatchObject({
      type: 'call',
      name: 'add',
      arguments: { a: null, b: '数' },
      callId: 'call_1',
    });
    call.answer({
      content: [{ type: 'text', text: '🎉' }],
      structuredContent: { n: null },
      isError: true,
    });
    expect(await answered).toEqual({
      content: [{ type: 'text', text: '🎉' }],
      structuredContent: { n: null },
      isError: true,
    });
    await client.close();
  });

  it('serves concurrent calls and sends their answers in any order', async () => {
    using endpoint = await open();
    const client = await connect(endpoint);
    const answers = Promise.all(
      Array.from({ length: 20 }, (_, i) => client.callTool({ name: 'add', arguments: { i } })),
    );
    const calls = await firstValueFrom(endpoint.call$.pipe(take(20), toArray()));
    for (const call of calls.toReversed())
      call.answer({ content: [{ type: 'text', text: String(call.arguments['i']) }] });
    expect((await answers).map(({ content }) => content)).toEqual(
      Array.from({ length: 20 }, (_, i) => [{ type: 'text', text: String(i) }]),
    );
    await client.close();
  });

  it('accepts 10 MB of arguments and sends a result of 10 MB', async () => {
    using endpoint = await open();
    const client = await connect(endpoint);
    const large = 'x'.repeat(10 * 1024 * 1024);
    const answered = client.callTool({ name: 'big', arguments: { large } });
    void endpoint.call$.forEach(({ arguments: { large: came }, answer }) => {
      answer({ content: [{ type: 'text', text: came === large ? large : 'changed' }] });
    });
    const { content } = await answered;
    expect(JSON.stringify(content) === JSON.stringify([{ type: 'text', text: large }])).toBe(true);
    await client.close();
  });

  it('answers a plain fetch with an event stream', async () => {
    using endpoint = await open();
    const response = await fetch(endpoint.url, {
      method: 'POST',
      headers: { ...post, authorization: `Bearer ${endpoint.token}` },
      body: list,
    });
    const [, data = ''] = /^data: (.*)$/m.exec(await response.text()) ?? [];
    expect([response.status, JSON.parse(data)]).toEqual([
      200,
      { jsonrpc: '2.0', id: 1, result: { tools } },
    ]);
  });

  it('keeps the numbers and the order of keys of arguments and of structured content', async () => {
    using endpoint = await open();
    const exact = '{"n":12345678901234567890,"10":1.0,"9":-0,"__proto__":1e400}';
    const answered = fetch(endpoint.url, {
      method: 'POST',
      headers: { ...post, authorization: `Bearer ${endpoint.token}` },
      body: `{"jsonrpc":"2.0","id":9007199254740993,"method":"tools/call","params":{"name":"add","arguments":${exact}}}`,
    });
    const call = await firstValueFrom(endpoint.call$);
    expect(exactJson(call.arguments)).toBe(exact);
    call.answer(callResult({ content: [], structuredContent: parseExact(exact) }));

    expect(await (await answered).text()).toContain(
      `data: {"result":{"content":[],"structuredContent":${exact}},"jsonrpc":"2.0","id":9007199254740993}`,
    );
  });

  it.each([
    ['GET', 405],
    ['DELETE', 405],
  ])('refuses the method %s', async (method, status) => {
    using endpoint = await open();
    const headers = { authorization: `Bearer ${endpoint.token}` };
    expect(await send(endpoint.url, headers, endpoint.url.pathname, method)).toEqual({
      status,
      body: '',
    });
  });

  it.each([
    ['text that is not JSON', 400, '{nonsense'],
    ['bytes that are not UTF-8', 400, new Uint8Array([0x22, 0xff, 0x22])],
    ['a batch', 400, `[${list}]`],
    ['a request with the id null', 400, '{"jsonrpc":"2.0","id":null,"method":"ping"}'],
    [
      'a request whose params are an array',
      400,
      '{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}',
    ],
    ['a number', 400, '5'],
    ['a notification', 202, '{"jsonrpc":"2.0","method":"notifications/initialized"}'],
    ['a response', 202, '{"jsonrpc":"2.0","id":1,"result":{}}'],
    ['an error', 202, '{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"x"}}'],
  ])('answers %s with the status %i, so that no client waits for more', async (_, status, body) => {
    using endpoint = await open();
    const response = await fetch(endpoint.url, {
      method: 'POST',
      headers: { ...post, authorization: `Bearer ${endpoint.token}` },
      body,
    });
    expect([response.status, await response.text()]).toEqual([status, '']);
  });

  it.each([
    ['without a token', () => ({}), 401],
    ['with an empty token', () => ({ authorization: 'Bearer ' }), 401],
    ['with a wrong token', () => ({ authorization: `Bearer ${'0'.repeat(64)}` }), 401],
    [
      'with a part of the token',
      ({ token }: Endpoint) => ({ authorization: `Bearer ${token.slice(0, 63)}` }),
      401,
    ],
    [
      'with the token in another scheme',
      ({ token }: Endpoint) => ({ authorization: `Basic ${token}` }),
      401,
    ],
    [
      'with an Origin',
      ({ token }: Endpoint) => ({ authorization: `Bearer ${token}`, origin: 'http://127.0.0.1' }),
      403,
    ],
    [
      'with the Origin null',
      ({ token }: Endpoint) => ({ authorization: `Bearer ${token}`, origin: 'null' }),
      403,
    ],
    [
      'with another Host',
      ({ token }: Endpoint) => ({ authorization: `Bearer ${token}`, host: 'evil.example' }),
      403,
    ],
    [
      'with a Host without the port',
      ({ token }: Endpoint) => ({ authorization: `Bearer ${token}`, host: '127.0.0.1' }),
      403,
    ],
  ])('refuses a request %s, with an empty body', async (_name, headers, status) => {
    using endpoint = await open();
    expect(await send(endpoint.url, headers(endpoint))).toEqual({ status, body: '' });
  });

  it.each([['/'], ['/mcp'], ['/other'], ['PATH/'], ['PATH?x=1'], ['/PATH']])(
    'refuses the path %s, with an empty body',
    async (target) => {
      using endpoint = await open();
      const { url, token } = endpoint;
      const other = target.replace('PATH', url.pathname);
      const headers = { authorization: `Bearer ${token}` };
      expect(await send(url, headers, other)).toEqual({ status: 404, body: '' });
      expect(await send(url, {}, other)).toEqual({ status: 401, body: '' });
    },
  );

  it('refuses the token of another turn', async () => {
    const listener$ = sharedListener();
    using one = await open(listener$);
    using other = await open(listener$);
    expect(one.url.port).toBe(other.url.port);
    expect(one.url.pathname).not.toBe(other.url.pathname);
    expect(one.token).not.toBe(other.token);
    expect(await send(one.url, { authorization: `Bearer ${other.token}` })).toEqual({
      status: 401,
      body: '',
    });
  });

  it('ends its own connections on unsubscribe, and leaves those of another turn', async () => {
    const listener$ = sharedListener();
    using one = await open(listener$);
    using other = await open(listener$);
    const [left, answered] = [one, other].map(async ({ url, token }) => {
      const headers = { ...post, authorization: `Bearer ${token}` };
      const response = await fetch(url, { method: 'POST', headers, body: callAdd });
      return response.text().catch(() => 'broken');
    });
    const { cancelled$ } = await firstValueFrom(one.call$);
    const call = await firstValueFrom(other.call$);
    const cancelled = firstValueFrom(cancelled$);
    one.close();
    await cancelled;

    expect(await left).toBe('broken');
    const { status } = await send(one.url, { authorization: `Bearer ${one.token}` });
    expect(status).toBe(401);
    call.answer({ content: [] });
    expect(await answered).toContain('"content":[]');
  });

  it('keeps as many connections as the bound, however long, and ends more with their answers', async () => {
    using endpoint = await open();
    const agent = new Agent({ keepAlive: true });
    const authorization = `Bearer ${endpoint.token}`;
    const sent = Array.from({ length: 3 * MAX_KEPT }, () =>
      request(endpoint.url, { agent, method: 'POST', headers: { ...post, authorization } }),
    );
    const answers = sent.map(async (one) => {
      const [response] = await once(one.end(callAdd), 'response');
      await text(response);
      // A connection that closes by itself may do so under the next call.
      expect(response.headers['keep-alive']).toBeUndefined();
      return response.headers.connection;
    });
    const calls = await firstValueFrom(endpoint.call$.pipe(take(sent.length), toArray()));
    for (const { answer } of calls) answer({ content: [] });

    expect((await Promise.all(answers)).toSorted()).toEqual([
      ...Array.from({ length: 2 * MAX_KEPT }, () => 'close'),
      ...Array.from({ length: MAX_KEPT }, () => 'keep-alive'),
    ]);
    agent.destroy();
  });

  it('cancels a call when its client disconnects', async () => {
    using endpoint = await open();
    const leaving = new AbortController();
    const headers = { ...post, authorization: `Bearer ${endpoint.token}` };
    const response = fetch(endpoint.url, {
      method: 'POST',
      headers,
      body: callAdd,
      signal: leaving.signal,
    }).catch(() => 'left');
    const { cancelled$, answer } = await firstValueFrom(endpoint.call$);
    const cancelled = firstValueFrom(cancelled$);
    leaving.abort();
    await cancelled;
    await firstValueFrom(cancelled$);
    answer({ content: [] });
    expect(await response).toBe('left');
  });

  it('cancels the call of one client, and not that of another with the same id', async () => {
    using endpoint = await open();
    const abort = new AbortController();
    const [first, second] = [await connect(endpoint), await connect(endpoint)];
    const call = (client: Client, nth: number, signal: AbortSignal) =>
      client.callTool({ name: 'add', arguments: { nth } }, undefined, { signal }).then(
        ({ content }) => content,
        () => 'cancelled',
      );
    const results = [call(first, 0, abort.signal), call(second, 1, new AbortController().signal)];
    const calls = await firstValueFrom(endpoint.call$.pipe(take(2), toArray()));
    const ended$ = merge(
      ...calls.map(({ arguments: { nth }, cancelled$ }) => cancelled$.pipe(map(() => nth))),
    );
    const ended: unknown[] = [];
    ended$.subscribe({
      next: (nth) => ended.push(nth),
      error: (error: unknown) => expect.unreachable(String(error)),
    });
    abort.abort();
    await firstValueFrom(ended$);
    for (const { answer } of calls) answer({ content: [{ type: 'text', text: 'done' }] });

    expect(await Promise.all(results)).toEqual(['cancelled', [{ type: 'text', text: 'done' }]]);
    expect(ended).toEqual([0]);
    await Promise.all([first.close(), second.close()]);
  });

  it('closes the port and cancels the open calls on unsubscribe', async () => {
    using endpoint = await open();
    const client = await connect(endpoint);
    const answered = client.callTool({ name: 'add' }).catch(() => 'failed');
    const { cancelled$ } = await firstValueFrom(endpoint.call$);
    const cancelled = firstValueFrom(cancelled$);
    endpoint.close();
    await cancelled;
    await expect(send(endpoint.url, {})).rejects.toThrow('ECONNREFUSED');
    // The client would wait for its own timeout of a minute.
    await client.close();
    expect(await answered).toBe('failed');
  });

  it.each<[string, (stranger: Socket) => unknown]>([
    ['that are idle', () => undefined],
    ['that close their side', (stranger) => stranger.end()],
    ['that send a header byte by byte', (stranger) => trickle(stranger, 'POST /mcp HTTP/1.1')],
    ['that have no token', (stranger) => stranger.write('GET / HTTP/1.1\r\n\r\n')],
  ])('serves codex beside 200 strangers %s', async (_, behave) => {
    using endpoint = await open();
    const before = await connect(endpoint);
    const answered = before.callTool({ name: 'add' });
    const call = await firstValueFrom(endpoint.call$);
    const strangers = Array.from({ length: 200 }, () =>
      createConnection(Number(endpoint.url.port), '127.0.0.1').resume(),
    );
    const ends = strangers.map((stranger) => endsOf(stranger));
    await Promise.all(ends.map(({ opened }) => opened));
    strangers.forEach(behave);
    for (let nth = 0; nth < 3; nth += 1) {
      const client = await connect(endpoint);
      expect((await client.listTools()).tools).toEqual(tools);
      await client.close();
    }
    await Promise.all(ends.slice(0, -MAX_STRANGERS).map(({ ended }) => ended));
    call.answer({ content: [] });

    expect(await answered).toMatchObject({ content: [] });
    await before.close();
    for (const stranger of strangers) stranger.destroy();
  });

  it('serves as many calls at once as the host runs, however late their clients write', async () => {
    using endpoint = await open();
    const { port, host, pathname } = endpoint.url;
    const clients = Array.from({ length: MAX_CALLS }, () =>
      createConnection(Number(port), '127.0.0.1'),
    );
    const ends = clients.map((client) => endsOf(client));
    await Promise.all(ends.map(({ opened }) => opened));
    await send(endpoint.url, { authorization: `Bearer ${endpoint.token}` });
    for (const client of clients)
      client.write(
        `POST ${pathname} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${endpoint.token}\r\n` +
          `Content-Length: ${callAdd.length}\r\n\r\n${callAdd}`,
      );

    const calls = await firstValueFrom(endpoint.call$.pipe(take(MAX_CALLS), toArray()));
    expect(calls).toHaveLength(MAX_CALLS);
    for (const client of clients) client.destroy();
  });

  it('serves 100 concurrent calls', async () => {
    using endpoint = await open();
    const client = await connect(endpoint);
    const answers = Promise.all(
      Array.from({ length: 100 }, () => client.callTool({ name: 'add' })),
    );
    const calls = await firstValueFrom(endpoint.call$.pipe(take(100), toArray()));
    for (const { answer } of calls) answer({ content: [] });

    expect(await answers).toHaveLength(100);
    await client.close();
  });

  it('creates a new token and a new path for each subscription', async () => {
    const endpoint$ = httpEndpoint(tools, httpListener()).pipe(filter(isListening));
    const first = await firstValueFrom(endpoint$);
    const second = await firstValueFrom(endpoint$);
    expect(first.access.env).not.toEqual(second.access.env);
  });
});
