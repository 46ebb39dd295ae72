import { PassThrough } from 'node:stream';
import { filter, firstValueFrom, map, mergeMap, type Subscription, takeUntil, tap } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { connectHost, type Host } from '../../src/plexum/host-connection.js';
import type { HostRequest } from '../../src/plexum/host-requests.js';
import { manifest } from '../../src/plexum/manifest.js';
import { invalidParams } from '../../src/plexum/rpc-error.js';

const described = manifest('1.2.3', ['codex', 'fast']);
const initialize = {
  jsonrpc: '2.0',
  id: 'init',
  method: 'initialize',
  params: {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'daemon', version: '1' },
  },
};
const initialized = { jsonrpc: '2.0', method: 'notifications/initialized' };
const stream = (id: unknown) => ({
  jsonrpc: '2.0',
  id,
  method: 'plexum/provider/stream',
  params: { a: 1 },
});
const cancelled = (requestId: unknown) => ({
  jsonrpc: '2.0',
  method: 'notifications/cancelled',
  params: { requestId },
});
const ping = (id: unknown) => ({ jsonrpc: '2.0', id, method: 'ping' });
const pong = (id: unknown) => ({ jsonrpc: '2.0', id, result: {} });

interface Daemon {
  readonly host: Host;
  readonly input: PassThrough;
  /** The requests that reached the plugin, and those of them that were cancelled. */
  readonly requests: HostRequest[];
  readonly cancelled: unknown[];
  /** Writes frames as lines; a string as it is. */
  readonly send: (...frames: unknown[]) => void;
  /** The next frame that the plugin writes. */
  readonly next: () => Promise<unknown>;
  /** The request with this id, once it came. */
  readonly asked: (id: unknown) => Promise<HostRequest>;
}

const fail = (error: unknown): void => expect.unreachable(String(error));

const open: Subscription[] = [];
afterEach(() => {
  for (const subscription of open.splice(0)) subscription.unsubscribe();
});

