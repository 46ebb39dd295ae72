import { defer, type OperatorFunction } from 'rxjs';
import type { Terminal, ToolEvent, TurnEvent, Usage } from '../../canonical/turn-event.js';
import type { Parsed } from '../../lines/parse-json.js';
import { emitAll } from '../../streams/emit-all.js';
import { silentEnd, type TurnTrace } from '../events/silent-end.js';
import { recordedUsage } from '../events/turn-usage.js';
import { pictureEvents, type SavePicture } from './picture-record.js';
import { unknownRecord } from './record-kinds.js';
import { failedCall, ResponseItem, TaskStarted, TokenCount } from './rollout-record.js';
import { createTurnCalls } from './turn-calls.js';
import { nextTokens, type TurnTokens, turnContext } from './turn-tokens.js';
import { NO_TRACE, nextTrace } from './turn-trace.js';

/** A turn, and the listeners for its records. */
export interface TurnRecordsOptions {
  readonly threadId: string;
  /** The thread's total before the turn; absent when unknown. */
  readonly total?: Usage | undefined;
  readonly terminal: Terminal;
  /** Called once, at the end, with the number of lines that are not records, unless it is 0. */
  readonly onMalformed: (lines: number) => void;
  /** Called once, at the end, with the number of calls that repeat an id, unless it is 0. */
  readonly onRepeated?: (calls: number) => void;
  /** Called with codex's own id of the turn. */
  readonly onTurnId?: ((turnId: string) => void) | undefined;
  /** Called with the kind of each record of an unknown kind. */
  readonly onUnknown?: ((kind: string) => void) | undefined;
  readonly savePicture?: SavePicture | undefined;
}

/** The state of a turn while its records arrive: only ids and sums. */
interface TurnState {
  readonly calls: ReturnType<typeof createTurnCalls>;
  malformed: number;
  trace: TurnTrace;
  tokens: TurnTokens;
  turnId?: unknown;
}

const BEGIN = { malformed: 0, trace: NO_TRACE, tokens: {} };

/** Creates the steps of `turnRecords`, for callers that read the rollout piece by piece. */
export const createTurnRecords = (turn: Omit<TurnRecordsOptions, 'terminal'>) => {
  const calls = createTurnCalls();
  const state: TurnState = { ...BEGIN, calls };
  return {
    /** Gives codex's id of the turn; see `nextTokens`. */
    begin: (turnId: unknown): void => {
      state.turnId = turnId;
    },
    /** The tool events of the next record. */
    events: (record: Parsed): ToolEvent[] => eventsOf(record, state, turn),
    /** The number of calls that the model waits for. */
    running: calls.running,
    /** What the records so far show of the turn. */
    trace: (): TurnTrace => state.trace,
    /** Begins the records again: what was emitted before is not emitted twice. */
    restart: (): void => {
      calls.restart();
      Object.assign(state, BEGIN);
    },
    /**
     * A `tool_result` for each call without an output, then the terminal event with the usage; see
     * `silentEnd` for a turn in which nothing was said. `isPartial`: records may be missing.
     */
    end: (terminal: Terminal, isPartial = false): TurnEvent[] => {
      if (state.malformed > 0) turn.onMalformed(state.malformed);
      if (calls.repeated() > 0) turn.onRepeated?.(calls.repeated());
      const { tokens } = state;
      const usage = recordedUsage(tokens, tokens.before ?? turn.total, terminal, isPartial);
      const end = { ...terminal, ...usage, ...turnContext(tokens) };
      return [...calls.missing(), silentEnd(end, state.trace)];
    },
  };
};

/**
 * Maps the rollout records of a turn to its tool events and its terminal event.
 *
 * ```
 * records  -c---o--u-c--|         c a call  o its output  u usage
 * emits    -(xyz)r--(xyz)(rE|)    x start  y delta  z end  r tool_result  E end, with usage
 * ```
 *
 * Emits, for each call, `tool_call_start`, one `tool_call_delta` with all arguments, and
 * `tool_call_end`; for its output, `tool_result`. When the source completes, emits a failed
 * `tool_result` for each call without an output and `terminal` with the usage, then completes. A
 * picture that the model made is a call, too; see `pictureEvents`. Ignores outputs of earlier
 * turns' calls, unknown records and malformed lines; also a call with the id of an earlier call of
 * the turn, and all outputs of an id but the first. Fails when the source fails. Unsubscribe
 * unsubscribes from the source. Holds only ids and sums.
 */
export const turnRecords =
  (turn: TurnRecordsOptions): OperatorFunction<Parsed, TurnEvent> =>
  (records$) =>
    defer(() => {
      const { events, end } = createTurnRecords(turn);
      return records$.pipe(emitAll(events, () => end(turn.terminal)));
    });

const eventsOf = (
  record: Parsed,
  state: TurnState,
  { threadId, onTurnId, onUnknown, savePicture }: Omit<TurnRecordsOptions, 'terminal'>,
): ToolEvent[] => {
  if (record.type === 'malformed') {
    state.malformed += 1;
    return [];
  }
  const { value } = record;
  state.trace = nextTrace(state.trace, value);
  state.tokens = nextTokens(state.tokens, value, threadId, state.turnId);
  const unknown = unknownRecord(value);
  if (unknown !== undefined) onUnknown?.(unknown);
  const picture = pictureEvents(value, state.calls.announced, (each) =>
    savePicture?.(threadId, each),
  );
  if (picture !== undefined) return picture;
  if (ResponseItem.is(value)) {
    try {
      return state.calls.events(value.payload);
    } catch {
      // Nested too deeply for JSON.stringify.
      state.malformed += 1;
      return [];
    }
  }
  const failed = failedCall(value);
  if (failed !== undefined) state.calls.fail(failed);
  else if (TokenCount.is(value)) state.calls.endResponse();
  else if (TaskStarted.is(value)) onTurnId?.(value.payload.turn_id);
  return [];
};
