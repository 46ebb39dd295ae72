import type { Usage } from '../../canonical/turn-event.js';
import type { TurnHead } from '../../record/turn-record.js';
import { printableLine } from '../../text/printable.js';

/** The kind of a mark or span. Each kind has a colour. */
export type Kind = 'life' | 'message' | 'reasoning' | 'command' | 'call' | 'notice' | 'failure';

/** An event at one moment. */
export interface Mark {
  readonly ms: number;
  /** One letter. Marks of a lane with the same letter belong to one item or one kind. */
  readonly sign: string;
  readonly kind: Kind;
  /** The entry of the legend: `turn.started`, `command ls -la`. */
  readonly meaning: string;
  /** The codex item that the mark belongs to. */
  readonly itemKey?: string;
  /** Arrival times of the deltas of a text, in ms. The first one is `ms`. */
  readonly pieces?: readonly number[];
  /** The first line of text or thinking. */
  readonly firstLine?: string;
}

/** An activity that took time. */
export interface TimelineSpan {
  readonly startMs: number;
  /** Absent when the record does not hold its end. */
  readonly endMs?: number;
  readonly name: string;
  /** The letter of its item in the codex lane. */
  readonly sign?: string;
  readonly kind: Kind;
  readonly failed: boolean;
}

/** A latency: milliseconds since the request, or spent in the queue. */
export interface Figure {
  readonly name: string;
  readonly ms: number;
}

export interface Outcome {
  readonly type: 'completed' | 'failed' | 'cancelled' | 'cut off' | 'wire';
  /** Kind and message of the error of a failed turn. */
  readonly reason?: string;
}

/** A recorded turn, ready to be drawn. Marks and spans are in the order of time. */
export interface Timeline {
  /** Absent when the record has lost its beginning. */
  readonly head?: TurnHead;
  /** Of a log of the wire, in place of the head: time, version and size. */
  readonly wire?: readonly string[];
  /** Milliseconds from the request to the last record. */
  readonly endMs: number;
  /** The events that codex printed, and its exit; the frames of the host in a log of the wire. */
  readonly codex: readonly Mark[];
  /** The events that the host received; the frames of the plugin in a log of the wire. */
  readonly canonical: readonly Mark[];
  /** Time in the queue of the workspace. */
  readonly waits: readonly TimelineSpan[];
  /** codex's own tools; the requests of the host in a log of the wire. */
  readonly tools: readonly TimelineSpan[];
  /** Calls of the host's tools. */
  readonly bridge: readonly TimelineSpan[];
  readonly figures: readonly Figure[];
  readonly usage?: Usage;
  readonly outcome: Outcome;
  /** The number of earlier messages with which the new thread began. */
  readonly seeded?: number;
  /** Number of lines that codex printed and that are no event. */
  readonly malformed: number;
  /** Number of lines that could not be recorded in time. */
  readonly dropped: number;
}

export interface LegendEntry {
  readonly sign: string;
  readonly kind: Kind;
  readonly meaning: string;
}

/**
 * The legend of a lane: one entry per letter, in the order in which the letters first appear. `×n`
 * counts the items or events of a letter when there are several.
 */
export const legendOf = (marks: readonly Mark[]): readonly LegendEntry[] => {
  const entries = new Map<
    string,
    { readonly first: Mark; readonly items: Set<string>; events: number }
  >();
  for (const mark of marks) {
    const entry = entries.get(mark.sign) ?? { first: mark, items: new Set(), events: 0 };
    entries.set(mark.sign, entry);
    if (mark.itemKey === undefined) entry.events += mark.pieces?.length ?? 1;
    else entry.items.add(mark.itemKey);
  }
  return [...entries.values()].map(({ first: { sign, kind, meaning }, items, events }) => {
    const count = items.size + events;
    return {
      sign,
      kind,
      meaning: `${printableLine(meaning)}${count > 1 ? ` ×${count.toLocaleString('en')}` : ''}`,
    };
  });
};
