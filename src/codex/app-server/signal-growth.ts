import {
  concatMap,
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
import { branch } from '../../streams/branch.js';
import { type CodexSignal, isCompletedText, type RolloutGrew } from '../events/signal.js';

/**
 * Milliseconds after an item at which its records are looked for again: codex writes an output up
 * to 3 ms after it has completed the item (measured on 0.169.0).
 */
const AFTER_MS = [50, 500] as const;

/**
 * Announces that the rollout may hold more of the turn.
 *
 * ```
 * signals  --i---I---p----C|      i item.started  I item.completed  p a piece
 * emits    --(gi)(gI)p-g--C|      g rollout.grew
 * ```
 *
 * Emits every signal in order, and `rollout.grew` before each start and end of an item: a call is
 * in the rollout before its item starts, and its output before the next message. Emits it again 50
 * and 500 ms after the last item. Completes, fails and is unsubscribed with the source.
 */
export const signalGrowth = (): MonoTypeOperatorFunction<CodexSignal> => (signal$) =>
  defer(() => {
    let completed = 0;
    const growth = (): RolloutGrew => ({ type: 'rollout.grew', completed });
    const withGrowth = (signal: CodexSignal): CodexSignal[] => {
      if (isCompletedText(signal)) completed += 1;
      return isItem(signal) ? [growth(), signal] : [signal];
    };
    return signal$.pipe(
      branch((shared$) =>
        merge(shared$.pipe(concatMap(withGrowth)), afterItems(shared$).pipe(map(growth))),
      ),
    );
  });

const isItem = ({ type }: CodexSignal): boolean =>
  type === 'item.started' || type === 'item.completed';

const afterItems = (signal$: Observable<CodexSignal>): Observable<unknown> =>
  signal$.pipe(
    filter(isItem),
    switchMap(() => merge(...AFTER_MS.map((ms) => timer(ms)))),
    takeUntil(signal$.pipe(last(null, undefined))),
  );
