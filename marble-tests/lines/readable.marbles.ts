import { Readable } from 'node:stream';
import { BehaviorSubject, EMPTY, mergeMap, type Observable, of, take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { always$, readable } from '../../src/lines/readable.js';
import { marbles } from '../support/marbles.js';

const chunks: Record<string, Buffer> = { a: Buffer.from('a'), b: Buffer.from('b') };
const flow = { t: true, f: false };
const EVENTS = ['data', 'end', 'close', 'resume'];

/** A Node stream that emits its events in virtual time. */
const streamOf = (event$: Observable<string>): Readable => {
  const stream = new Readable({ read: () => undefined });
  event$.subscribe({
    next: (event) => stream.emit(...eventOf(event)),
    error: (error: unknown) => expect.unreachable(String(error)),
  });
  return stream;
};
const eventOf = (event: string): [name: string, value?: unknown] => {
  if (event === 'E') return ['end'];
  if (event === 'C') return ['close'];
  return event === 'X' ? ['error', new Error('EIO')] : ['data', chunks[event]];
};
const listeners = (stream: Readable): number =>
  EVENTS.reduce((sum, event) => sum + stream.listenerCount(event), 0);

describe('readable', () => {
  it(
    'emits each chunk when it arrives and completes at the end of the stream',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const events = hot('  -a--b--E--');
      const ready = hot('   -         ', flow);
      const subs = '        ^------!  ';
      const expected = '    -a--b--|  ';

      expectObservable(readable(streamOf(events), ready)).toBe(expected, chunks);
      expectSubscriptions(ready.subscriptions).toBe(subs);
    }),
  );

  it.each([
    ['is closed', 'C'],
    ['fails', 'X'],
  ])('completes when the stream %s', (_, event) => {
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const events = hot(`  -a--${event}-`);
      const ready = hot('   -     ', flow);
      const subs = '        ^---! ';
      const expected = '    -a--| ';

      expectObservable(readable(streamOf(events), ready)).toBe(expected, chunks);
      expectSubscriptions(ready.subscriptions).toBe(subs);
    })();
  });

  it(
    'pauses the stream while ready$ is false',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const stream = streamOf(hot('-         '));
      const ready = cold('          t--f--t---', flow);
      const probe = cold('          -o--o--o--');
      const subs = '                ^---------';
      const expected = '            -t--f--t--';
      const flows$ = probe.pipe(mergeMap(() => of(stream.readableFlowing)));

      expectObservable(readable(stream, ready)).toBe('-');
      expectObservable(flows$).toBe(expected, flow);
      expectSubscriptions(ready.subscriptions).toBe(subs);
    }),
  );

  it(
    'stays paused when Node resumes the stream of a process that has exited',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const stream = new Readable({ read: () => undefined });
      const ready = cold('          t--f--t---', flow);
      const exit = hot('            -----x----');
      const probe = cold('          -o--oo-o--');
      const subs = '                ^---------';
      const expected = '            -t--ff-t--';
      const flows$ = probe.pipe(mergeMap(() => of(stream.readableFlowing)));
      // Node emits this event between its resume and the first chunk.
      exit.subscribe({
        next: () => stream.resume().emit('resume'),
        error: (error: unknown) => {
          throw error;
        },
      });

      expectObservable(readable(stream, ready)).toBe('-');
      expectObservable(flows$).toBe(expected, flow);
      expectSubscriptions(ready.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails with ready$',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const events = hot('  -a--b-');
      const ready = cold('  t--#  ', flow);
      const subs = '        ^--!  ';
      const expected = '    -a-#  ';

      expectObservable(readable(streamOf(events), ready)).toBe(expected, chunks);
      expectSubscriptions(ready.subscriptions).toBe(subs);
    }),
  );

  it(
    'removes its listeners and lets the stream flow when it is unsubscribed',
    marbles(({ hot, cold, expectObservable, expectSubscriptions, flush }) => {
      const stream = streamOf(hot('-a--b--E'));
      const ready = cold('          t-f-----', flow);
      const unsub = '               ---!    ';
      const subs = '                ^--!    ';
      const expected = '            -a--    ';

      expectObservable(readable(stream, ready), unsub).toBe(expected, chunks);
      expectSubscriptions(ready.subscriptions).toBe(subs);
      flush();
      expect(listeners(stream)).toBe(0);
      expect(stream.readableFlowing).toBe(true);
    }),
  );

  it(
    'keeps the unsubscription chain',
    marbles(({ hot, cold, expectObservable, expectSubscriptions, flush }) => {
      const stream = streamOf(hot('-a--b--E'));
      const ready = cold('          t-------', flow);
      const unsub = '               --!     ';
      const subs = '                ^-!     ';
      const expected = '            -a-     ';
      const result$ = readable(stream, ready.pipe(mergeMap((isReady) => of(isReady)))).pipe(
        mergeMap((chunk) => of(chunk)),
      );

      expectObservable(result$, unsub).toBe(expected, chunks);
      expectSubscriptions(ready.subscriptions).toBe(subs);
      flush();
      expect(listeners(stream)).toBe(0);
    }),
  );

  it('stops a synchronous source when unsubscribed', () => {
    const stream = streamOf(EMPTY);
    const emitted: unknown[] = [];
    readable(stream)
      .pipe(take(1))
      .subscribe({
        next: (chunk) => emitted.push(chunk),
        error: (error: unknown) => expect.unreachable(String(error)),
      });

    for (const name of ['a', 'b']) if (listeners(stream) > 0) stream.emit('data', chunks[name]);

    expect(emitted).toEqual([chunks['a']]);
    expect(listeners(stream)).toBe(0);
  });
});

describe('readable, when a chunk takes long', () => {
  /** Blocks the thread, as the work for thousands of short lines does. */
  const work = (ms: number): void => {
    const end = performance.now() + ms;
    while (performance.now() < end);
  };
  const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
  const flowsAfter = (ms: number, stream: Readable, ready$ = always$) => {
    const reading = readable(stream, ready$).subscribe({
      next: () => work(ms),
      error: (error: unknown) => expect.unreachable(String(error)),
    });
    stream.emit('data', chunks['a']);
    return reading;
  };

  it('pauses the stream until other events have had their turn', async () => {
    const stream = streamOf(EMPTY);
    const reading = flowsAfter(30, stream);
    expect(stream.readableFlowing).toBe(false);
    await turn();
    expect(stream.readableFlowing).toBe(true);
    reading.unsubscribe();
  });

  it('leaves it paused while ready$ is false', async () => {
    const stream = streamOf(EMPTY);
    const ready$ = new BehaviorSubject(true);
    const reading = flowsAfter(30, stream, ready$);
    ready$.next(false);
    await turn();
    expect(stream.readableFlowing).toBe(false);
    reading.unsubscribe();
    expect(stream.readableFlowing).toBe(true);
  });

  it('lets it flow when it is unsubscribed meanwhile', async () => {
    const stream = streamOf(EMPTY);
    flowsAfter(30, stream).unsubscribe();
    expect(stream.readableFlowing).toBe(true);
    stream.pause();
    await turn();
    expect(stream.readableFlowing).toBe(false);
  });
});

describe('always$', () => {
  it(
    'emits true on subscribe and never completes',
    marbles(({ expectObservable }) => {
      expectObservable(always$).toBe('t', flow);
    }),
  );
});
