import {
  catchError,
  concat,
  defer,
  EMPTY,
  exhaustMap,
  filter,
  finalize,
  type MonoTypeOperatorFunction,
  map,
  merge,
  mergeMap,
  type Observable,
  of,
  ReplaySubject,
  take,
  takeWhile,
  tap,
  throwIfEmpty,
} from 'rxjs';
import type { Log } from '../canonical/notice.js';
import { oneTerminal } from '../canonical/one-terminal.js';
import { isTerminal, type TurnError, type TurnEvent } from '../canonical/turn-event.js';
import type { ImageBlock } from '../canonical/turn-request.js';
import { ownFailure } from '../codex/events/failure.js';
import type { CodexSignal } from '../codex/events/signal.js';
import type { Bridge } from '../codex/exec/codex-run.js';
import type { RolloutMark } from '../codex/rollout/rollout-mark.js';
import type { Ports, StagedImages } from '../ports.js';
import type { Cancel, Exited } from '../process/run.js';
import { reasonOf } from '../text/explain.js';
import { watchDeadlines } from './deadlines.js';
import { BridgeError, portFailure, tooLong } from './failures.js';
import { keepThread } from './keep-thread.js';
import { logSignals } from './log-signals.js';
import { logTurn, type TurnNotes } from './log-turn.js';
import { mirrorRollout, NEW_THREAD } from './mirror-rollout.js';
import { isTooLong, withNotes } from './prompt.js';
import { type Transport, transport } from './transport.js';

/** A turn that may start: what the host asked, checked. */
export interface Turn {
  readonly agentId: string;
  /** The host's model id, for `message_start`. */
  readonly modelId: string;
  /** The value of `--model`. */
  readonly model: string | undefined;
  /** Absolute path. */
  readonly workspace: string;
  readonly text: string;
  readonly images: readonly ImageBlock[];
  /** The host's tools that codex may call in this turn; see `toolList`. */
  readonly tools: readonly unknown[];
}

/** A turn with what it needs besides: its images as files, and the way to the host's tools. */
type EquippedTurn = Omit<Turn, 'images'> & {
  readonly images: StagedImages;
  readonly bridge: Bridge | undefined;
  readonly notes: TurnNotes;
};

/**
 * A turn, from the queue to its end.
 *
 * ```
 * codex      --T--S-----a----b--------C|        T thread.started  S turn.started  a,b items  C turn.completed
 * rollout    --------------------------(co|)    c a tool call  o its output: read when the process tree is gone, from where the turn began
 * canonical  M----------t----t---------(cdeoE|) M message_start  t text_delta  c,d,e,o tool events  E message_end
 *
 * cancel$    ------------c
 * codex      --T--S---a--^  SIGINT ─► (tree gone)
 * canonical  M--------t------------------(E|)  E message_end, stop_reason "cancelled"
 * ```
 *
 * Emits `message_start` when the turn leaves the queue of its workspace, text and thinking as codex
 * prints them, and exactly one terminal event, after the last process of the turn is gone; then
 * completes. What goes wrong is the `error` event; it fails only with `QueueFullError`, before any
 * event. `cancel$` must emit at once when the turn is cancelled already. A stored thread that codex
 * no longer has is replaced by a new one, with a warning. Unsubscribe ends codex and what it
 * started, in the background; the next turn of the workspace waits for that.
 */
export const runTurn = (
  turn: Turn,
  cancel$: Observable<Cancel>,
  ports: Ports,
): Observable<TurnEvent> =>
  defer(() => {
    const notes: TurnNotes = { malformed: 0, unrecognised: 0 };
    const turn$ = ports.readSession$(turn.workspace).pipe(
      mergeMap(({ threadId, complaint }) => {
        if (complaint !== undefined) ports.log('warning', complaint);
        const start: TurnEvent = {
          type: 'message_start',
          model: turn.modelId,
          ...(threadId === undefined ? {} : { thread_id: threadId }),
        };
        return concat(
          of(start),
          withImages(turn, ports, (images) =>
            withBridge(turn, cancel$, ports, (bridge) =>
              resumedOrNew(
                (thread) => attempt({ ...turn, images, bridge, notes }, thread, cancel$, ports),
                threadId,
                ports.log,
              ),
            ),
          ),
        );
      }),
      oneTerminal(() => ownFailure('internal', 'the turn ended without an end'), portFailure),
    );
    const onWait = (ahead: number): void => {
      ports.log('info', 'the turn waits', { ahead });
      ports.onNotice?.({ wait: { ahead } });
    };
    return ports
      .inOrder(turn.workspace, cancel$, turn$, { onWait, agent: turn.agentId })
      .pipe(logTurn(notes, ports.log));
  });

/** Stages the images for the life of `use$`; they are gone before its terminal event. */
const withImages = (
  turn: Turn,
  ports: Ports,
  use$: (images: StagedImages) => Observable<TurnEvent>,
): Observable<TurnEvent> =>
  ports.stageImages$(turn.images, turn.workspace).pipe(
    mergeMap((images) =>
      use$(images).pipe(
        tap((event) => {
          if (isTerminal(event)) images.release();
        }),
        finalize(images.release),
      ),
    ),
  );

/**
 * Opens the tool bridge for the life of `use$`. Without tools there is none; when it cannot be
 * opened the turn goes on with codex's own tools, and a warning, or fails when the operator wants
 * it so. A bridge that breaks later costs its tools only. A turn that is cancelled meanwhile does
 * not wait for it.
 */
