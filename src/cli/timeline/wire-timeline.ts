import * as t from 'io-ts';
import { LETTERS } from '../../marbles/alphabet.js';
import type { WireEntry, WireRun } from '../../record/wire-records.js';
import type { Kind, Mark, Timeline, TimelineSpan } from './model.js';

const Named = t.type({ method: t.string });
const Id = t.union([t.string, t.number]);
const Request = t.type({ id: Id, method: t.string });
const Response = t.union([
  t.type({ id: t.unknown, result: t.unknown }),
  t.type({ id: t.unknown, error: t.unknown }),
]);
const Failed = t.type({ error: t.unknown });
const Event = t.type({ params: t.type({ event: t.type({ type: t.string }) }) });

/** The timeline of a log of the wire: what each side sent, and how long each request was open. */
export const wireTimeline = ({ at, version, entries: lines, dropped }: WireRun): Timeline => {
  // Two plugins that write one log put their times side by side.
  const entries = lines.toSorted((a, b) => a.ms - b.ms);
  const letters = new Map<string, string>();
  const requests = new Map<string, TimelineSpan>();
  const calls = new Map<string, TimelineSpan>();
  const lanes: Record<WireEntry['from'], Mark[]> = { host: [], plugin: [] };
  for (const entry of entries) {
    const { ms, from, frame } = entry;
    const [own, others] = from === 'host' ? [requests, calls] : [calls, requests];
    const isResponse = Response.is(frame) && !Named.is(frame);
    const key = JSON.stringify(Id.is(idOf(frame)) ? idOf(frame) : null);
    const asked = isResponse ? others.get(key) : undefined;
    if (asked !== undefined && asked.endMs === undefined)
      others.set(key, { ...asked, endMs: ms, failed: Failed.is(frame) });
    // An id may come again: the span before it keeps its place under another key.
    const before = own.get(key);
    if (Request.is(frame) && before !== undefined) own.set(`${key} ${before.startMs}`, before);
    if (Request.is(frame))
      own.set(key, {
        startMs: ms,
        name: `${frame.id} ${frame.method}`,
        kind: from === 'host' ? 'life' : 'call',
        failed: false,
      });
    const meaning = meaningOf(frame, asked);
    const sign = letters.get(meaning) ?? LETTERS[letters.size] ?? '?';
    letters.set(meaning, sign);
    lanes[from].push({ ms, sign, kind: kindOf(frame), meaning });
  }
  const endMs = entries.at(-1)?.ms ?? 0;
  const inOrder = (spans: ReadonlyMap<string, TimelineSpan>): readonly TimelineSpan[] =>
    [...spans.values()].toSorted((a, b) => a.startMs - b.startMs);
  return {
    wire: [
      ...(at === '' ? ['the beginning is missing'] : [at.replace(/\.\d+Z$/, 'Z')]),
      ...(version === '' ? [] : [`plugin ${version}`]),
      `${entries.length} frames`,
    ],
    endMs,
    codex: lanes.host,
    canonical: lanes.plugin,
    waits: [],
    tools: inOrder(requests),
    bridge: inOrder(calls),
    figures: [],
    outcome: { type: 'wire' },
    malformed: 0,
    dropped,
  };
};

const idOf = (frame: unknown): unknown => (t.type({ id: t.unknown }).is(frame) ? frame.id : null);

const meaningOf = (frame: unknown, asked: TimelineSpan | undefined): string => {
  if (Event.is(frame)) return `event ${frame.params.event.type}`;
  if (Named.is(frame)) return frame.method;
  if (!Response.is(frame)) return 'no frame';
  const method = asked?.name.replace(/^\S* /, '') ?? 'nothing';
  return `${Failed.is(frame) ? 'error' : 'answer'} to ${method}`;
};

const kindOf = (frame: unknown): Kind => {
  if (Failed.is(frame)) return 'failure';
  if (Event.is(frame)) return 'message';
  if (Request.is(frame)) return 'call';
  return Named.is(frame) ? 'notice' : 'life';
};
