import {
  concatMap,
  connect,
  defer,
  filter,
  last,
  type MonoTypeOperatorFunction,
  map,
  merge,
  type Observable,
  switchMap,
  takeUntil,
  timer,
} from 'rxjs';
import { type CodexSignal, isSaid, type RolloutGrew } from '../events/signal.js';

/**
 * Milliseconds after an item at which its records are looked for again: codex writes an output up
 * to 3 ms after it has told of it (measured on 0.169.0).
 */
const AFTER_MS = [50, 500] as const;

/**
 * Tells when the rollout may hold more of the turn: at each begin and end of an item, since a call
 * stands there before its item begins, and its output before the next message; and a little after
 * the last.
 *
 * ```
 * signals  --i---I---p----C|      i item.started  I item.completed  p a piece
 * emits    --(gi)(gI)p-g--C|      g rollout.grew
 * ```
 *
 * Emits all signals besides, in order; completes, fails and is unsubscribed with the source.
 */
export const tellGrowth = (): MonoTypeOperatorFunction<CodexSignal> => (signal$) =>
  defer(() => {
    let said = 0;
    const grew = (): RolloutGrew => ({ type: 'rollout.grew', said });
    const told = (signal: CodexSignal): CodexSignal[] => {
      if (isSaid(signal)) said += 1;
      return isItem(signal) ? [grew(), signal] : [signal];
    };
    return signal$.pipe(
      connect((shared$) => merge(shared$.pipe(concatMap(told)), later(shared$).pipe(map(grew)))),
    );
  });

const isItem = ({ type }: CodexSignal): boolean =>
  type === 'item.started' || type === 'item.completed';

const later = (signal$: Observable<CodexSignal>): Observable<unknown> =>
  signal$.pipe(
    filter(isItem),
    switchMap(() => merge(...AFTER_MS.map((ms) => timer(ms)))),
    takeUntil(signal$.pipe(last(null, undefined))),
  );
