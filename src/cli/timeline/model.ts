import type { Usage } from '../../canonical/turn-event.js';
import type { TurnHead } from '../../record/turn-record.js';
import { printableLine } from '../../text/printable.js';

/** What a mark or span is about; each has its colour. */
export type Kind = 'life' | 'message' | 'reasoning' | 'command' | 'call' | 'notice' | 'failure';

/** Something that happened at one moment. */
export interface Mark {
  readonly ms: number;
  /** One letter. Marks of a lane that share it are of the same item, or of the same kind. */
  readonly sign: string;
  readonly kind: Kind;
  /** What the letter stands for, as in the legend: `turn.started`, `command ls -la`. */
  readonly meaning: string;
  /** The item of codex that it is of. */
  readonly itemKey?: string;
  /** Of a text that came in pieces when each came, in ms, the first at `ms`. */
  readonly pieces?: readonly number[];
  /** Of text and thinking the first line. */
  readonly said?: string;
}

/** Something that took time. */
export interface TimelineSpan {
  readonly startMs: number;
  /** Absent when the record has no end of it. */
  readonly endMs?: number;
  readonly name: string;
  /** The letter of its item in the codex lane. */
  readonly sign?: string;
  readonly kind: Kind;
  readonly failed: boolean;
}

/** A latency: milliseconds since the turn was asked for, or that it waited. */
export interface Figure {
  readonly name: string;
  readonly ms: number;
}

export interface Outcome {
  readonly type: 'completed' | 'failed' | 'cancelled' | 'cut off';
  /** Of a failure its kind and message. */
  readonly reason?: string;
}

/**
 * A recorded turn as it is drawn, in the terminal and as a picture. Marks and spans are in the
 * order of time.
 */
export interface Timeline {
  /** Absent when the record has lost its beginning. */
  readonly head?: TurnHead;
  /** Milliseconds from the request to the last record. */
  readonly endMs: number;
  /** What codex printed, and its exit. */
  readonly codex: readonly Mark[];
  /** What was handed to the host. */
  readonly canonical: readonly Mark[];
  /** Time in the queue of the workspace. */
  readonly waits: readonly TimelineSpan[];
  /** codex's own tools. */
  readonly tools: readonly TimelineSpan[];
  /** Calls of the host's tools over the bridge. */
  readonly bridge: readonly TimelineSpan[];
  readonly figures: readonly Figure[];
  readonly usage?: Usage;
  readonly outcome: Outcome;
  /** Lines of codex that were no event. */
  readonly malformed: number;
  /** Lines that the record lacks, since they could not be written in time. */
  readonly dropped: number;
}

export interface LegendEntry {
  readonly sign: string;
  readonly kind: Kind;
  readonly meaning: string;
}

/**
 * What the letters of a lane stand for, each once, in the order in which they first appear. A
 * letter of more than one item or event has their number.
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
