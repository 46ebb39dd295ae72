import { widthOf } from '../text/display-width.js';
import { marbleGroup } from './marble-group.js';

/**
 * The time in milliseconds, the letter, and whether the mark continues the mark before it. A mark
 * that continues another is drawn only in a free column.
 */
export type MarkAt = readonly [ms: number, letter: string, continues?: boolean];

export interface MarbleLineOptions {
  /** The greatest width of the line, in columns. */
  readonly columns: number;
  /**
   * The column of a time in milliseconds. Default: to scale, with the last mark in the last column.
   */
  readonly at?: (ms: number) => number;
}

interface Group {
  readonly column: number;
  readonly letters: readonly string[];
  /** Whether the group only continues the group before it. */
  readonly continues: boolean;
}

/** Letters that a group shows. */
const SHOWN = 6;

/**
 * Draws marks as one line of marbles that is at most `columns` wide. `marks` are in the order of
 * time.
 *
 * ```
 * [[0, 'M'], [120, 't'], [121, 't'], [300, 'E']]              ->  M---------(tt)-----------E
 * [[0, 'M'], [120, 't'], [130, 't', true], …, [300, 'E']]     ->  M---------tttttttt-------E
 * ```
 *
 * Marks share a group when they fall into one column, or into a column that the group before takes
 * up. Of more than six letters, a group shows the first four and the last; `+n` counts the others.
 * A group that would cross the end of the line ends there instead.
 */
export const marbleLine = (
  marks: readonly MarkAt[],
  { columns, at = toScale(marks, columns) }: MarbleLineOptions,
): string => {
  let line = '';
  let width = 0;
  for (const group of groupsOf(marks, columns, at)) {
    const text = marbleGroup(group.letters, SHOWN);
    line += '-'.repeat(Math.max(0, group.column - width)) + text;
    width = Math.max(width, group.column) + widthOf(text);
  }
  return line;
};

const toScale = (marks: readonly MarkAt[], columns: number): ((ms: number) => number) => {
  const last = marks.at(-1)?.[0] ?? 0;
  return (ms) => (last > 0 ? (ms / last) * (columns - 1) : 0);
};

const widthOfGroup = ({ letters }: Group): number => widthOf(marbleGroup(letters, SHOWN));

const groupsOf = (
  marks: readonly MarkAt[],
  columns: number,
  at: (ms: number) => number,
): readonly Group[] => {
  const groups: { column: number; letters: string[]; continues: boolean }[] = [];
  let free = 0;
  for (const [ms, letter, continues = false] of marks) {
    const column = Math.min(columns - 1, Math.floor(at(ms)));
    if (continues && column < free) continue;
    let group = groups.at(-1);
    if (group !== undefined && column < free) {
      group.letters.push(letter);
      group.continues = false;
    } else groups.push((group = { column, letters: [letter], continues }));
    free = group.column + widthOfGroup(group);
  }
  return withinEnd(groups, columns);
};

/**
 * Moves groups that cross the end to the left, and joins the groups that then overlap. A group that
 * only continues another is dropped when it overlaps: it has nothing of its own to show.
 */
const withinEnd = (groups: readonly Group[], columns: number): readonly Group[] => {
  const kept = [...groups];
  for (let last = kept.at(-1); last !== undefined; last = kept.at(-1)) {
    const column = Math.max(0, columns - widthOfGroup(last));
    if (last.column <= column) return kept;
    kept.pop();
    const before = kept.at(-1);
    if (before === undefined || before.column + widthOfGroup(before) <= column)
      return [...kept, { ...last, column }];
    kept.pop();
    kept.push(
      before.continues
        ? last
        : { ...before, letters: [...before.letters, ...last.letters], continues: false },
    );
  }
  return kept;
};
