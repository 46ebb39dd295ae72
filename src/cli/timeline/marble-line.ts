import { widthOf } from './display-width.js';

/**
 * When, in milliseconds, the letter for it, and whether it goes on with the mark before: then it is
 * shown only in a column that is free.
 */
export type MarkAt = readonly [ms: number, letter: string, more?: boolean];

export interface MarbleLine {
  /** Columns that the line may take. */
  readonly columns: number;
  /** Of a moment its column; without it the line is to scale, with the last mark at its end. */
  readonly at?: (ms: number) => number;
}

interface Group {
  readonly column: number;
  readonly letters: readonly string[];
  /** Whether it only goes on with a mark before. */
  readonly more: boolean;
}

/** Letters that a group may show. */
const SHOWN = 6;

/**
 * One lane as marbles, at most `columns` wide, in the order given (by time).
 *
 * ```
 * [[0, 'M'], [120, 't'], [121, 't'], [300, 'E']]              ->  M---------(tt)-----------E
 * [[0, 'M'], [120, 't'], [130, 't', true], …, [300, 'E']]     ->  M---------tttttttt-------E
 * ```
 *
 * What falls into the same column, or below the end of the group before it, is of one group; of
 * more than six the first four and the last are shown, and `+n` counts those between. A group that
 * would cross the end stands before it.
 */
export const marbleLine = (
  marks: readonly MarkAt[],
  { columns, at = toScale(marks, columns) }: MarbleLine,
): string => {
  let line = '';
  let width = 0;
  for (const group of groupsOf(marks, columns, at)) {
    const text = drawn(group.letters);
    line += '-'.repeat(Math.max(0, group.column - width)) + text;
    width = Math.max(width, group.column) + widthOf(text);
  }
  return line;
};

const toScale = (marks: readonly MarkAt[], columns: number): ((ms: number) => number) => {
  const last = marks.at(-1)?.[0] ?? 0;
  return (ms) => (last > 0 ? (ms / last) * (columns - 1) : 0);
};

const drawn = (letters: readonly string[]): string => {
  if (letters.length === 1) return letters.join('');
  if (letters.length <= SHOWN) return `(${letters.join('')})`;
  return `(${letters.slice(0, SHOWN - 2).join('')}+${letters.length - SHOWN + 1}${letters.at(-1) ?? ''})`;
};

const widthOfGroup = ({ letters }: Group): number => widthOf(drawn(letters));

const groupsOf = (
  marks: readonly MarkAt[],
  columns: number,
  at: (ms: number) => number,
): readonly Group[] => {
  const groups: { column: number; letters: string[]; more: boolean }[] = [];
  let free = 0;
  for (const [ms, letter, more = false] of marks) {
    const column = Math.min(columns - 1, Math.floor(at(ms)));
    const last = groups.at(-1);
    if (more && column < free) continue;
    if (last !== undefined && column < free) {
      last.letters.push(letter);
      last.more = false;
    } else groups.push({ column, letters: [letter], more });
    const group = groups.at(-1);
    if (group !== undefined) free = group.column + widthOfGroup(group);
  }
  return withinEnd(groups, columns);
};

/**
 * Moves groups that cross the end to the left, and joins those that they then meet; of what goes on
 * with a mark before, nothing is lost.
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
      before.more
        ? last
        : { ...before, letters: [...before.letters, ...last.letters], more: false },
    );
  }
  return kept;
};
