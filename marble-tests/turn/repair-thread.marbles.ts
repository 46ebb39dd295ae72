import { EMPTY, map, type Observable, of, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { TurnEvent } from '../../src/canonical/turn-event.js';
import { ownFailure } from '../../src/codex/events/failure.js';
import type { Ports } from '../../src/ports.js';
import { BusyError } from '../../src/process/lock-holder.js';
import { repairThread } from '../../src/turn/repair-thread.js';
import { marbles } from '../support/marbles.js';
import { fakePorts } from '../support/ports.js';
import { testUnsubscription } from '../support/unsubscription.js';

const THREAD = '01a1fb58-5a98-7973-8b0a-074f22270974';
const FILE = '/codex/sessions/rollout.jsonl';

/** A call without an output is refused (N), encrypted reasoning (X), an archived thread (A). */
const events: Record<string, TurnEvent> = {
  t: { type: 'text_delta', text: 'hello' },
  E: ownFailure('internal', 'something else'),
  N: ownFailure('invalid_request', 'No tool output found for function call call_a.'),
  X: ownFailure('invalid_request', 'The encrypted content gAAA could not be verified.'),
  A: ownFailure('thread_lost', 'session 01a2 is archived.'),
  I: ownFailure('invalid_request', 'Invalid image in your last message.'),
};
const line = Buffer.from(
  JSON.stringify({
    type: 'response_item',
    payload: { type: 'function_call', name: 'x', arguments: '{}', call_id: 'call_a' },
  }),
);

const brokenPicture = Buffer.from(
  JSON.stringify({
    type: 'response_item',
    payload: {
      type: 'message',
      role: 'user',
      content: [{ type: 'input_image', image_url: `data:image/png;base64,${'AAAA'.repeat(40)}` }],
    },
  }),
);

/** Runs a turn whose attempts are the given ones, in order; `threads` has their threads. */
const repair = (
  attempts: readonly Observable<TurnEvent>[],
  given: Partial<Ports> = {},
  hasPictures = false,
) => {
  const threads: (string | undefined)[] = [];
  const replaced: (string | undefined)[] = [];
  const patched: string[] = [];
  const { ports, logs } = fakePorts({
    rolloutFile$: () => of(FILE),
    linesWith$: () => of({ offset: 0, bytes: line }),
    patchFile$: (file) => {
      patched.push(file);
      return EMPTY;
    },
    ...given,
  });
  const turn$ = repairThread(
    (thread, instead) => {
      replaced.push(instead);
      return attempts[threads.push(thread) - 1] ?? EMPTY;
    },
    { threadId: THREAD, prompt: 'hi', hasPictures },
    ports,
  ).pipe(map((event) => (event.type === 'error' ? event.message : event.type)));
  return { turn$, threads, replaced, patched, logs };
};
const words = { t: 'text_delta', e: expect.stringContaining('remove .plexum-codex-session') };

describe('repairThread', () => {
  it(
    'takes the refused call out and tries again on the thread, with one warning',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const refused = cold(' --N|     ', events);
      const next = cold('       --t|  ', events);
      const refusedSubs = '  ^--!     ';
      const nextSubs = '     ---^--! ';
      const expected = '     -----t|  ';
      const { turn$, threads, patched, logs } = repair([refused, next]);

      expectObservable(turn$).toBe(expected, words);
      expectSubscriptions(refused.subscriptions).toBe(refusedSubs);
      expectSubscriptions(next.subscriptions).toBe(nextSubs);
      flush();
      expect(threads).toEqual([THREAD, THREAD]);
      expect(patched).toEqual([FILE]);
      expect(logs).toMatchObject([
        {
          level: 'warning',
          fields: {
            thread_id: THREAD,
            items: 1,
            refused: 'call',
            message: expect.stringMatching(/call_a\.(?!.*remove \.plexum)/),
          },
        },
      ]);
    }),
  );

  it(
    'begins a new thread when the same refusal comes after its remedy',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const refused = cold('--N|     ', events);
      const again = cold('     --N|  ', events);
      const fresh = cold('        -t|', events);
      const refusedSubs = ' ^--!';
      const againSubs = '   ---^--!';
      const freshSubs = '   ------^-!';
      const expected = '    -------t|';
      const { turn$, threads, logs } = repair([refused, again, fresh]);

      expectObservable(turn$).toBe(expected, words);
      expectSubscriptions(refused.subscriptions).toBe(refusedSubs);
      expectSubscriptions(again.subscriptions).toBe(againSubs);
      expectSubscriptions(fresh.subscriptions).toBe(freshSubs);
      flush();
      expect(threads).toEqual([THREAD, THREAD, undefined]);
      expect(logs.map(({ level }) => level)).toEqual(['warning', 'warning']);
    }),
  );

  it(
    'begins a new thread when the rollout has nothing that is refused',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const refused = cold('--X|   ', events);
      const fresh = cold('     -t| ', events);
      const refusedSubs = ' ^--!';
      const freshSubs = '   ---^-!';
      const expected = '    ----t| ';
      const { turn$, threads, patched } = repair([refused, fresh]);

      expectObservable(turn$).toBe(expected, words);
      expectSubscriptions(refused.subscriptions).toBe(refusedSubs);
      expectSubscriptions(fresh.subscriptions).toBe(freshSubs);
      flush();
      expect(threads).toEqual([THREAD, undefined]);
      expect(patched).toEqual([]);
    }),
  );

  it(
    'unarchives the thread, and tries again on it',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const refused = cold('--A|   ', events);
      const next = cold('      -t| ', events);
      const refusedSubs = ' ^--!';
      const nextSubs = '    ---^-!';
      const expected = '    ----t| ';
      const { turn$, threads, logs } = repair([refused, next]);

      expectObservable(turn$).toBe(expected, words);
      expectSubscriptions(refused.subscriptions).toBe(refusedSubs);
      expectSubscriptions(next.subscriptions).toBe(nextSubs);
      flush();
      expect(threads).toEqual([THREAD, THREAD]);
      expect(logs.map(({ msg }) => msg)).toEqual([
        'the thread of this workspace was archived; it has been unarchived, and the turn continues',
      ]);
    }),
  );

  it(
    'tries once more on a thread that cannot be unarchived, before it begins a new one',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const refused = cold('--A|      ', events);
      const again = cold('     -A|   ', events);
      const next = cold('        -t| ', events);
      const first = '       ^--!      ';
      const second = '      ---^-!    ';
      const third = '       -----^-!  ';
      const kept = '        ----t|    ';
      const replaced = '    ------t|  ';
      const failing = { unarchive$: () => throwError(() => new Error('codex unarchive failed')) };
      const opened = repair([refused, next], failing);
      const closed = repair([refused, again, next], failing);

      expectObservable(opened.turn$).toBe(kept, words);
      expectObservable(closed.turn$).toBe(replaced, words);
      expectSubscriptions(refused.subscriptions).toBe([first, first]);
      expectSubscriptions(again.subscriptions).toBe(second);
      expectSubscriptions(next.subscriptions).toBe([second, third]);
      flush();
      expect(opened.threads).toEqual([THREAD, THREAD]);
      expect(closed.threads).toEqual([THREAD, THREAD, undefined]);
      expect(closed.replaced).toEqual([undefined, undefined, THREAD]);
      expect(opened.logs.map(({ msg }) => msg)).toEqual([
        'the thread of this workspace cannot be repaired: codex unarchive failed',
      ]);
    }),
  );

  it(
    'emits a refusal after the first event with the way out, and repairs nothing',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const refused = cold('-t-N|', events);
      const refusedSubs = ' ^---!';
      const expected = '    -t-e|';
      const { turn$, threads, patched } = repair([refused]);

      expectObservable(turn$).toBe(expected, words);
      expectSubscriptions(refused.subscriptions).toBe(refusedSubs);
      flush();
      expect({ threads, patched }).toEqual({ threads: [THREAD], patched: [] });
    }),
  );

  it(
    'keeps the thread when a picture of the turn itself may be refused',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const refused = cold('--I| ', events);
      const refusedSubs = ' ^--!';
      const expected = '    ---(e|)';
      const { turn$, threads } = repair([refused], {}, true);

      expectObservable(turn$).toBe(expected, words);
      expectSubscriptions(refused.subscriptions).toBe(refusedSubs);
      flush();
      expect(threads).toEqual([THREAD]);
    }),
  );

  it(
    'emits a picture that is refused again with the way out, once the broken ones are taken out',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const refused = cold('--I| ', events);
      const again = cold('     -I|', events);
      const refusedSubs = ' ^--!';
      const againSubs = '   ---^-!';
      const expected = '    ----e| ';
      const linesWith$ = () => of({ offset: 0, bytes: brokenPicture });
      const { turn$, threads, patched } = repair([refused, again], { linesWith$ }, true);

      expectObservable(turn$).toBe(expected, {
        e: expect.stringContaining('send the message without its pictures'),
      });
      expectSubscriptions(refused.subscriptions).toBe(refusedSubs);
      expectSubscriptions(again.subscriptions).toBe(againSubs);
      flush();
      expect({ threads, patched }).toEqual({ threads: [THREAD, THREAD], patched: [FILE] });
    }),
  );

  it(
    'leaves other failures as they are',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const failed = cold(' --E|', events);
      const failedSubs = '  ^--!';
      const expected = '    --x|';

      expectObservable(repair([failed]).turn$).toBe(expected, {
        x: ownFailure('internal', 'something else').message,
      });
      expectSubscriptions(failed.subscriptions).toBe(failedSubs);
    }),
  );

  it(
    'fails with BusyError while another process changes the rollout',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const refused = cold('--N|', events);
      const refusedSubs = ' ^--!';
      const expected = '    ---#';
      const busy = new BusyError('another plugin changes this thread');

      expectObservable(repair([refused], { lockRollout: () => throwError(() => busy) }).turn$).toBe(
        expected,
        words,
        busy,
      );
      expectSubscriptions(refused.subscriptions).toBe(refusedSubs);
    }),
  );

  testUnsubscription('ttE', events, (attempt$) => repair([attempt$]).turn$);
});
