import { NEVER, type Observable, of } from 'rxjs';
import { describe, it } from 'vitest';
import { lostEnd$ } from '../../../src/codex/app-server/lost-end.js';
import { AppServerError } from '../../../src/codex/app-server/rpc.js';
import { marbles } from '../../support/marbles.js';
import { testChain } from '../../support/unsubscription.js';

const lines = { l: 'too long', m: 'not JSON' };
const flow = { t: true, f: false };
const lost = new AppServerError('too long');

const watching = (
  unreadable$: Observable<string>,
  idleThread$: Observable<string>,
  ready$: Observable<boolean> = of(true),
) => lostEnd$({ unreadable$, idleThread$, ready$ }, 'T');

describe('lostEnd$', () => {
  it.each([
    ['before', '-l--', '--T-'],
    ['after', '--l-', '-T--'],
  ])('fails 2 s later when a line is lost %s its thread is idle', (_when, line, idle) => {
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const unreadable = hot(line, lines);
      const idleThread = hot(idle);
      const subs = '     ^-!        ';
      const expected = ' -- 2s #    ';

      expectObservable(watching(unreadable, idleThread)).toBe(expected, {}, lost);
      expectSubscriptions(unreadable.subscriptions).toBe(subs);
      expectSubscriptions(idleThread.subscriptions).toBe(subs);
    })();
  });

  it.each([
    ['another thread is idle', '-l--', '--U-'],
    ['no line was lost', '    ----', '--T-'],
    ['the thread is not idle', '-l--', '----'],
  ])('waits when %s', (_when, line, idle) => {
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const unreadable = hot(line, lines);
      const idleThread = hot(idle);
      const unsub = '    --- 3s !';
      const subs = '     ^-- 3s !';
      const expected = ' --- 3s -';

      expectObservable(watching(unreadable, idleThread), unsub).toBe(expected);
      expectSubscriptions(unreadable.subscriptions).toBe(subs);
      expectSubscriptions(idleThread.subscriptions).toBe(subs);
    })();
  });

  it(
    'names the last line that was lost before the thread was idle',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const unreadable = hot('-m-l---');
      const idleThread = hot('-----T-');
      const subs = '          ^----!     ';
      const expected = '      ----- 2s # ';

      expectObservable(watching(unreadable, idleThread)).toBe(
        expected,
        {},
        new AppServerError('l'),
      );
      expectSubscriptions(unreadable.subscriptions).toBe(subs);
      expectSubscriptions(idleThread.subscriptions).toBe(subs);
    }),
  );

  it(
    'starts the time again after back-pressure',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const unreadable = hot(' -l                   ', lines);
      const idleThread = hot(' --T                  ');
      const ready = cold('       t 1s f 5s t        ', flow);
      const subs = '           ^-!                ';
      const readySubs = '      --^ 1s - 5s 2s !    ';
      const expected = '       --- 1s - 5s 2s #   ';

      expectObservable(watching(unreadable, idleThread, ready)).toBe(expected, {}, lost);
      expectSubscriptions(unreadable.subscriptions).toBe(subs);
      expectSubscriptions(ready.subscriptions).toBe(readySubs);
    }),
  );

  testChain('lmm', lines, (unreadable$) => watching(unreadable$, NEVER));
});
