import type { Usage } from '../../canonical/turn-event.js';
import { turnEventLetters } from '../../marbles/alphabet.js';
import type { RecordedEvent, TurnRecord } from '../../record/turn-record.js';
import { firstLine, itemOf } from './codex-items.js';
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

/** The items whose texts are handed on, by the type of their events. */
const texts: Readonly<Record<'text_delta' | 'thinking_delta', string>> = {
  text_delta: 'agent_message',
  thinking_delta: 'reasoning',
};

/** An event, or what came of one text. */
interface Handed {
  readonly event: RecordedEvent;
  readonly times: number[];
  text: string;
}

/**
 * The marks of what was handed to the host. A text that came in pieces is one mark: a beginning or
 * an end of an item of its kind begins another one.
 */
export const canonicalLane = (records: readonly TurnRecord[]): readonly Mark[] => {
  const handed: Handed[] = [];
  const open = new Map<string, Handed>();
  for (const record of records) {
    if ('raw' in record) open.delete(itemOf(record.raw)?.type ?? '');
    if (!('event' in record)) continue;
    const { ms, event } = record;
    const item = 'text' in event ? texts[event.type] : undefined;
    const begun = item === undefined ? undefined : open.get(item);
    begun?.times.push(ms);
    if (begun !== undefined && 'text' in event) begun.text += event.text;
    if (begun !== undefined) continue;
    const first = { event, times: [ms], text: 'text' in event ? event.text : '' };
    handed.push(first);
    if (item !== undefined) open.set(item, first);
  }
  return handed.map(markOf).sort((a, b) => a.ms - b.ms);
};

const markOf = ({ event, times, text }: Handed): Mark => {
  const pieces = times.toSorted((a, b) => a - b);
  return {
    ms: pieces[0] ?? 0,
    sign: turnEventLetters[event.type],
    kind: kinds[event.type],
    meaning: meaningOf(event),
    ...(pieces.length > 1 ? { pieces } : {}),
    ...('text' in event ? { said: firstLine(text) } : {}),
  };
};

const meaningOf = (event: RecordedEvent): string => {
  if (event.type === 'message_end') return `message_end ${event.stop_reason}`;
  return event.type === 'error' ? `error ${event.kind}` : event.type;
};

/** How the turn ended, and what it used, by its last terminal event. */
export const endOf = (
  records: readonly TurnRecord[],
): { readonly outcome: Outcome; readonly usage?: Usage } => {
  const last = records.findLast(
    (record) =>
      'event' in record && (record.event.type === 'message_end' || record.event.type === 'error'),
  );
  if (last === undefined || !('event' in last)) return { outcome: { type: 'cut off' } };
  const { event } = last;
  if (event.type === 'message_end')
    return {
      outcome: { type: event.stop_reason === 'cancelled' ? 'cancelled' : 'completed' },
      usage: event.usage,
    };
  if (event.type !== 'error') return { outcome: { type: 'cut off' } };
  return {
    outcome: { type: 'failed', reason: `${event.kind}: ${event.message}` },
    ...(event.usage === undefined ? {} : { usage: event.usage }),
  };
};

/** The calls of the host's tools. */
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

/** The wait for the workspace: until `message_start`, with which the turn leaves the queue. */
export const waitSpans = (records: readonly TurnRecord[]): readonly TimelineSpan[] => {
  const began = records.find((record) => 'event' in record);
  const wait = records.find((record) => 'wait' in record);
  if (wait === undefined || !('wait' in wait)) return [];
  const end = began === undefined ? {} : { endMs: Math.max(wait.ms, began.ms) };
  return [
    { startMs: wait.ms, ...end, name: `${wait.wait.ahead} ahead`, kind: 'life', failed: false },
  ];
};
