import {
  defer,
  endWith,
  filter,
  ignoreElements,
  type MonoTypeOperatorFunction,
  map,
  merge,
  NEVER,
  type Observable,
  Subject,
  skip,
  switchMap,
  take,
  takeUntil,
  tap,
  timer,
  withLatestFrom,
} from 'rxjs';
import type { CodexSignal } from '../codex/events/signal.js';
import type { Deadlines } from '../plexum/deadline-settings.js';
import type { Expired } from '../process/run.js';
import { mergeBeside } from '../streams/merge-beside.js';
import { whileTrue } from '../streams/while-true.js';
import { expireSilence } from './expire-silence.js';
import { type RetryRow, retryMs, trackRetries } from './retry-row.js';
import {
  isToolRunning,
  NO_TOOLS,
  type RunningTools,
  trackCalls,
  trackTools,
} from './running-tools.js';
import { createSignsOfLife } from './signs-of-life.js';

/**
 * Milliseconds between the end of a turn and the end of its processes, at most. The exit takes
 * codex 10 to 20 ms, and its children have 5 s; see `src/codex/README.md`, the end of a turn.
 */
const EXIT_MS = 10_000;

/** What the deadlines of a turn depend on. */
interface DeadlineOptions {
  readonly limits: Deadlines;
  /** While it is false, no deadline but those of the turn and of the exit expires. */
  readonly ready$: Observable<boolean>;
  readonly onExpired: (expired: Expired) => void;
  /** See `trackTools`. */
  readonly saysEveryEnd: () => boolean;
  /** Emits, when tool events came into the rollout, how many calls run; that is activity, too. */
  readonly calls$: Observable<number>;
  /**
   * Asked when `idle` or `command` would expire: a tool may run although nothing that codex says
   * shows it; see `expireSilence`.
   */
  readonly isToolAlive: () => boolean;
}

/**
 * Watches the deadlines of a turn.
 *
 * ```
 * source     --T--S----------------     idle 8
 * emits      --T--S----------------
 * onExpired  -------------x             x {deadline: 'idle', ms: 8}
 * ```
 *
 * Emits each signal of the source as it comes, and calls `onExpired` once, with the first deadline
 * that expires. Each signal counts as activity, `alive` too, but not a retry: codex may retry for
 * ever. `reconnect` expires at a retry that comes that long after the first one of its row; every
 * signal but `alive` ends a row. A silence after a retry does not count for `reconnect`: codex does
 * not report that it has connected, and a model may think for long. While a tool runs, `command`
 * takes the place of `idle`; see `trackTools`. Completes and fails with the source. Unsubscribe
 * unsubscribes from the source and stops the timers.
 */
export const watchDeadlines =
  (options: DeadlineOptions): MonoTypeOperatorFunction<CodexSignal> =>
  (source$) =>
    defer(() => {
      const { onExpired, saysEveryEnd, isToolAlive } = options;
      const tools: RunningTools = { ...NO_TOOLS };
      const retries: RetryRow = { since: undefined };
      const isBusy = (): boolean => isToolRunning(tools) || isToolAlive();
      const counts = createSignsOfLife();
      // Not `connect`, which does not stop a synchronous source.
      const signal$ = new Subject<CodexSignal>();
      const calls$ = options.calls$.pipe(
        tap((waiting) => trackCalls(tools, waiting, saysEveryEnd())),
      );
      const expired$ = firstExpired(signal$, { ...options, calls$ }, retries, isBusy).pipe(
        tap(onExpired),
        ignoreElements(),
      );
      return source$.pipe(
        mergeBeside<CodexSignal>(expired$, {
          next: (signal) => {
            // To compare versions takes as long as to parse the signal.
            trackTools(tools, signal, tools.running.length > 0 && saysEveryEnd());
            trackRetries(retries, signal);
            if (counts(signal)) signal$.next(signal);
          },
          complete: () => signal$.complete(),
        }),
      );
    });

const firstExpired = (
  signal$: Observable<CodexSignal>,
  { limits, ready$, calls$ }: DeadlineOptions,
  retries: Readonly<RetryRow>,
  isBusy: () => boolean,
): Observable<Expired> => {
  const after = (deadline: keyof Deadlines): Observable<Expired> =>
    limits[deadline] === 0 ? NEVER : expiry(deadline, limits[deadline]);
  // codex names the thread before it has begun the turn.
  const begun$ = signal$.pipe(filter(({ type }) => type !== 'thread.started'));
  const ended$ = signal$.pipe(
    filter(({ type }) => type === 'turn.completed' || type === 'turn.failed'),
  );
  const activity$ = merge(
    signal$.pipe(filter(({ type }) => type !== 'error' && type !== 'rollout.grew')),
    ready$.pipe(skip(1)),
    calls$,
  );
  const attempts$ = signal$.pipe(
    filter(({ type }) => type === 'error'),
    withLatestFrom(ready$),
    filter(([, ready]) => ready && retryMs(retries) >= limits.reconnect),
  );
  const silent$ = activity$.pipe(
    expireSilence(limits, isBusy),
    withLatestFrom(ready$),
    filter(([, ready]) => ready),
    map(([expired]) => expired),
  );
  return merge(
    ready$.pipe(whileTrue(after('firstEvent')), takeUntil(begun$)),
    after('turn'),
    silent$,
    limits.reconnect === 0
      ? NEVER
      : attempts$.pipe(map(() => ({ deadline: 'reconnect', ms: limits.reconnect }) as const)),
    ended$.pipe(switchMap(() => expiry('exit', EXIT_MS))),
  ).pipe(take(1), takeUntil(signal$.pipe(ignoreElements(), endWith(true))));
};

const expiry = (deadline: Expired['deadline'], ms: number): Observable<Expired> =>
  timer(ms).pipe(map(() => ({ deadline, ms })));
