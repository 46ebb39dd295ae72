import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Usage } from '../../canonical/turn-event.js';
import { totalUsage } from '../events/turn-usage.js';
import { fileName } from './read-rollout.js';
import { TokenCount } from './rollout-record.js';

/** The state of a thread before a turn. */
export interface RolloutMark {
  /** Size of the rollout in bytes: the turn's records come after it. Absent when unknown. */
  readonly offset?: number;
  /** Names the file; see `RolloutEnd`. Absent when unknown. */
  readonly file?: string;
  /** The tokens that the thread has used; absent when unknown. */
  readonly total?: Usage | undefined;
  /** Why the offset or the total is unknown. */
  readonly problem?: string;
  /** Whether the thread begins with messages that are no part of the turn. */
  readonly isSeeded?: true;
}

/** Reads the mark of a rollout, searching from its end. Throws when the file cannot be read. */
export const readRolloutMark = (file: string): RolloutMark => {
  const descriptor = openSync(file, 'r');
  try {
    const stats = fstatSync(descriptor);
    const { size: offset } = stats;
    return { offset, file: fileName(stats), total: lastTotal(descriptor, offset) };
  } finally {
    closeSync(descriptor);
  }
};

/**
 * Usually contains the last total. Large buffers on every turn would trigger the garbage collector.
 */
const FIRST_BLOCK = 4 * 1024;
const MAX_BLOCK = 256 * 1024;
/** How far before the end a total is searched for, in bytes: one turn may write this much. */
const MAX_LOOK_BACK = 64 * 1024 * 1024;
const NEEDLE = Buffer.from('"token_count"');
const LF = 0x0a;

/** The last running total before `end`. A rollout without a total has used no tokens. */
const lastTotal = (descriptor: number, end: number): Usage | undefined => {
  const stop = Math.max(0, end - MAX_LOOK_BACK);
  let tail = Buffer.alloc(0);
  for (let start = end, most = FIRST_BLOCK; start > stop; most = Math.min(MAX_BLOCK, 4 * most)) {
    const length = Math.min(most, start - stop);
    start -= length;
    const block = Buffer.alloc(length);
    readSync(descriptor, block, 0, length, start);
    tail = Buffer.concat([block, tail.subarray(0, MAX_BLOCK)]);
    for (
      let at = tail.lastIndexOf(NEEDLE);
      at !== -1;
      at = at === 0 ? -1 : tail.lastIndexOf(NEEDLE, at - 1)
    ) {
      const total = totalAt(tail, at);
      if (total !== undefined) return total;
    }
  }
  return stop === 0 ? totalUsage(undefined) : undefined;
};

/** The total in the line around `at`, when that line is a token count. */
const totalAt = (bytes: Buffer, at: number): Usage | undefined => {
  const feed = bytes.indexOf(LF, at);
  const line = bytes.toString(
    'utf8',
    bytes.lastIndexOf(LF, at) + 1,
    feed === -1 ? bytes.length : feed,
  );
  try {
    const record: unknown = JSON.parse(line);
    return TokenCount.is(record) ? totalUsage(record.payload.info.total_token_usage) : undefined;
  } catch {
    return undefined;
  }
};
