import {
  catchError,
  defer,
  EMPTY,
  exhaustMap,
  filter,
  ignoreElements,
  type MonoTypeOperatorFunction,
  map,
  merge,
  mergeMap,
  type Observable,
  switchMap,
  take,
  tap,
} from 'rxjs';
import { NO_SANDBOX } from '../arguments/sandbox-argument.js';
import type { CodexSignal } from '../codex/events/signal.js';
import { type Asked, type Granted, grantedIn, refusalOf } from '../codex/permissions.js';
import type { RolloutMark } from '../codex/rollout/rollout-mark.js';
import type { Ports } from '../ports.js';
import { branch } from '../streams/branch.js';
import type { Transport } from './transport.js';

/** The thread that a turn resumes, and its rollout before the turn. */
export interface ResumedThread {
  readonly threadId: string | undefined;
  readonly mark: RolloutMark;
}

/**
 * Calls `onWeaker` once the rollout of a turn shows that codex gives it a weaker sandbox than
 * asked. Looks for that at an item until the rollout says which sandbox it is, ten times at most:
 * codex writes it before it asks the model. The end of the turn looks once more; see
 * `checkGranted`.
 *
 * Mirrors the source. Unsubscribe unsubscribes from the source and closes the rollout. Reads
 * nothing for a turn without a sandbox, and leaves a rollout that cannot be read to the end of the
 * turn.
 */
export const watchSandbox =
  (
    askedFor: Transport['asked'],
    before: ResumedThread,
    ports: Pick<Ports, 'rollout$' | 'rolloutEnd$'>,
    onWeaker: (refusal: string) => void,
  ): MonoTypeOperatorFunction<CodexSignal> =>
  (source$) =>
    defer(() => {
      const asked = askedFor();
      if (!isRestricted(asked)) return source$;
      const weaker = (signal$: Observable<CodexSignal>): Observable<never> =>
        signal$.pipe(
          filter((signal) => signal.type === 'thread.started'),
          switchMap(({ thread_id }) =>
            signal$.pipe(
              filter(({ type }) => type.startsWith('item.')),
              exhaustMap((_item, nth) =>
                nth < LOOKS ? grantedNow(thread_id, before, ports) : EMPTY,
              ),
            ),
          ),
          take(1),
          tap((granted) => {
            const refusal = refusalOf(asked, granted);
            if (refusal !== undefined) onWeaker(refusal);
          }),
          ignoreElements(),
        );
      return source$.pipe(branch((signal$) => merge(signal$, weaker(signal$))));
    });

const LOOKS = 10;

const isRestricted = (asked: Asked | undefined): asked is Asked =>
  asked?.sandbox !== undefined && asked.sandbox !== NO_SANDBOX;

/** What the rollout says of the turn so far; nothing where it cannot be read. */
const grantedNow = (
  threadId: string,
  before: ResumedThread,
  { rollout$, rolloutEnd$ }: Pick<Ports, 'rollout$' | 'rolloutEnd$'>,
): Observable<Granted> => {
  // Without a mark the records of earlier turns would be taken for those of this one.
  const offset = threadId === before.threadId ? before.mark.offset : 0;
  if (offset === undefined) return EMPTY;
  return rolloutEnd$(threadId, offset).pipe(
    mergeMap(({ end }) => rollout$(threadId, offset, end)),
    map((record) => (record.type === 'json' ? grantedIn(record.value) : undefined)),
    filter((granted) => granted !== undefined),
    catchError(() => EMPTY),
  );
};
