import type { Usage } from '../../canonical/turn-event.js';
import { turnEventLetters } from '../../marbles/alphabet.js';
import type { RecordedEvent, TurnRecord } from '../../record/turn-record.js';
import { firstLine, itemOf } from '../codex-items.js';
import type { Kind, Mark, Outcome, TimelineSpan } from './model.js';

const kinds: Readonly<Record<RecordedEvent['type'], Kind>> = {
  message_start: 'life',
  text_delta: 'message',
  thinking_delta: 'reasoning',
  tool_call_start: 'call',
  tool_call_delta: 'call',
  tool_call_end: 'call',
  tool_result: 'call',
  message_end: 'life',
  error: 'failure',
};

/** The codex item whose text an event carries. */
const texts: Readonly<Record<'text_delta' | 'thinking_delta', string>> = {
  text_delta: 'agent_message',
  thinking_delta: 'reasoning',
};

/** An event, or all deltas of one text. */
interface EventGroup {
  readonly event: RecordedEvent;
  readonly times: number[];
  text: string;
}

/**
 * The marks of the canonical events. The deltas of one text are one mark; the start or the end of
 * an item of that kind starts another mark.
 */
export const canonicalLane = (records: readonly TurnRecord[]): readonly Mark[] => {
  const groups: EventGroup[] = [];
  const open = new Map<string, EventGroup>();
  for (const record of records) {
    if ('raw' in record) open.delete(itemOf(record.raw)?.type ?? '');
    if (!('event' in record)) continue;
    const { ms, event } = record;
    const item = 'text' in event ? texts[event.type] : undefined;
    const current = item === undefined ? undefined : open.get(item);
    current?.times.push(ms);
    if (current !== undefined && 'text' in event) current.text += event.text;
    if (current !== undefined) continue;
    const first = { event, times: [ms], text: 'text' in event ? event.text : '' };
    groups.push(first);
    if (item !== undefined) open.set(item, first);
  }
  return groups.map(markOf).sort((a, b) => a.ms - b.ms);
};

const markOf = ({ event, times, text }: EventGroup): Mark => {
  const pieces = times.toSorted((a, b) => a - b);
  return {
    ms: pieces[0] ?? 0,
    sign: turnEventLetters[event.type],
    kind: kinds[event.type],
    meaning: meaningOf(event),
    ...(pieces.length > 1 ? { pieces } : {}),
    ...('text' in event ? { firstLine: firstLine(text) } : {}),
  };
};

const meaningOf = (event: RecordedEvent): string => {
  if (event.type === 'message_end') return `message_end ${event.stop_reason}`;
  return event.type === 'error' ? `error ${event.kind}` : event.type;
};

/** The outcome and the usage of the last terminal event. */
export const endOf = (
  records: readonly TurnRecord[],
): { readonly outcome: Outcome; readonly usage?: Usage } => {
  const event = records
    .flatMap((record) => ('event' in record ? [record.event] : []))
    .findLast((each) => each.type === 'message_end' || each.type === 'error');
  if (event === undefined) return { outcome: { type: 'cut off' } };
  if (event.type === 'message_end')
    return {
      outcome: { type: event.stop_reason === 'cancelled' ? 'cancelled' : 'completed' },
      usage: event.usage,
    };
  return {
    outcome: { type: 'failed', reason: `${event.kind}: ${event.message}` },
    ...(event.usage === undefined ? {} : { usage: event.usage }),
  };
};

/** The calls of the host's tools, as spans. */
export const bridgeSpans = (records: readonly TurnRecord[]): readonly TimelineSpan[] => {
  const spans = new Map<number, TimelineSpan>();
  for (const record of records) {
    if ('call' in record)
      spans.set(record.call.id, {
        startMs: record.ms,
        name: record.call.tool,
        kind: 'call',
        failed: false,
      });
    if (!('returned' in record)) continue;
    const span = spans.get(record.returned.id);
    if (span !== undefined)
      spans.set(record.returned.id, {
        ...span,
        endMs: Math.max(span.startMs, record.ms),
        failed: record.returned.is_error,
      });
  }
  return [...spans.values()].sort((a, b) => a.startMs - b.startMs);
};

/** The time in the queue of the workspace, until the first event. */
export const waitSpans = (records: readonly TurnRecord[]): readonly TimelineSpan[] => {
  const firstEvent = records.find((record) => 'event' in record);
  const wait = records.find((record) => 'wait' in record);
  if (wait === undefined) return [];
  const end = firstEvent === undefined ? {} : { endMs: Math.max(wait.ms, firstEvent.ms) };
  return [
    { startMs: wait.ms, ...end, name: `${wait.wait.ahead} ahead`, kind: 'life', failed: false },
  ];
};
