import {
  connect,
  defer,
  endWith,
  filter,
  ignoreElements,
  type MonoTypeOperatorFunction,
  map,
  merge,
  NEVER,
  type Observable,
  skip,
  switchMap,
  take,
  takeUntil,
  tap,
  timer,
  withLatestFrom,
} from 'rxjs';
import type { CodexItem } from '../codex/events/codex-item.js';
import { type CodexSignal, isCompletedText } from '../codex/events/signal.js';
import type { Deadlines } from '../ports.js';
import type { Expired } from '../process/run.js';

/**
 * Milliseconds that codex has to exit after the end of its turn; it takes 10 to 20
 * (facts/codex-exec.md §9).
 */
const EXIT_MS = 5_000;

/**
 * Watches the time that codex takes for a turn.
 *
 * ```
 * codex      --T--S----------------     idle 8
 * emits      --T--S----------------
 * onExpired  -------------x             x {deadline: 'idle', ms: 8}
 * ```
 *
 * Emits the signals as they come, and calls `onExpired` once, with the first deadline that passes;
 * whoever is called ends codex. That codex tries again is no event here, since it may try for ever,
 * and what a host does not read (`ready$` is false) is no silence of codex. Completes, fails and is
 * unsubscribed with the source.
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
      return source$.pipe(
        tap((signal) => note(tools, signal)),
        connect((signal$) =>
          merge(
            signal$,
            firstExpired(signal$, limits, ready$, tools).pipe(tap(onExpired), ignoreElements()),
          ),
        ),
      );
    });

const firstExpired = (
  signal$: Observable<CodexSignal>,
  limits: Deadlines,
  ready$: Observable<boolean>,
  tools: Readonly<Tools>,
): Observable<Expired> => {
  const activity$ = merge(
    signal$.pipe(filter(({ type }) => type !== 'error' && type !== 'rollout.grew')),
    ready$.pipe(skip(1)),
  );
  const silent = (deadline: 'idle' | 'command', applies: () => boolean): Observable<Expired> =>
    limits[deadline] === 0
      ? NEVER
      : activity$.pipe(
          // Not debounceTime: that looks at the clock of the wall, which jumps.
          switchMap(() => timer(limits[deadline])),
          withLatestFrom(ready$),
          filter(([, ready]) => ready && applies()),
          map(() => ({ deadline, ms: limits[deadline] })),
        );
  const after = (deadline: 'firstEvent' | 'turn'): Observable<Expired> =>
    limits[deadline] === 0
      ? NEVER
      : timer(limits[deadline]).pipe(map(() => ({ deadline, ms: limits[deadline] })));
  const late$ = ready$.pipe(switchMap((ready) => (ready ? after('firstEvent') : NEVER)));
  const ended$ = signal$.pipe(
    filter(({ type }) => type === 'turn.completed' || type === 'turn.failed'),
  );
  return merge(
    // A thread is named before codex has said a word of the turn.
    late$.pipe(takeUntil(signal$.pipe(filter(({ type }) => type !== 'thread.started')))),
    after('turn'),
    silent('idle', () => tools.running === 0),
    silent('command', () => tools.running > 0),
    ended$.pipe(
      switchMap(() => timer(EXIT_MS).pipe(map((): Expired => ({ deadline: 'exit', ms: EXIT_MS })))),
    ),
  ).pipe(take(1), takeUntil(signal$.pipe(ignoreElements(), endWith(true))));
};

const TOOLS: ReadonlySet<CodexItem['type']> = new Set([
  'command_execution',
  'file_change',
  'mcp_tool_call',
  'web_search',
  'collab_tool_call',
]);

interface Tools {
  /** How many run. */
  running: number;
  /** Whether the response that called the last one goes on. */
  calling: boolean;
  /** Whether the transport tells where a response is over; it tells pieces too then. */
  live: boolean;
}

const note = (tools: Tools, signal: CodexSignal): void => {
  if (signal.type === 'response.over' || signal.type === 'item.piece') tools.live = true;
  if (signal.type === 'response.over') tools.calling = false;
  else if (signal.type === 'item.piece' || isCompletedText(signal)) {
    // When the model speaks it has their results, also where codex 0.135 does not tell the end of a
    // slow command; but not while it is still calling.
    if (!tools.live || !tools.calling) tools.running = 0;
  } else if (signal.type === 'item.started' && TOOLS.has(signal.item.type)) {
    tools.running += 1;
    tools.calling = true;
  } else if (signal.type === 'item.completed' && TOOLS.has(signal.item.type)) {
    tools.running = Math.max(0, tools.running - 1);
    // A provider that counts no tokens tells no end of a response.
    tools.calling &&= tools.running > 0;
  }
};
