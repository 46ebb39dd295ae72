import { concatMap, delay, EMPTY, type Observable, of, tap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { createThreads, type Threads } from '../../../src/codex/app-server/threads.js';
import { marbles } from '../../support/marbles.js';

const thread = { settings: 's', marker: 'm', seen: new Map<number, number>(), model: undefined };
/**
 * Two loaded threads, and the steps of a test: a capital letter holds a thread, a small one
 * releases it, r retires.
 */
const lab = (): { readonly threads: Threads; readonly done: (step: string) => void } => {
  const threads = createThreads(5);
  for (const threadId of ['a', 'b']) threads.set(threadId, thread);
  const releases = new Map<string, () => void>();
  const done = (step: string): void => {
    const threadId = step.toLowerCase();
    if (step === 'r') threads.retire();
    else if (step === threadId) releases.get(threadId)?.();
    else releases.set(threadId, threads.hold(threadId));
  };
  return { threads, done };
};
const doing = (step$: Observable<string>, done: (step: string) => void): Observable<never> =>
  step$.pipe(
    tap(done),
    concatMap(() => EMPTY),
  );

describe('createThreads', () => {
  it(
    'emits a thread that nobody has held for idleMs, once, and forgets it',
    marbles(({ hot, expectObservable, expectSubscriptions, flush }) => {
      const steps = hot('   -A--a-----A-a---|');
      const subs = '        ^---------------!';
      const unused = '      ---------a-------';
      const unsub = '       ----------------!';
      const { threads, done } = lab();

      expectObservable(threads.unused$, unsub).toBe(unused);
      expectObservable(doing(steps, done)).toBe('----------------|');
      expectSubscriptions(steps.subscriptions).toBe(subs);
      flush();
      expect([threads.get('a'), threads.get('b')]).toEqual([undefined, thread]);
    }),
  );

  it(
    'emits unused threads at once when it retires, and a held thread when it is released',
    marbles(({ hot, expectObservable, expectSubscriptions, flush }) => {
      const steps = hot('   -A--r---a--|');
      const subs = '        ^----------!';
      const unused = '      ----b---a---';
      const unsub = '       -----------!';
      const { threads, done } = lab();

      expectObservable(threads.unused$, unsub).toBe(unused);
      expectObservable(doing(steps, done)).toBe('-----------|');
      expectSubscriptions(steps.subscriptions).toBe(subs);
      flush();
      expect([threads.get('a'), threads.get('b')]).toEqual([undefined, undefined]);
    }),
  );

  it(
    'does not emit a thread that was deleted meanwhile',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const steps = hot('   -A--a------|');
      const subs = '        ^----------!';
      const unsub = '       -----------!';
      const { threads, done } = lab();

      expectObservable(threads.unused$, unsub).toBe('-----------');
      expectObservable(doing(steps, done)).toBe('-----------|');
      expectObservable(of('a').pipe(delay(6), tap(threads.delete))).toBe('------(a|)');
      expectSubscriptions(steps.subscriptions).toBe(subs);
    }),
  );

  it(
    'holds a thread until its last holder releases it, and ignores a second release',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const threads = createThreads(5);
      threads.set('a', thread);
      const first = threads.hold('a');
      const second = threads.hold('a');
      const releases: Record<string, () => void> = { f: first, s: second };
      const steps = cold('  -f-f-s----------|');
      const unused = '      ----------a------';
      const unsub = '       ----------------!';
      const release = (step: string): void => releases[step]?.();

      expectObservable(threads.unused$, unsub).toBe(unused);
      expectObservable(doing(steps, release)).toBe('----------------|');
      expectSubscriptions(steps.subscriptions).toBe('^---------------!');
    }),
  );
});
