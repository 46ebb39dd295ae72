import { concat, defer, from, mergeMap, type OperatorFunction } from 'rxjs';
import {
  noUsage,
  type Terminal,
  type ToolEvent,
  type TurnEvent,
  type Usage,
} from '../../canonical/turn-event.js';
import type { Parsed } from '../../lines/parse-json.js';
import { totalUsage, turnUsage } from '../events/turn-usage.js';
import { unknownRecord } from './record-kinds.js';
import {
  Call,
  failedCall,
  Output,
  ResponseItem,
  TaskStarted,
  TokenCount,
  UsageRecord,
} from './rollout-record.js';
import { toolOutput } from './tool-output.js';

/** What is known of the turn whose records come. */
export interface TurnRecordsOptions {
  readonly threadId: string;
  /** The thread's total before the turn, where it is known. */
  readonly total?: Usage | undefined;
  readonly terminal: Terminal;
  /** Told once, at the end, how many lines were no records. */
  readonly onMalformed: (lines: number) => void;
  /** Told codex's own id of the turn, when its record comes. */
  readonly onTurnId?: (turnId: string) => void;
  /** Told the kind of every record that is not known. */
  readonly onUnknown?: ((kind: string) => void) | undefined;
}

/** What was read so far. */
interface Seen {
  /** Ids of calls that have no output yet, in order. */
  readonly open: string[];
  readonly failed: Set<string>;
  malformed: number;
  /** The sum of this thread's usage records, and the last running total. */
  spent?: Usage;
  total?: Usage;
}

/**
 * The tool calls and the usage of a turn, from the records of its rollout as they come. It keeps
 * nothing but ids.
 */
export const createTurnRecords = (turn: Omit<TurnRecordsOptions, 'terminal'>) => {
  const seen: Seen = { open: [], failed: new Set(), malformed: 0 };
  return {
    /**
     * What a record tells: of a call `tool_call_start`, one `tool_call_delta` with all its
     * arguments and `tool_call_end`, of its output `tool_result`.
     */
    events: (record: Parsed): ToolEvent[] => eventsOf(record, seen, turn),
    /**
     * A `tool_result` for every call that has no output, then the terminal event, with the usage.
     */
    end: (terminal: Terminal): TurnEvent[] => {
      if (seen.malformed > 0) turn.onMalformed(seen.malformed);
      const unanswered = seen.open.map(
        (id): TurnEvent => ({ type: 'tool_result', id, output: NO_OUTPUT, is_error: true }),
      );
      return [...unanswered, { ...terminal, ...usageOf(seen, turn.total, terminal) }];
    },
  };
};

/**
 * The tool calls and the usage of a turn, from the records of its rollout.
 *
 * ```
 * records  -c---o--u-c--|         c a call  o its output  u usage
 * emits    -(xyz)r--(xyz)(rE|)    x start  y delta  z end  r tool_result  E the terminal event, with the usage
 * ```
 *
 * Emits the events of each record when it comes, see `createTurnRecords`, and those of the end when
 * the source completes. Outputs of earlier turns' calls and lines that are no records are passed
 * over. Fails and is unsubscribed with the source; keeps nothing but ids.
 */
export const turnRecords =
  (turn: TurnRecordsOptions): OperatorFunction<Parsed, TurnEvent> =>
  (records$) =>
    defer(() => {
      const { events, end } = createTurnRecords(turn);
      return concat(
        records$.pipe(mergeMap(events)),
        defer(() => from(end(turn.terminal))),
      );
    });

const NO_OUTPUT = 'the turn ended before this call had an output';

const eventsOf = (
  record: Parsed,
  seen: Seen,
  { threadId, onTurnId, onUnknown }: Omit<TurnRecordsOptions, 'terminal'>,
): ToolEvent[] => {
  if (record.type === 'malformed') {
    seen.malformed += 1;
    return [];
  }
  const { value } = record;
  const unknown = unknownRecord(value);
  if (unknown !== undefined) onUnknown?.(unknown);
  if (ResponseItem.is(value)) {
    try {
      return itemEvents(value.payload, seen);
    } catch {
      // Nested deeper than the stack.
      seen.malformed += 1;
      return [];
    }
  }
  const failed = failedCall(value);
  if (failed !== undefined) seen.failed.add(failed);
  else if (UsageRecord.is(value)) {
    if (value.payload.thread_id === threadId)
      seen.spent = sum(seen.spent ?? noUsage, totalUsage(value.payload.usage));
  } else if (TokenCount.is(value)) seen.total = totalUsage(value.payload.info.total_token_usage);
  else if (TaskStarted.is(value)) onTurnId?.(value.payload.turn_id);
  return [];
};

const itemEvents = (item: unknown, seen: Seen): ToolEvent[] => {
  if (Call.is(item)) {
    const id = item.call_id;
    const { name, namespace, args } = called(item);
    seen.open.push(id);
    return [
      {
        type: 'tool_call_start',
        id,
        name,
        ...(typeof namespace === 'string' ? { namespace } : {}),
      },
      { type: 'tool_call_delta', id, arguments: args },
      { type: 'tool_call_end', id },
    ];
  }
  if (!Output.is(item)) return [];
  const at = seen.open.indexOf(item.call_id);
  if (at === -1) return [];
  seen.open.splice(at, 1);
  const { text, failed } = toolOutput(item.output);
  return [
    {
      type: 'tool_result',
      id: item.call_id,
      output: text,
      is_error: failed || seen.failed.has(item.call_id),
    },
  ];
};

/** Arguments are JSON text: the input of a custom tool, which is a text, stands in an object. */
const called = (
  item: Call,
): {
  readonly name: string;
  readonly namespace?: string | null | undefined;
  readonly args: string;
} => {
  switch (item.type) {
    case 'function_call':
      return { name: item.name, namespace: item.namespace, args: item.arguments };
    case 'custom_tool_call':
      return {
        name: item.name,
        namespace: item.namespace,
        args: JSON.stringify({ input: item.input }),
      };
    case 'local_shell_call':
      return { name: 'local_shell', args: JSON.stringify(item.action) };
  }
};

/**
 * The usage of the turn where the records tell it; a failed turn that used nothing tells nothing.
 */
const usageOf = (
  { spent, total }: Seen,
  before: Usage | undefined,
  terminal: Terminal,
): { readonly usage?: Usage } => {
  const usage =
    spent ?? (total === undefined || before === undefined ? undefined : turnUsage(total, before));
  if (
    usage === undefined ||
    (terminal.type === 'error' && usage.input_tokens === 0 && usage.output_tokens === 0)
  )
    return {};
  return { usage };
};

const sum = (a: Usage, b: Usage): Usage => ({
  input_tokens: a.input_tokens + b.input_tokens,
  cached_input_tokens: a.cached_input_tokens + b.cached_input_tokens,
  output_tokens: a.output_tokens + b.output_tokens,
  reasoning_output_tokens: a.reasoning_output_tokens + b.reasoning_output_tokens,
});
