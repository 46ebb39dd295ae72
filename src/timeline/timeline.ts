import type { Usage } from '../canonical/turn-event.js';
import type { TurnHead } from '../record/turn-record.js';

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
export interface Span {
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
  readonly waits: readonly Span[];
  /** codex's own tools. */
  readonly tools: readonly Span[];
  /** Calls of the host's tools over the bridge. */
  readonly bridge: readonly Span[];
  readonly figures: readonly Figure[];
  readonly usage?: Usage;
  readonly outcome: Outcome;
  /** Lines of codex that were no event. */
  readonly malformed: number;
  /** Lines that the record lacks, since they could not be written in time. */
  readonly dropped: number;
}
