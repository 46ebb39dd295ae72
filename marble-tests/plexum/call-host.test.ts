import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { filter, firstValueFrom, lastValueFrom, ReplaySubject, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { callHost } from '../../src/plexum/call-host.js';

/** A connected server, the frames that it sends, and the answers of its host. */
const lab = async () => {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- as in callHost
  const server = new Server({ name: 'test', version: '1' }, { capabilities: {} });
  const sent: JSONRPCMessage[] = [];
  const sent$ = new ReplaySubject<JSONRPCMessage>(10);
  const transport: Transport = {
    start: () => Promise.resolve(),
    close: () => Promise.resolve(),
    send: (message) => {
      sent.push(message);
      sent$.next(message);
      return Promise.resolve();
    },
  };
  await server.connect(transport);
  const next = (method: string) =>
    firstValueFrom(
      sent$.pipe(filter((message) => 'method' in message && message.method === method)),
    );
  return {
    call$: callHost(server),
    sent,
    next,
    receive: (message: JSONRPCMessage) => transport.onmessage?.(message),
  };
};
const METHOD = 'plexum/host/tool/execute';
const CANCELLED = 'notifications/cancelled';
const request = { jsonrpc: '2.0', id: 0, method: METHOD, params: { name: 'look_up' } };
/** Lets the microtasks of the SDK run. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('callHost', () => {
  it('sends the request on subscribe, emits the result and completes', async () => {
    const { call$, sent, next, receive } = await lab();
    const result$ = call$(METHOD, { name: 'look_up' });
    expect(sent).toEqual([]);
    const results = lastValueFrom(result$.pipe(toArray()));
    expect(await next(METHOD)).toEqual(request);
    receive({ jsonrpc: '2.0', id: 0, result: { content: [] } });

    expect(await results).toEqual([{ content: [] }]);
    await settled();
    expect(sent).toEqual([request]);
  });

  it('fails with the error of the host, and cancels nothing', async () => {
    const { call$, sent, next, receive } = await lab();
    const result = lastValueFrom(call$(METHOD, { name: 'look_up' }));
    await next(METHOD);
    receive({ jsonrpc: '2.0', id: 0, error: { code: -32_000, message: 'no such tool' } });

    await expect(result).rejects.toThrow('no such tool');
    await settled();
    expect(sent).toEqual([request]);
  });

  it('cancels the request at the host when unsubscribed, and ignores a late answer', async () => {
    const { call$, next, receive } = await lab();
    const seen: unknown[] = [];
    const subscription = call$(METHOD, { name: 'look_up' }).subscribe({
      next: (result) => seen.push(result),
      error: (error: unknown) => seen.push(error),
    });
    await next(METHOD);
    subscription.unsubscribe();

    expect(await next(CANCELLED)).toMatchObject({ params: { requestId: 0 } });
    receive({ jsonrpc: '2.0', id: 0, result: {} });
    await settled();
    expect(seen).toEqual([]);
  });

  it('reports progress, and sends a progress token only with a listener', async () => {
    const { call$, next, receive } = await lab();
    const progress: unknown[] = [];
    const result = lastValueFrom(
      call$(METHOD, { name: 'look_up' }, (update) => progress.push(update)),
    );
    expect(await next(METHOD)).toMatchObject({ params: { _meta: { progressToken: 0 } } });
    receive({
      jsonrpc: '2.0',
      method: 'notifications/progress',
      params: { progressToken: 0, progress: 1, total: 2 },
    });
    await settled();
    receive({ jsonrpc: '2.0', id: 0, result: {} });

    expect(await result).toEqual({});
    expect(progress).toEqual([{ progress: 1, total: 2 }]);
  });

  it('sends a request for each subscription', async () => {
    const { call$, sent, receive } = await lab();
    const result$ = call$(METHOD, { name: 'look_up' });
    const both = Promise.all([lastValueFrom(result$), lastValueFrom(result$)]);
    await settled();
    receive({ jsonrpc: '2.0', id: 1, result: { nth: 1 } });
    receive({ jsonrpc: '2.0', id: 0, result: { nth: 0 } });

    expect(await both).toEqual([{ nth: 0 }, { nth: 1 }]);
    expect(sent).toEqual([request, { ...request, id: 1 }]);
  });
});