const withBridge = (
  turn: Turn,
  cancel$: Observable<Cancel>,
  ports: Ports,
  use$: (bridge: Bridge | undefined) => Observable<TurnEvent>,
): Observable<TurnEvent> => {
  if (turn.tools.length === 0) return use$(undefined);
  return defer(() => {
    let opened = false;
    const bridge$ = ports.bridge$(turn, ports.onNotice).pipe(
      throwIfEmpty(() => new Error('it did not open')),
      tap(() => {
        opened = true;
      }),
      catchError((error: unknown) => {
        const reason = reasonOf(error);
        const message = opened
          ? `the tool bridge broke: ${reason}`
          : `the host's tools cannot be offered to codex: ${reason}`;
        if (ports.bridgeRequired && !opened) throw new BridgeError(message);
        ports.log('warning', message);
        return opened ? EMPTY : of(undefined);
      }),
    );
    // codex refuses to start with a server that it cannot reach, or whose settings it cannot merge.
    const usedOrNot$ = (bridge: Bridge | undefined): Observable<TurnEvent> =>
      bridge === undefined || ports.bridgeRequired
        ? use$(bridge)
        : use$(bridge).pipe(
            insteadOf(
              ({ kind, message }) =>
                kind === 'mcp_startup' || (kind === 'config' && message.includes('mcp_servers')),
              ({ message }) => {
                ports.log(
                  'warning',
                  `codex does not start with the host's tools, so the turn goes on without them: ${message}`,
                );
                return use$(undefined);
              },
            ),
          );
    // The bridge serves while its source lives: it is let go with the end of the turn, which is
    // `undefined` here.
    return merge(cancel$.pipe(map(() => undefined)), bridge$).pipe(
      exhaustMap((bridge) => concat(usedOrNot$(bridge), of(undefined))),
      takeWhile((event) => event !== undefined),
    );
  });
};

/** One retry as a new thread, when codex does not know the stored one any more. */
const resumedOrNew = (
  attempt$: (threadId: string | undefined) => Observable<TurnEvent>,
  threadId: string | undefined,
  log: Log,
): Observable<TurnEvent> =>
  attempt$(threadId).pipe(
    insteadOf(
      ({ kind }) => threadId !== undefined && kind === 'thread_lost',
      ({ message }) => {
        log(
          'warning',
          'codex no longer has the thread of this workspace; the turn begins a new one',
          { thread_id: threadId, message },
        );
        return attempt$(undefined);
      },
    ),
  );

/**
 * Puts something else in the place of a failure before which nothing was said, when the source has
 * completed: what it held is free then.
 */
const insteadOf =
  (
    isLost: (error: TurnError) => boolean,
    retry$: (error: TurnError) => Observable<TurnEvent>,
  ): MonoTypeOperatorFunction<TurnEvent> =>
  (events$) =>
    defer(() => {
      let lost: TurnError | undefined;
      let spoke = false;
      const kept$ = events$.pipe(
        filter((event) => {
          if (event.type === 'error' && !spoke && isLost(event)) lost = event;
          spoke = true;
          return event !== lost;
        }),
      );
      return concat(
        kept$,
        defer(() => (lost === undefined ? EMPTY : retry$(lost))),
      );
    });

/** One process of codex, from where its thread stands to its terminal event. */
const attempt = (
  turn: EquippedTurn,
  threadId: string | undefined,
  cancel$: Observable<Cancel>,
  ports: Ports,
): Observable<TurnEvent> => {
  const { model, workspace, images, bridge, notes } = turn;
  const prompt = withNotes(turn.text, images.notes);
  if (isTooLong(prompt)) return of(tooLong());
  const plan = { threadId, model, images: images.paths, workspace, prompt, bridge };
  const ready$ = defer(() =>
    threadId === undefined ? of(NEW_THREAD) : ports.rolloutMark$(threadId),
  ).pipe(
    mergeMap((mark) =>
      transport(plan, ports).pipe(
        map(
          (found): Attempt => ({
            mark,
            signal$: watched(found, cancel$, ports),
            version: found.version,
          }),
        ),
      ),
    ),
  );
  return merge(
    cancel$.pipe(map((cancel): Attempt => ({ mark: NEW_THREAD, signal$: of(notStarted(cancel)) }))),
    ready$,
  ).pipe(
    take(1),
    mergeMap(({ mark, signal$, version }) => {
      const told = { ...ports, drift: driftOf(version, ports) };
      return signal$.pipe(
        logSignals(told, notes),
        keepThread(workspace, threadId, ports),
        mirrorRollout({ threadId, mark, notes }, told),
      );
    }),
  );
};

interface Attempt {
  readonly mark: RolloutMark;
  readonly signal$: Observable<CodexSignal>;
  /** Of codex. */
  readonly version?: Transport['version'];
}

/**
 * Counts what this version of codex says that is not known, and tells the host of each kind once.
 */
const driftOf =
  (
    version: Transport['version'] = () => undefined,
    { drift, log }: Pick<Ports, 'drift' | 'log'>,
  ): Ports['drift'] =>
  (kind) => {
    const codex = version();
    const isNew = drift(kind, codex);
    if (isNew)
      log(
        'notice',
        'codex says or records something that this plugin does not know; the turn goes on',
        { kind, codex },
      );
    return isNew;
  };

/** What codex says, which is ended when it lets a deadline pass. */
const watched = (
  { signals }: Transport,
  cancel$: Observable<Cancel>,
  { deadlines, graceMs, ready$ }: Ports,
): Observable<CodexSignal> =>
  defer(() => {
    // Replayed, since a process asks for its cancel more than once.
    const expired$ = new ReplaySubject<Cancel>(1);
    return signals(merge(cancel$, expired$)).pipe(
      watchDeadlines(deadlines, ready$, (expired) => {
        expired$.next({ reason: 'deadline', graceMs, expired });
      }),
    );
  });

const notStarted = (cancelled: Cancel): Exited => ({
  type: 'exited',
  code: null,
  signal: null,
  stderr: '',
  cancelled,
});
