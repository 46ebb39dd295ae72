import { concat, defer, type Observable, of, takeUntil } from 'rxjs';
import { oneTerminal } from '../canonical/one-terminal.js';
import type { TurnEvent } from '../canonical/turn-event.js';
import type { ImageBlock } from '../canonical/turn-request.js';
import { ownFailure } from '../codex/events/failure.js';
import type { OutputSchema } from '../codex/output-schema.js';
import type { Ports } from '../ports.js';
import type { Cancel } from '../process/run.js';
import { concatLast, continueWith } from '../streams/continue-with.js';
import { replayDuring } from '../streams/replay-during.js';
import { portFailure } from './failures.js';
import { keepInstructions } from './keep-instructions.js';
import { logTurn } from './log-turn.js';
import { outOfTime } from './out-of-time.js';
import { withNotes } from './prompt.js';
import { repairThread } from './repair-thread.js';
import { retireFullThread } from './retire-full-thread.js';
import { runAttempt } from './run-attempt.js';
import { createTurnNotes, type TurnNotes } from './turn-notes.js';
import { withBridge } from './with-bridge.js';
import { withImages } from './with-images.js';

/** A turn that may start: the checked request of the host. */
export interface Turn {
  readonly agentId: string;
  /** The host's model id, for `message_start`. */
  readonly modelId: string;
  /** The value of `--model`. */
  readonly model: string | undefined;
  /** The operator's other arguments for the model id; see `modelFlag`. */
  readonly modelArgs?: readonly string[] | undefined;
  /** The JSON Schema of the answer. */
  readonly outputSchema?: OutputSchema | undefined;
  /** Absolute path. */
  readonly workspace: string;
  readonly text: string;
  readonly images: readonly ImageBlock[];
  /** The host's tools that codex may call in this turn; see `toolList`. */
  readonly tools: readonly unknown[];
  /** The messages before the prompt, as the host sent them. */
  readonly earlier?: readonly unknown[];
  /** The host's standing instructions. */
  readonly system?: string;
}

/**
 * Runs a turn, from the queue to its terminal event.
 *
 * ```
 * codex      --T--S--a--i-------I--b--C|
 * rollout    -----------c-------o----u
 * canonical  M-------t--(cde)---o--t---(E|)
 * codex: T thread.started  S turn.started  a,b messages  i,I a tool  C turn.completed
 * rollout: c its call  o its output  u usage; read from where the turn began, while it grows
 * canonical: M message_start  t text_delta  c,d,e,o tool events  E message_end
 *
 * cancel$    ------------c
 * codex      --T--S---a--^  SIGINT ─► (tree gone)
 * canonical  M--------t------------------(E|)  E message_end, stop_reason "cancelled"
 * ```
 *
 * Emits `message_start` when the turn leaves the queue of its workspace, which is opened then; text
 * and thinking as codex prints them; and exactly one terminal event, after the last process of the
 * turn is gone, but see `outOfTime`; then completes. A failure is an `error` event; the error
 * channel carries `QueueFullError` and `PictureError` only, before any event. A stored thread that
 * codex no longer has, or whose history is refused, is repaired or replaced by a new one, with a
 * warning; see `repairThread`. `cancel$` may be cold or hot; it is subscribed once and replayed.
 * Unsubscribe ends codex and what it started, in the background, and the next turn waits for that.
 */
export const runTurn = (
  turn: Turn,
  cancel$: Observable<Cancel>,
  ports: Ports,
): Observable<TurnEvent> =>
  defer(() => {
    const notes = createTurnNotes();
    const onWait = (ahead: number): void => {
      ports.log('info', 'the turn waits', { ahead });
      ports.onNotice?.({ wait: { ahead } });
    };
    const options = { onWait, agent: turn.agentId };
    return replayDuring(cancel$, (replayed$) =>
      concatLast(
        ports.checkImages$(turn.images, turn.workspace),
        ports.inOrder(turn.workspace, replayed$, events(turn, replayed$, ports, notes), options),
      ),
    ).pipe(logTurn(notes, ports.log));
  });

/** The events of a turn that has left the queue. */
const events = (
  turn: Turn,
  cancel$: Observable<Cancel>,
  ports: Ports,
  notes: TurnNotes,
): Observable<TurnEvent> => {
  let stored: string | undefined;
  const known = (): string | undefined => notes.soFar().threadId ?? stored;
  return ports.readSession$(turn.workspace).pipe(
    continueWith(({ threadId, complaint, full }) => {
      stored = threadId;
      if (complaint !== undefined) ports.log('warning', complaint);
      if (full !== undefined) ports.log('info', FULL, { thread_id: full });
      const start: TurnEvent = {
        type: 'message_start',
        model: turn.modelId,
        ...(threadId === undefined ? {} : { thread_id: threadId }),
      };
      const attempts$ = withImages(turn, ports, (images) =>
        withBridge(turn, cancel$, ports, (bridge) =>
          repairThread(
            (thread, replaced) =>
              runAttempt(
                {
                  ...turn,
                  images,
                  bridge,
                  notes,
                  replaced,
                  newThread: (complaint ?? full ?? replaced) === undefined ? 'first' : 'replaced',
                },
                thread,
                cancel$,
                ports,
              ),
            {
              threadId,
              prompt: withNotes(turn.text, images.notes).toWellFormed(),
              hasPictures: images.paths.length > 0,
            },
            ports,
          ),
        ),
      ).pipe(keepInstructions(turn.system, threadId, notes.soFar, ports));
      return concatLast<TurnEvent>(
        // A turn that is cancelled already starts nothing, and creates nothing.
        concat(of(start), ports.openWorkspace$(turn.workspace).pipe(takeUntil(cancel$))),
        attempts$.pipe(retireFullThread(turn.workspace, known, threadId, ports)),
      );
    }),
    oneTerminal(
      () => ownFailure('internal', 'the turn ended without an end'),
      portFailure,
      outOfTime(cancel$, known, ports.log),
    ),
  );
};

const FULL =
  'the context window of the thread of this workspace is full; the turn begins a new one';
