import type { Patch, RolloutLine } from '../codex/rollout/patch.js';
import { callEdits, type Op } from './call-edits.js';
import { editLine, itemsIn } from './edit-line.js';

/** The consumed calls in a line, and how to patch it. */
export interface PatchedLine {
  /** Ids of the consumed calls in the line, whether patched now or earlier. */
  readonly touched: readonly string[];
  /** Absent when the line needs no change. */
  readonly patch?: Patch;
}

/**
 * Computes the patch that marks the consumed calls in a line of a rollout, see `callEdits`: in
 * items of the thread, and in the history that replaces them after a compaction.
 *
 * The line keeps its length, see `editLine`. A marker that does not fit is shortened: without its
 * dots, only dots, an empty string. A line that is not a record gets no patch.
 */
export const patchLine = (line: RolloutLine, ops: ReadonlyMap<string, Op>): PatchedLine => {
  const calls = itemsIn(line.bytes).flatMap(
    ({ members }) => callEdits(line.bytes, members, ops) ?? [],
  );
  const patch = editLine(
    line,
    calls.flatMap(({ edits }) => edits),
  );
  return { touched: calls.map(({ id }) => id), ...(patch === undefined ? {} : { patch }) };
};
