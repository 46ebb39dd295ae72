import { identity, map, merge, mergeMap, type Observable, of, Subject } from 'rxjs';
import type { TurnEvent } from '../canonical/turn-event.js';
import type { CodexSignal } from '../codex/events/signal.js';
import type { CodexBridge } from '../codex/exec/codex-run.js';
import type { OutputSchema } from '../codex/output-schema.js';
import type { RolloutMark } from '../codex/rollout/rollout-mark.js';
import type { Ports } from '../ports.js';
import { type Cancel, notStarted } from '../process/run.js';
import { continueWith } from '../streams/continue-with.js';
import { endAttempt } from './end-attempt.js';
import { tooLong } from './failures.js';
import { keepThread } from './keep-thread.js';
import { logSignals } from './log-signals.js';
import { mirrorRollout, NEW_THREAD } from './mirror-rollout.js';
import { openingOf, type RequestContext } from './opening-of.js';
import { isTooLong, withNotes } from './prompt.js';
import { type Transport, transport } from './transport.js';
import type { TurnNotes } from './turn-notes.js';
import type { TurnImages } from './with-images.js';

/** A turn with its images as files, and the way to the host's tools. */
interface EquippedTurn extends RequestContext {
  readonly model: string | undefined;
  readonly modelArgs?: readonly string[] | undefined;
  readonly outputSchema?: OutputSchema | undefined;
  readonly workspace: string;
  readonly text: string;
  readonly images: TurnImages;
  readonly bridge: CodexBridge | undefined;
  readonly notes: TurnNotes;
  /** The stored thread that the new thread of this attempt replaces. */
  readonly replaced?: string | undefined;
}

/**
 * Runs one process of codex, or one turn of the app-server, for a turn.
 *
 * Emits the canonical events of the turn but `message_start`, and its terminal event once the
 * process tree is gone; then completes. A turn that is cancelled before codex starts emits its
 * terminal event at once, and starts none. Fails when a port fails. Unsubscribe ends codex in the
 * background. `threadId` is the thread to resume, `undefined` for a new one.
 */
export const runAttempt = (
  turn: EquippedTurn,
  threadId: string | undefined,
  cancel$: Observable<Cancel>,
  ports: Ports,
): Observable<TurnEvent> => {
  const { model, modelArgs, outputSchema, workspace, images, bridge, notes, replaced } = turn;
  const given = withNotes(turn.text, images.notes);
  if (!given.isWellFormed()) ports.log('warning', HALF_CHARACTER);
  const prompt = given.toWellFormed();
  if (isTooLong(prompt)) return of(tooLong());
  const asked = { threadId, model, modelArgs, outputSchema };
  const plan = { ...asked, images: images.paths, workspace, bridge };
  const isTold = threadId !== undefined && notes.soFar().instructed === threadId;
  const mark$ = threadId === undefined ? of(NEW_THREAD) : ports.rolloutMark$(threadId);
  const ready$ = mark$.pipe(
    mergeMap((mark) =>
      openingOf(prompt, { ...turn, isTold }, threadId, ports).pipe(
        mergeMap((opening) =>
          transport({ ...plan, ...opening }, ports).pipe(
            map((found): Attempt => {
              const calls$ = new Subject<number>();
              return {
                mark: opening.seed === undefined ? mark : { ...mark, isSeeded: true },
                signal$: endAttempt(found, cancel$, { threadId, mark, calls$ }, ports),
                onCalls: (running) => calls$.next(running),
                transport: found,
              };
            }),
          ),
        ),
      ),
    ),
  );
  const cancelled$ = cancel$.pipe(
    map((cancel): Attempt => ({ mark: NEW_THREAD, signal$: of(notStarted(cancel)) })),
  );
  return merge(cancelled$, ready$).pipe(
    continueWith(({ mark, signal$, onCalls, transport: used }) => {
      const onTurnId = (turnId: string): void => notes.name({ turnId });
      const loggingPorts = { ...ports, drift: logNewKinds(used?.version, ports) };
      return signal$.pipe(
        logSignals(loggingPorts, notes),
        // A turn that is cancelled before it has codex begins no thread.
        used === undefined
          ? identity
          : keepThread(workspace, threadId, ports, { replaced, isSeeded: mark.isSeeded }),
        mirrorRollout(
          { threadId, mark, asked: used?.asked, onCalls, onTurnId, onTrace: notes.show },
          loggingPorts,
        ),
      );
    }),
  );
};

const HALF_CHARACTER =
  'the prompt has half a character (a lone surrogate), which UTF-8 cannot encode; codex gets U+FFFD instead';

interface Attempt {
  readonly mark: RolloutMark;
  readonly signal$: Observable<CodexSignal>;
  /** Takes the number of running calls from the rollout to the deadlines of the attempt. */
  readonly onCalls?: (running: number) => void;
  readonly transport?: Transport;
}

/** Counts the unknown kinds of this version of codex, and logs each kind once. */
const logNewKinds =
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
        'codex printed or recorded something that this plugin does not know; the turn continues',
        { kind, codex },
      );
    return isNew;
  };
