import {
  asapScheduler,
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
  throttle,
  timer,
  withLatestFrom,
} from 'rxjs';
import type { CodexItem } from '../codex/events/codex-item.js';
import { type CodexSignal, isCompletedText } from '../codex/events/signal.js';
import type { Deadlines } from '../ports.js';
import type { Expired } from '../process/run.js';

/**
 * Milliseconds between the end of a turn and the exit of codex, at most. The exit takes codex 10 to
 * 20 ms; see `src/codex/README.md`, the end of a turn.
 */
const EXIT_MS = 5_000;

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
 * that expires. A retry of codex is no activity, since codex may retry for ever. While the host
 * does not read (`ready$` is false), no deadline but those of the turn and of the exit expires.
 * Completes and fails with the source. Unsubscribe unsubscribes from the source and stops the
 * timers.
 */
export const watchDeadlines =
  (
    limits: Deadlines,
    ready$: Observable<boolean>,
    onExpired: (expired: Expired) => void,
  ): MonoTypeOperatorFunction<CodexSignal> =>
  (source$) =>
    defer(() => {
      const tools: Tools = { running: 0, calling: false, live: false };
      // Not `connect`, which does not stop a synchronous source.
      const signal$ = new Subject<CodexSignal>();
      return merge(
        firstExpired(signal$, limits, ready$, tools).pipe(tap(onExpired), ignoreElements()),
        source$.pipe(
          tap({
            next: (signal) => {
              note(tools, signal);
              signal$.next(signal);
            },
            complete: () => signal$.complete(),
          }),
        ),
      );
    });

const firstExpired = (
  signal$: Observable<CodexSignal>,
  limits: Deadlines,
  ready$: Observable<boolean>,
  tools: Readonly<Tools>,
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
  ).pipe(
    // A chunk of codex holds many signals: the first one restarts the timers.
    throttle(() => timer(0, asapScheduler)),
  );
  const silent$ = activity$.pipe(
    // Not debounceTime: it reads the wall clock, which jumps.
    switchMap(() => merge(after('idle'), after('command'))),
    withLatestFrom(ready$),
    filter(
      ([{ deadline }, ready]) => ready && deadline === (tools.running > 0 ? 'command' : 'idle'),
    ),
    map(([expired]) => expired),
  );
  return merge(
    ready$.pipe(
      switchMap((ready) => (ready ? after('firstEvent') : NEVER)),
      takeUntil(begun$),
    ),
    after('turn'),
    silent$,
    ended$.pipe(switchMap(() => expiry('exit', EXIT_MS))),
  ).pipe(take(1), takeUntil(signal$.pipe(ignoreElements(), endWith(true))));
};

const expiry = (deadline: Expired['deadline'], ms: number): Observable<Expired> =>
  timer(ms).pipe(map(() => ({ deadline, ms })));

const TOOLS: ReadonlySet<CodexItem['type']> = new Set([
  'command_execution',
  'file_change',
  'mcp_tool_call',
  'web_search',
  'collab_tool_call',
]);

interface Tools {
  /** The number of running tools. */
  running: number;
  /** Whether the response that called the last tool is still streaming. */
  calling: boolean;
  /** Whether the transport emits `response.over`; it emits pieces, too, then. */
  live: boolean;
}

const note = (tools: Tools, signal: CodexSignal): void => {
  if (signal.type === 'response.over' || signal.type === 'item.piece') tools.live = true;
  if (signal.type === 'response.over') tools.calling = false;
  else if (signal.type === 'item.piece' || isCompletedText(signal)) {
    // A new message means that the model has every result, even where codex 0.135 does not print
    // the end of a slow command. A message of the response that calls the tools means nothing.
    if (!tools.live || !tools.calling) tools.running = 0;
  } else if (signal.type === 'item.started' && TOOLS.has(signal.item.type)) {
    tools.running += 1;
    tools.calling = true;
  } else if (signal.type === 'item.completed' && TOOLS.has(signal.item.type)) {
    tools.running = Math.max(0, tools.running - 1);
    // With a provider that counts no tokens there is no `response.over`.
    tools.calling &&= tools.running > 0;
  }
};
