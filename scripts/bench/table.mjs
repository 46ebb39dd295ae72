// Numbers of a run as a table.

/**
 * One line of the table: pairs of values, measured one after the other. `aim` is what their ratio,
 * or else difference, has to beat, where there is one.
 * @typedef {{ row: string, measure: string, ours: number[], peer: number[], by?: 'ratio' |
 * 'difference', better: 'higher' | 'lower', aim?: number | undefined, digits: number }} Line
 */

/** @param {readonly number[]} values */
const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? NaN)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
};

/** @param {Line} line */
const compared = ({ ours, peer, by }) =>
  peer.map((value, i) =>
    by === 'difference' ? (ours[i] ?? NaN) - value : (ours[i] ?? NaN) / value,
  );

/** Nothing where there is no aim or no peer. @param {Line} line */
const isMet = (line) => {
  if (line.aim === undefined || line.peer.length === 0) return undefined;
  const value = median(compared(line));
  return line.better === 'higher' ? value > line.aim : value < line.aim;
};

/** @param {readonly number[]} values @param {number} digits */
const shown = (values, digits) =>
  values.length === 0
    ? '-'
    : median(values).toLocaleString('en', {
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
      });

/** @param {readonly string[][]} cells */
const aligned = (cells) => {
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  );
  const fit = (/** @type {string} */ cell, /** @type {number} */ column) =>
    column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  return cells.map((row) => row.map(fit).join('  ').trimEnd());
};

/**
 * @param {readonly Line[]} lines @param {[ours: string, peer: string, compared: string]} columns
 * their names @returns {string[]}
 */
export const table = (lines, columns) => {
  const header = ['row', 'measure', ...columns, 'lowest', 'highest', 'aim', ''];
  const body = lines.map((line) => {
    const all = compared(line);
    const digits = line.by === 'difference' ? line.digits : 2;
    const met = isMet(line);
    return [
      line.row,
      line.measure,
      shown(line.ours, line.digits),
      shown(line.peer, line.digits),
      shown(all, digits),
      all.length === 0 ? '-' : Math.min(...all).toFixed(digits),
      all.length === 0 ? '-' : Math.max(...all).toFixed(digits),
      line.aim === undefined
        ? '-'
        : `${line.better === 'higher' ? '>' : '<'} ${line.aim.toFixed(digits)}`,
      met === undefined ? '' : met ? 'met' : 'MISSED',
    ];
  });
  return aligned([header, ...body]);
};

/** @param {readonly Line[]} lines */
export const verdict = (lines) => {
  const judged = lines.filter((line) => isMet(line) !== undefined);
  const missed = judged
    .filter((line) => isMet(line) === false)
    .map(({ row, measure }) => `${row} ${measure}`);
  return `${judged.length - missed.length} of ${judged.length} aims met${missed.length === 0 ? '.' : `; missed: ${missed.join('; ')}.`}`;
};
