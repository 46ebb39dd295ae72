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
  type Observable,
  ReplaySubject,
  take,
  tap,
} from 'rxjs';
import type { CodexSignal } from '../codex/events/signal.js';
import { type Asked, grantedIn, refusalOf } from '../codex/permissions.js';
import type { RolloutMark } from '../codex/rollout/rollout-mark.js';
import type { Expired } from '../codex/run.js';
import { codexCan } from '../codex/versions.js';
import type { Ports } from '../ports.js';
import type { Cancel } from '../process/run.js';
import { branch } from '../streams/branch.js';
import { emitEach } from '../streams/emit-each.js';
import { withoutShortPauses } from '../streams/without-short-pauses.js';
import { watchDeadlines } from './deadlines.js';
import type { Transport } from './transport.js';

/** The thread that a turn resumes, and its rollout before the turn. */
interface ResumedThread {
  readonly threadId: string | undefined;
  readonly mark: RolloutMark;
}

interface AttemptContext extends ResumedThread {
  /** See `watchDeadlines`. */
  readonly calls$?: Observable<number>;
}

/**
 * Ends codex when a deadline of the turn expires, or as soon as its rollout shows a sandbox that is
 * weaker than asked.
 *
 * Emits the signals of codex; `exited` names the deadline, or the sandbox. Completes and fails with
 * the transport. Unsubscribe unsubscribes from the transport.
 */
export const endAttempt = (
  { signals, version, asked, isToolAlive }: Transport,
  cancel$: Observable<Cancel>,
  { calls$, ...before }: AttemptContext,
  ports: Ports,
): Observable<CodexSignal> =>
  defer(() => {
    // Replayed, since a transport subscribes to its cancel more than once.
    const end$ = new ReplaySubject<Cancel>(1);
    let expired: Expired | undefined;
    let refused: string | undefined;
    const end = (): void => end$.next({ reason: 'deadline', graceMs: ports.graceMs });
    return signals(merge(cancel$, end$)).pipe(
      watchDeadlines(
        ports.deadlines,
        ports.ready$.pipe(withoutShortPauses()),
        (first) => {
          expired = first;
          end();
        },
        () => codexCan(version(), 'saysEveryEnd'),
        calls$,
        isToolAlive,
      ),
      watchSandbox(asked, before, ports, (refusal) => {
        refused = refusal;
        end();
      }),
      emitEach<CodexSignal, CodexSignal>((signal, subscriber) => {
        const isEnded = signal.type === 'exited' && signal.cancelled?.reason === 'deadline';
        subscriber.next(isEnded ? { ...signal, expired, refused } : signal);
      }),
    );
  });

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
    { rollout$ }: Pick<Ports, 'rollout$'>,
    onWeaker: (refusal: string) => void,
  ): MonoTypeOperatorFunction<CodexSignal> =>
  (source$) =>
    defer(() => {
      const asked = askedFor();
      if (!isSandboxed(asked)) return source$;
      let threadId: string | undefined;
      let isKnown = false;
      let looks = 0;
      // Without a mark the records of earlier turns would be taken for those of this one.
      const recordsOf = (id: string): ReturnType<Ports['rollout$']> => {
        const offset = id === before.threadId ? before.mark.offset : 0;
        return offset === undefined ? EMPTY : rollout$(id, offset);
      };
      const look$ = (id: string): Observable<never> =>
        recordsOf(id).pipe(
          map((record) => (record.type === 'json' ? grantedIn(record.value) : undefined)),
          filter((granted) => granted !== undefined && !isKnown),
          take(1),
          tap((granted) => {
            isKnown = true;
            const refusal = granted && refusalOf(asked, granted);
            if (refusal !== undefined) onWeaker(refusal);
          }),
          ignoreElements(),
          catchError(() => EMPTY),
        );
      return source$.pipe(
        branch((signal$) =>
          merge(
            signal$,
            signal$.pipe(
              tap((signal) => {
                if (signal.type === 'thread.started') threadId = signal.thread_id;
              }),
              filter(({ type }) => type.startsWith('item.') && !isKnown && looks < LOOKS),
              exhaustMap(() => {
                looks += 1;
                return threadId === undefined ? EMPTY : look$(threadId);
              }),
            ),
          ),
        ),
      );
    });

const LOOKS = 10;

const isSandboxed = (asked: Asked | undefined): asked is Asked =>
  asked?.sandbox !== undefined && asked.sandbox !== 'danger-full-access';