/** Not readline: in Node 22 and 24 that ends a line at U+2028 too. */
async function* linesOf(output: PassThrough): AsyncGenerator<string> {
  let rest = '';
  for await (const piece of output.setEncoding('utf8')) {
    const lines = `${rest}${String(piece)}`.split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

const daemon = (
  options: { readonly problem?: string; readonly warnings?: readonly string[] } = {},
): Daemon => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const host = connectHost(input, output, {
    manifest: described,
    problem: options.problem,
    warnings: options.warnings ?? [],
  });
  const requests: HostRequest[] = [];
  const gone: unknown[] = [];
  const waiting = new Map<unknown, (request: HostRequest) => void>();
  const taken$ = host.requests$.pipe(
    tap((request) => {
      requests.push(request);
      waiting.get(request.id)?.(request);
    }),
    mergeMap(({ id, cancelled$ }) => cancelled$.pipe(map(() => id))),
  );
  open.push(taken$.subscribe({ next: (id) => gone.push(id), error: fail }));
  const lines = linesOf(output);
  return {
    host,
    input,
    requests,
    cancelled: gone,
    send: (...frames) => {
      for (const frame of frames)
        input.write(`${typeof frame === 'string' ? frame : JSON.stringify(frame)}\n`);
    },
    next: async () => {
      const { value } = await lines.next();
      return JSON.parse(String(value));
    },
    asked: (id) =>
      new Promise((resolve) => {
        const there = requests.find((request) => request.id === id);
        if (there === undefined) waiting.set(id, resolve);
        else resolve(there);
      }),
  };
};

describe('initialize', () => {
  it('answers initialize as WIRE.md says', async () => {
    const { send, next } = daemon();
    send(initialize);
    expect(await next()).toStrictEqual({
      jsonrpc: '2.0',
      id: 'init',
      result: {
        protocolVersion: '2025-06-18',
        capabilities: {
          logging: {},
          experimental: {
            plexum: { wire: '1', contracts: { provider: { models: ['codex', 'fast'] } } },
          },
        },
        serverInfo: { name: 'plexum-openai-provider', version: '1.2.3' },
      },
    });
  });

  it('refuses initialize with the problem of the config', async () => {
    const { send, next } = daemon({ problem: '/p/config.json: binary: expected string, got 5' });
    send(initialize);
    expect(await next()).toStrictEqual({
      jsonrpc: '2.0',
      id: 'init',
      error: {
        code: -32603,
        message: '/p/config.json: binary: expected string, got 5',
        data: { kind: 'config' },
      },
    });
  });

  it('logs the warnings after the host has initialized, not before', async () => {
    const { send, next } = daemon({ warnings: ['odd key', 'odd model'] });
    send(initialize, ping(1));
    expect(await next()).toMatchObject({ id: 'init' });
    expect(await next()).toEqual(pong(1));
    send(initialized);
    const warning = (msg: string) => ({
      jsonrpc: '2.0',
      method: 'notifications/message',
      params: { level: 'warning', logger: 'plexum-openai-provider', data: { msg } },
    });
    expect(await next()).toEqual(warning('odd key'));
    expect(await next()).toEqual(warning('odd model'));
  });
});

describe('requests', () => {
  it('answers a ping, also before initialize', async () => {
    const { send, next, requests } = daemon();
    send(ping(7));
    expect(await next()).toStrictEqual(pong(7));
    expect(requests).toEqual([]);
  });

  it.each([0, '', 1, -1, 1.5, 'abc', '0', '"', 'é\n'])('keeps the id %j unchanged', async (id) => {
    const { send, next, asked } = daemon();
    send(stream(id));
    const request = await asked(id);
    expect(request).toMatchObject({ id, method: 'plexum/provider/stream', params: { a: 1 } });
    request.answer({ outcome: 'completed', events: 3 });
    expect(await next()).toStrictEqual({
      jsonrpc: '2.0',
      id,
      result: { outcome: 'completed', events: 3 },
    });
  });

  it('distinguishes the ids 0 and "0"', async () => {
    const { send, next, asked } = daemon();
    send(stream(0), stream('0'));
    (await asked('0')).answer({ of: 'text' });
    expect(await next()).toStrictEqual({ jsonrpc: '2.0', id: '0', result: { of: 'text' } });
    (await asked(0)).answer({ of: 'number' });
    expect(await next()).toStrictEqual({ jsonrpc: '2.0', id: 0, result: { of: 'number' } });
  });

  it('refuses with code, message and kind', async () => {
    const { send, next, asked } = daemon();
    send(stream(1));
    (await asked(1)).refuse(invalidParams('codex: no user text in request messages'));
    expect(await next()).toStrictEqual({
      jsonrpc: '2.0',
      id: 1,
      error: {
        code: -32602,
        message: 'codex: no user text in request messages',
        data: { kind: 'invalid_request' },
      },
    });
  });

  it('sends notifications before the response that follows them', async () => {
    const { host, send, next, asked } = daemon();
    send(stream(0));
    const request = await asked(0);
    host.notify('notifications/plexum/provider/event', { request_id: request.id, seq: 0 });
    host.notify('notifications/plexum/provider/event', { request_id: request.id, seq: 1 });
    request.answer({ events: 2 });
    expect(await next()).toStrictEqual({
      jsonrpc: '2.0',
      method: 'notifications/plexum/provider/event',
      params: { request_id: 0, seq: 0 },
    });
    expect(await next()).toMatchObject({ params: { seq: 1 } });
    expect(await next()).toMatchObject({ result: { events: 2 } });
  });

  it('sends the first answer only', async () => {
    const { send, next, asked } = daemon();
    send(stream(1));
    const request = await asked(1);
    request.answer({ n: 1 });
    request.answer({ n: 2 });
    request.refuse(invalidParams('late'));
    expect(await next()).toMatchObject({ result: { n: 1 } });
    send(ping(2));
    expect(await next()).toEqual(pong(2));
  });

  it('refuses a second request with an open id, and keeps the first', async () => {
    const { send, next, asked, requests } = daemon();
    send(stream(5));
    const first = await asked(5);
    send(stream(5));
    expect(await next()).toStrictEqual({
      jsonrpc: '2.0',
      id: 5,
      error: {
        code: -32600,
        message: 'a request with the id 5 is still open',
        data: { kind: 'invalid_request' },
      },
    });
    expect(requests).toEqual([first]);
    first.answer({ n: 1 });
    expect(await next()).toMatchObject({ id: 5, result: { n: 1 } });
  });

  it('accepts an id again after its answer or refusal', async () => {
    const { send, next, asked, requests } = daemon();
    send(stream(5));
    (await asked(5)).answer({ n: 1 });
    await next();
    send(stream(5), ping(6));
    expect(await next()).toEqual(pong(6));
    requests[1]?.refuse(invalidParams('no'));
    expect(await next()).toMatchObject({ id: 5, error: { message: 'no' } });
    send(ping(5));
    expect(await next()).toEqual(pong(5));
  });
});

describe('notifications/cancelled', () => {
  it.each([0, '', 1, 'abc'])('cancels the request %j and suppresses its response', async (id) => {
    const { send, next, asked, cancelled: gone } = daemon();
    send(stream(id));
    const request = await asked(id);
    send(cancelled(id), ping('after'));
    expect(await next()).toEqual(pong('after'));
    expect(gone).toEqual([id]);
    request.answer({ outcome: 'cancelled', events: 2 });
    send(ping('last'));
    expect(await next()).toEqual(pong('last'));
  });

  it('suppresses the refusal of a cancelled request', async () => {
    const { send, next, asked } = daemon();
    send(stream(1));
    const request = await asked(1);
    send(cancelled(1), ping(2));
    await next();
    request.refuse(invalidParams('late'));
    send(ping(3));
    expect(await next()).toEqual(pong(3));
  });

  it('replays a cancel to a late subscriber', async () => {
    const { send, next, asked } = daemon();
    send(stream(1), cancelled(1), ping(2));
    await next();
    const request = await asked(1);
    await expect(firstValueFrom(request.cancelled$)).resolves.toBeDefined();
  });

  it('cancels no other request', async () => {
    const { send, next, asked, cancelled: gone } = daemon();
    send(stream(1), stream('1'), cancelled('1'), ping(2));
    await next();
    expect(gone).toEqual(['1']);
    (await asked(1)).answer({ n: 1 });
    expect(await next()).toMatchObject({ id: 1, result: { n: 1 } });
  });

  it.each([
    [cancelled('unknown')],
    [cancelled(null)],
    [{ jsonrpc: '2.0', method: 'notifications/cancelled' }],
    [{ jsonrpc: '2.0', method: 'notifications/cancelled', params: {} }],
  ])('ignores a cancel of no open request: %j', async (frame) => {
    const { send, next, asked, cancelled: gone } = daemon();
    send(stream(1), frame, ping(2));
    expect(await next()).toEqual(pong(2));
    expect(gone).toEqual([]);
    (await asked(1)).answer({ n: 1 });
    expect(await next()).toMatchObject({ id: 1, result: { n: 1 } });
  });

  it('frees the id of a cancelled request when it is answered, not before', async () => {
    const { send, next, asked, requests } = daemon();
    send(stream(1));
    const request = await asked(1);
    send(cancelled(1), stream(1));
    expect(await next()).toMatchObject({ id: 1, error: { code: -32600 } });
    request.answer({});
    send(ping(2));
    expect(await next()).toEqual(pong(2));
    send(stream(1), ping(3));
    expect(await next()).toEqual(pong(3));
    expect(requests).toHaveLength(2);
  });
});

describe('invalid frames', () => {
  it.each(['{', 'hello', '{"jsonrpc": "2.0"', "{'a': 1}"])(
    'answers %j with a parse error',
    async (text) => {
      const { send, next } = daemon();
      send(text);
      expect(await next()).toStrictEqual({
        jsonrpc: '2.0',
        id: null,
        error: {
          code: -32700,
          message: 'parse error: not JSON',
          data: { kind: 'invalid_request' },
        },
      });
    },
  );

  it.each<[unknown, unknown]>([
    ['null', null],
    ['5', null],
    ['"ping"', null],
    ['[]', null],
    [[ping(1)], null],
    [{}, null],
    [{ jsonrpc: '2.0', id: 1 }, 1],
    [{ jsonrpc: '2.0', id: 'a', method: 5 }, 'a'],
    [{ jsonrpc: '2.0', id: null, method: 'ping' }, null],
    [{ jsonrpc: '2.0', id: {}, method: 'ping' }, null],
    [{ jsonrpc: '2.0', id: 0, method: 'ping', params: [1] }, 0],
    [{ jsonrpc: '2.0', id: 1, method: 'ping', params: 'x' }, 1],
  ])('answers %j with -32600', async (frame, id) => {
    const { send, next } = daemon();
    send(frame);
    expect(await next()).toStrictEqual({
      jsonrpc: '2.0',
      id,
      error: {
        code: -32600,
        message: 'not a JSON-RPC 2.0 request',
        data: { kind: 'invalid_request' },
      },
    });
  });

  it.each([
    [{ jsonrpc: '2.0', method: 'notifications/no/such', params: { a: 1 } }],
    [{ jsonrpc: '2.0', id: 99, result: {} }],
    [{ jsonrpc: '2.0', id: 99, error: { code: 1, message: 'late' } }],
    [{ jsonrpc: '2.0', id: null, error: { code: -32700, message: 'parse error' } }],
    [''],
    ['\r'],
  ])('ignores %j', async (frame) => {
    const { send, next, requests } = daemon();
    send(frame, ping(1));
    expect(await next()).toEqual(pong(1));
    expect(requests).toEqual([]);
  });

  it('answers a request after invalid frames', async () => {
    const { send, next, asked } = daemon();
    send('{', '[]', stream(1));
    expect(await next()).toMatchObject({ error: { code: -32700 } });
    expect(await next()).toMatchObject({ error: { code: -32600 } });
    (await asked(1)).answer({ n: 1 });
    expect(await next()).toMatchObject({ id: 1, result: { n: 1 } });
  });

  it('reads frames from any chunks of bytes', async () => {
    const { input, next, asked } = daemon();
    for (const byte of Buffer.from(
      `${JSON.stringify({ ...stream('💥'), params: { text: 'é\u2028' } })}\r\n`,
    ))
      input.write(Buffer.from([byte]));
    const request = await asked('💥');
    expect(request.params).toEqual({ text: 'é\u2028' });
    request.answer({ text: '\u2028\n' });
    expect(await next()).toMatchObject({ id: '💥', result: { text: '\u2028\n' } });
  });
});

describe('log', () => {
  it('sends logs as MCP logging messages', async () => {
    const { host, next } = daemon();
    host.log('info', 'codex reports a problem', { message: 'Reconnecting... 1/5' });
    host.log('debug', 'no fields');
    expect(await next()).toStrictEqual({
      jsonrpc: '2.0',
      method: 'notifications/message',
      params: {
        level: 'info',
        logger: 'plexum-openai-provider',
        data: { msg: 'codex reports a problem', message: 'Reconnecting... 1/5' },
      },
    });
    expect(await next()).toMatchObject({ params: { level: 'debug', data: { msg: 'no fields' } } });
  });

  it('logs from the level that the host has set', async () => {
    const { host, send, next } = daemon();
    send({ jsonrpc: '2.0', id: 1, method: 'logging/setLevel', params: { level: 'warning' } });
    expect(await next()).toEqual(pong(1));
    host.log('debug', 'a');
    host.log('info', 'b');
    host.log('notice', 'c');
    host.log('warning', 'd');
    host.log('error', 'e');
    expect(await next()).toMatchObject({ params: { level: 'warning', data: { msg: 'd' } } });
    expect(await next()).toMatchObject({ params: { level: 'error', data: { msg: 'e' } } });
  });
});

describe('the pipes', () => {
  it('report that the host does not read, and that it reads again', async () => {
    const output = new PassThrough({ highWaterMark: 64 });
    const host = connectHost(new PassThrough(), output, { manifest: described, warnings: [] });
    const told: boolean[] = [];
    open.push(host.ready$.subscribe({ next: (ready) => told.push(ready), error: fail }));
    expect(told).toEqual([true]);

    host.log('info', 'a'.repeat(200));
    host.log('info', 'b'.repeat(200));
    await firstValueFrom(host.ready$.pipe(filter((ready) => !ready)));
    expect(told).toEqual([true, false]);

    output.resume();
    await firstValueFrom(host.ready$.pipe(filter((ready) => ready)));
    expect(told).toEqual([true, false, true]);
  });

  it('keep everything that was written while the host did not read', async () => {
    const output = new PassThrough({ highWaterMark: 64 });
    const host = connectHost(new PassThrough(), output, { manifest: described, warnings: [] });
    for (let seq = 0; seq < 100; seq += 1)
      host.notify('notifications/plexum/provider/event', { seq });
    await firstValueFrom(host.ready$.pipe(filter((ready) => !ready)));
    const seqs: unknown[] = [];
    for await (const text of linesOf(output)) {
      seqs.push(JSON.parse(text).params.seq);
      if (seqs.length === 100) break;
    }
    expect(seqs).toEqual(Array.from({ length: 100 }, (_, seq) => seq));
  });

  it('hold requests while the host does not read 16 MiB, but not its answers and cancels', async () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const host = connectHost(input, output, { manifest: described, warnings: [] });
    const heard: unknown[] = [];
    const gone: unknown[] = [];
    const taken$ = host.requests$.pipe(
      tap(({ id }) => heard.push(id)),
      mergeMap(({ id, cancelled$ }) => cancelled$.pipe(map(() => id))),
    );
    open.push(taken$.subscribe({ next: (id) => gone.push(id), error: fail }));
    input.write(`${JSON.stringify(stream('open'))}\n`);
    const answer = firstValueFrom(host.call$('plexum/host/tool/execute', {}));
    host.notify('notifications/plexum/provider/event', { text: 'x'.repeat(16 * 1024 * 1024) });
    await firstValueFrom(host.ready$.pipe(filter((ready) => !ready)));
    const frames = [stream('held'), cancelled('open'), { jsonrpc: '2.0', id: 0, result: { n: 1 } }];
    for (const frame of frames) input.write(`${JSON.stringify(frame)}\n`);

    expect(await answer).toEqual({ n: 1 });
    await expect.poll(() => gone).toEqual(['open']);
    expect(heard).toEqual(['open']);
    output.resume();
    await expect.poll(() => heard).toEqual(['open', 'held']);
  });

  it('complete the requests when the host closes its end, after the last one', async () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const host = connectHost(input, output, { manifest: described, warnings: [] });
    const heard: unknown[] = [];
    const ended = new Promise<void>((resolve) => {
      open.push(
        host.requests$.subscribe({
          next: ({ id }) => heard.push(id),
          complete: resolve,
          error: fail,
        }),
      );
    });
    const closed = firstValueFrom(host.closed$);
    input.write(`${JSON.stringify(stream(1))}\n`);
    input.end(`${JSON.stringify(stream(2))}\n`);
    await Promise.all([ended, closed]);
    expect(heard).toEqual([1, 2]);
  });

  it('tell the end of the host after its last line, which may have no LF', async () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const host = connectHost(input, output, { manifest: described, warnings: [] });
    const heard: unknown[] = [];
    const ended = new Promise<void>((complete) => {
      open.push(
        host.requests$
          .pipe(takeUntil(host.closed$))
          .subscribe({ next: ({ id }) => heard.push(id), complete, error: fail }),
      );
    });
    const closed = firstValueFrom(host.closed$);
    input.end(JSON.stringify(stream(1)));
    await Promise.all([ended, closed]);
    expect(heard).toEqual([1]);
  });

  it.each(['EPIPE', 'ECONNRESET'])('report an output that failed with %s', async (code) => {
    const output = new PassThrough();
    const host = connectHost(new PassThrough(), output, { manifest: described, warnings: [] });
    const closed = firstValueFrom(host.closed$);
    output.destroy(new Error(code));
    await expect(closed).resolves.toEqual(new Error(code));
  });

  it('accept writes after a failure, also without a listener', async () => {
    const output = new PassThrough();
    const host = connectHost(new PassThrough(), output, { manifest: described, warnings: [] });
    const gone = new Promise((resolve) => output.once('close', resolve));
    output.destroy(new Error('EPIPE'));
    await gone;
    expect(() => {
      host.notify('notifications/plexum/provider/event', { seq: 0 });
      host.log('info', 'late');
    }).not.toThrow();
  });
});
