import type { Usage } from '../canonical/turn-event.js';
import type { RecordedEvent, TurnRecord } from '../record/turn-record.js';
import { firstLine } from './codex-items.js';
import type { Kind, Mark, Outcome, Span } from './timeline.js';

/** The letters of run-turn's marbles. */
const signs: Readonly<Record<RecordedEvent['type'], { readonly sign: string; readonly kind: Kind }>> = {
  message_start: { sign: 'M', kind: 'life' },
  text_delta: { sign: 't', kind: 'message' },
  thinking_delta: { sign: 'h', kind: 'reasoning' },
  tool_call_start: { sign: 'c', kind: 'call' },
  tool_call_delta: { sign: 'd', kind: 'call' },
  tool_call_end: { sign: 'e', kind: 'call' },
  tool_result: { sign: 'r', kind: 'call' },
  message_end: { sign: 'E', kind: 'life' },
  error: { sign: 'E', kind: 'failure' },
};

/** The marks of what was handed to the host. */
export const canonicalLane = (records: readonly TurnRecord[]): readonly Mark[] =>
  records.flatMap((record) => ('event' in record ? [markOf(record.ms, record.event)] : [])).sort((a, b) => a.ms - b.ms);

const markOf = (ms: number, event: RecordedEvent): Mark => ({
  ms,
  ...signs[event.type],
  meaning: meaningOf(event),
  ...('text' in event ? { said: firstLine(event.text) } : {}),
});

const meaningOf = (event: RecordedEvent): string => {
  if (event.type === 'message_end') return `message_end ${event.stop_reason}`;
  return event.type === 'error' ? `error ${event.kind}` : event.type;
};

/** How the turn ended, and what it used, by its last terminal event. */
export const endOf = (records: readonly TurnRecord[]): { readonly outcome: Outcome; readonly usage?: Usage } => {
  const last = records.findLast((record) => 'event' in record && (record.event.type === 'message_end' || record.event.type === 'error'));
  if (last === undefined || !('event' in last)) return { outcome: { type: 'cut off' } };
  const { event } = last;
  if (event.type === 'message_end') return { outcome: { type: event.stop_reason === 'cancelled' ? 'cancelled' : 'completed' }, usage: event.usage };
  if (event.type !== 'error') return { outcome: { type: 'cut off' } };
  return { outcome: { type: 'failed', reason: `${event.kind}: ${event.message}` }, ...(event.usage === undefined ? {} : { usage: event.usage }) };
};

/** The calls of the host's tools. */
export const bridgeSpans = (records: readonly TurnRecord[]): readonly Span[] => {
  const spans = new Map<number, Span>();
  for (const record of records) {
    if ('call' in record) spans.set(record.call.id, { startMs: record.ms, name: record.call.tool, kind: 'call', failed: false });
    if (!('returned' in record)) continue;
    const span = spans.get(record.returned.id);
    if (span !== undefined) spans.set(record.returned.id, { ...span, endMs: Math.max(span.startMs, record.ms), failed: record.returned.is_error });
  }
  return [...spans.values()].sort((a, b) => a.startMs - b.startMs);
};

/** The wait for the workspace: until `message_start`, with which the turn leaves the queue. */
export const waitSpans = (records: readonly TurnRecord[]): readonly Span[] => {
  const began = records.find((record) => 'event' in record);
  const wait = records.find((record) => 'wait' in record);
  if (wait === undefined || !('wait' in wait)) return [];
  const end = began === undefined ? {} : { endMs: Math.max(wait.ms, began.ms) };
  return [{ startMs: wait.ms, ...end, name: `${wait.wait.ahead} ahead`, kind: 'life', failed: false }];
};
