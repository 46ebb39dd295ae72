// Numbers of a run as a table.

/**
 * One line of the table: pairs of values, measured one after the other. `aim` is what their ratio has to beat, where there is one.
 * @typedef {{ row: string, measure: string, ours: number[], peer: number[], better: 'higher' | 'lower', aim?: number | undefined, digits: number }} Line
 */

/** @param {readonly number[]} values */
const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? NaN) : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
};

/** @param {Line} line */
const ratios = ({ ours, peer }) => peer.map((value, i) => (ours[i] ?? NaN) / value);

/** Nothing where there is no aim or no peer. @param {Line} line */
const isMet = (line) => {
  if (line.aim === undefined || line.peer.length === 0) return undefined;
  const ratio = median(ratios(line));
  return line.better === 'higher' ? ratio > line.aim : ratio < line.aim;
};

/** @param {readonly number[]} values @param {number} digits */
const shown = (values, digits) =>
  values.length === 0 ? '-' : median(values).toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** @param {readonly string[][]} cells */
const aligned = (cells) => {
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const fit = (/** @type {string} */ cell, /** @type {number} */ column) =>
    column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  return cells.map((row) => row.map(fit).join('  ').trimEnd());
};

/** @param {readonly Line[]} lines @param {string} peer the name of its column @returns {string[]} */
export const table = (lines, peer) => {
  const header = ['row', 'measure', 'ours', peer, 'ours : peer', 'lowest', 'highest', 'aim', ''];
  const body = lines.map((line) => {
    const all = ratios(line);
    const met = isMet(line);
    return [
      line.row,
      line.measure,
      shown(line.ours, line.digits),
      shown(line.peer, line.digits),
      shown(all, 2),
      all.length === 0 ? '-' : Math.min(...all).toFixed(2),
      all.length === 0 ? '-' : Math.max(...all).toFixed(2),
      line.aim === undefined ? '-' : `${line.better === 'higher' ? '>' : '<'} ${line.aim.toFixed(2)}`,
      met === undefined ? '' : met ? 'met' : 'MISSED',
    ];
  });
  return aligned([header, ...body]);
};

/** @param {readonly Line[]} lines */
export const verdict = (lines) => {
  const judged = lines.filter((line) => isMet(line) !== undefined);
  const missed = judged.filter((line) => isMet(line) === false).map(({ row, measure }) => `${row} ${measure}`);
  return `${judged.length - missed.length} of ${judged.length} aims met${missed.length === 0 ? '.' : `; missed: ${missed.join('; ')}.`}`;
};
