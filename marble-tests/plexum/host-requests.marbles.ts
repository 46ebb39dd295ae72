import { Readable } from 'node:stream';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { map, mergeMap, type Observable, of, Subject, shareReplay } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { LineTransport } from '../../src/lines/line-transport.js';
import { always$ } from '../../src/lines/readable.js';
import { type HostRequest, hostRequests } from '../../src/plexum/host-requests.js';
import { invalidParams } from '../../src/plexum/rpc-error.js';
import { abortedBy } from '../support/abort-signal.js';
import { marbles } from '../support/marbles.js';

/** Pieces of the input: a whole line, a line in two pieces, two lines, and noise. */
const pieces: Readonly<Record<string, string>> = {
  a: '{"line":1}\n',
  b: '{"line":',
  c: '2}\n',
  m: '{"line":3}\n{"line":4}\n',
  n: 'noise\n',
  E: 'end',
  X: 'error',
};
/** The frames that the transport gets, and the reason for the noise. */
const frames = {
  a: { line: 1 },
  c: { line: 2 },
  3: { line: 3 },
  4: { line: 4 },
  n: expect.any(String),
};

/** A Node stream that emits its pieces in virtual time. */
const streamOf = (piece$: Observable<string>): Readable => {
  const stream = new Readable({ read: () => undefined });
  piece$.subscribe({
    next: (piece) => {
      if (piece === 'end') stream.emit('end');
      else if (piece === 'error') stream.emit('error', new Error('EIO'));
      else stream.emit('data', Buffer.from(piece));
    },
    error: (error: unknown) => expect.unreachable(String(error)),
  });
  return stream;
};

/** A server without a transport of the SDK: each frame of the host calls its handler at once. */
const lab = (input: Readable, signal = new AbortController().signal) => {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- as in hostRequests
  const server = new Server({ name: 'test', version: '1' }, { capabilities: {} });
  const transport$ = new Subject<unknown>();
  const forgotten: string[] = [];
  const answers: (Promise<unknown> | undefined)[] = [];
  const transport: LineTransport = {
    receive: (frame) => {
      transport$.next(frame);
      answers.push(
        server.fallbackRequestHandler?.(
          { jsonrpc: '2.0', id: '7', method: 'plexum/provider/stream', params: { a: 1 } },
          {
            signal,
            requestId: '7',
            sendNotification: () => Promise.resolve(),
            sendRequest: () => Promise.reject(new Error('there are none')),
          },
        ),
      );
    },
    refuse: (reason) => transport$.next(reason),
    forget: (innerId) => void forgotten.push(innerId),
    ready$: always$,
    holding: {
      hold$: always$.pipe(map((ready) => !ready)),
      mayPass: () => true,
      sizeOf: () => 0,
    },
    start: () => Promise.resolve(),
    send: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  const request$ = hostRequests(server, transport, input);
  return { request$, transport$, forgotten, answers };
};
const described = map(({ id, method, params }: HostRequest) => ({ id, method, params }));
const requests = { r: { id: 7, method: 'plexum/provider/stream', params: { a: 1 } } };

describe('hostRequests', () => {
  it(
    'passes each line to the transport when its LF arrives, and emits the request at once',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const input = hot('      -a-b-c-m--', pieces);
      const subs = '           ^---------';
      const received = '       -a---c-(34)';
      const expected = '       -r---r-(rr)';
      const stream = streamOf(input);
      const { request$, transport$ } = lab(stream);

      expectObservable(transport$).toBe(received, frames);
      expectObservable(request$.pipe(described)).toBe(expected, requests);
      expectSubscriptions(input.subscriptions).toBe(subs);
    }),
  );

  it(
    'refuses a line that is not JSON, and reads on',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const input = hot('      -n-a--', pieces);
      const subs = '           ^-----';
      const received = '       -n-a--';
      const expected = '       ---r--';
      const { request$, transport$ } = lab(streamOf(input));

      expectObservable(transport$).toBe(received, frames);
      expectObservable(request$.pipe(described)).toBe(expected, requests);
      expectSubscriptions(input.subscriptions).toBe(subs);
    }),
  );

  it.each([
    ['ends', 'E'],
    ['breaks', 'X'],
  ])('completes when the input %s', (_what, end) => {
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const input = hot(`      -a-${end}--`, pieces);
      const subs = '           ^-----';
      const expected = '       -r-|';
      const { request$ } = lab(streamOf(input));

      expectObservable(request$.pipe(described)).toBe(expected, requests);
      expectSubscriptions(input.subscriptions).toBe(subs);
    })();
  });

  it(
    'reads nothing before the subscription, and nothing after unsubscribe',
    marbles(({ hot, expectObservable, expectSubscriptions, flush }) => {
      const input = hot('      -a-a-a-a-', pieces);
      const sub = '            --^---!  ';
      const subs = '           ^---------';
      const received = '       ---a-a---';
      const expected = '       ---r-r---';
      const stream = streamOf(input);
      const { request$, transport$ } = lab(stream);

      expectObservable(transport$).toBe(received, frames);
      expectObservable(request$.pipe(described), sub).toBe(expected, requests);
      expectSubscriptions(input.subscriptions).toBe(subs);
      flush();
      expect(stream.listenerCount('data')).toBe(0);
    }),
  );

  it(
    'emits the cancel of a request once, also to a late subscriber, and does not complete it',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const input = hot('      -a---------', pieces);
      const abort = hot('      ----x------', { x: 'the host' });
      const late = '           -------^---';
      const expected = '       ----c------';
      const replayed = '       -------c---';
      const subs = '           ^----------';
      const { signal, abort$ } = abortedBy(abort);
      const { request$ } = lab(streamOf(input), signal);
      const shared$ = request$.pipe(shareReplay({ bufferSize: 1, refCount: false }));
      const cancel$ = shared$.pipe(
        mergeMap(({ cancelled$ }) => cancelled$),
        map(() => 'c'),
      );

      expectObservable(abort$).toBe('-----------');
      expectObservable(cancel$).toBe(expected);
      expectObservable(cancel$, late).toBe(replayed);
      expectSubscriptions(abort.subscriptions).toBe(subs);
    }),
  );

  it('resolves the request of the SDK by an answer, rejects it by a refusal, and frees its id', async () => {
    const stream = new Readable({ read: () => undefined });
    const { request$, forgotten, answers } = lab(stream);
    const refusal = invalidParams('no');
    const open: HostRequest[] = [];
    const reading = request$.subscribe({
      next: (request) => open.push(request),
      error: (error: unknown) => expect.unreachable(String(error)),
    });
    stream.emit('data', Buffer.from('{}\n{}\n'));
    open[0]?.answer({ ok: true });
    open[1]?.refuse(refusal);

    await expect(answers[0]).resolves.toEqual({ ok: true });
    await expect(answers[1]).rejects.toBe(refusal);
    expect(forgotten).toEqual(['7', '7']);
    reading.unsubscribe();
  });

  it(
    'keeps the unsubscription chain',
    marbles(({ hot, expectObservable, expectSubscriptions, flush }) => {
      const input = hot('      -a-a-a-a-', pieces);
      const unsub = '          ----!    ';
      const subs = '           ^---------';
      const expected = '       -r-r-    ';
      const stream = streamOf(input);
      const { request$ } = lab(stream);
      const chain$ = of(request$).pipe(
        mergeMap((each$) => each$),
        mergeMap((request) => of(request)),
      );

      expectObservable(chain$.pipe(described), unsub).toBe(expected, requests);
      expectSubscriptions(input.subscriptions).toBe(subs);
      flush();
      expect(stream.listenerCount('data')).toBe(0);
    }),
  );
});
