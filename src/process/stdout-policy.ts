import {
  combineLatest,
  delay,
  endWith,
  ignoreElements,
  map,
  merge,
  type Observable,
  startWith,
  switchMap,
  take,
  timer,
} from 'rxjs';
import { whileTrue } from '../streams/while-true.js';
import { withoutShortPauses } from '../streams/without-short-pauses.js';
import type { Cancel } from './run.js';

/**
 * Milliseconds that stdout may stay silent once the process tree is gone: a process that left the
 * tree may hold it open.
 */
const DRAIN_MS = 1_000;

/** Milliseconds that it may go on emitting. */
const CHATTER_MS = 5_000;

/** Milliseconds that a process may live on with its stdout closed. */
export const MUTE_MS = 5_000;

/** Why stdout is read no further. */
export type StdoutEnd =
  | { readonly type: 'closed' }
  | { readonly type: 'cancelled'; readonly cancel: Cancel }
  | { readonly type: 'mute' }
  | { readonly type: 'drained' }
  | { readonly type: 'chatter' };

interface CutOffOptions {
  /** Hot: it is subscribed several times. */
  readonly stdout$: Observable<unknown>;
  /** Emits once when the process tree is gone. */
  readonly gone$: Observable<unknown>;
  /** False while nobody reads stdout. Emits on subscribe. */
  readonly ready$: Observable<boolean>;
  readonly cancel$: Observable<Cancel>;
}

/**
 * Decides when stdout is cut off before both pipes have closed.
 *
 * ```
 * cancel$  --c        stdout$  --a-|           gone$    -g             gone$    -g
 *                                              stdout$  ---a-          stdout$  a-a-a-a-…
 * emits    --(c|)     emits    ---- 5s (m|)    emits    --- 1s (d|)    emits    - 5s (h|)
 *
 * c cancelled         m mute                   d drained               h chatter
 * ```
 *
 * Emits the reason once and completes: `cancelled` at the first cancel; `mute` 5 s after stdout has
 * closed; once the tree is gone, `drained` after 1 s without a chunk, `chatter` after 5 s at the
 * latest. `drained` and `chatter` are suspended while `ready$` is false and start over when it is
 * true again; `chatter` goes on in pauses below a second. Fails when an input fails. Unsubscribe
 * stops the timers.
 */
export const cutOff = ({ stdout$, gone$, ready$, cancel$ }: CutOffOptions): Observable<StdoutEnd> =>
  merge(
    cancel$.pipe(map((cancel) => ({ type: 'cancelled', cancel }) as const)),
    stdout$.pipe(ignoreElements(), endWith({ type: 'mute' } as const), delay(MUTE_MS)),
    gone$.pipe(
      switchMap(() =>
        merge(
          combineLatest([ready$, stdout$.pipe(startWith(undefined))]).pipe(
            map(([ready]) => ready),
            whileTrue(timer(DRAIN_MS)),
            map(() => ({ type: 'drained' }) as const),
          ),
          ready$.pipe(
            withoutShortPauses(),
            whileTrue(timer(CHATTER_MS)),
            map(() => ({ type: 'chatter' }) as const),
          ),
        ),
      ),
    ),
  ).pipe(take(1));
