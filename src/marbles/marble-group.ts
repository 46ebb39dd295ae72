/**
 * What happened in one column: a single letter alone, several in brackets.
 *
 * Of more than `most` letters, the first ones and the last one are shown; `+n` counts the others:
 * `(abcd+3h)` for `most` = 6.
 */
export const marbleGroup = (letters: readonly string[], most = Infinity): string => {
  if (letters.length === 1) return letters.join('');
  if (letters.length <= most) return `(${letters.join('')})`;
  return `(${letters.slice(0, most - 2).join('')}+${letters.length - most + 1}${letters.at(-1) ?? ''})`;
};

/** Longer gaps are written as a time. */
const MOST_DASHES = 30;

/** `-----`, a dash per column; ` 500ms `, that is `time`, for more than 30 columns. */
export const marbleGap = (columns: number, time: string): string =>
  columns > MOST_DASHES ? ` ${time} ` : '-'.repeat(Math.max(0, columns));
