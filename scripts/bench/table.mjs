// Numbers of a run as a table.

/**
 * One line of the table: pairs of values, measured one after the other.
 * @typedef {{ row: string, measure: string, ours: number[], peer: number[], better: 'higher' | 'lower', aim: number, digits: number }} Line
 */

/** @param {readonly number[]} values */
export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? NaN) : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
};

/** @param {Line} line */
const ratios = ({ ours, peer }) => ours.map((value, i) => value / (peer[i] ?? NaN));

/** @param {Line} line */
const isMet = (line) => (line.better === 'higher' ? median(ratios(line)) > line.aim : median(ratios(line)) < line.aim);

/** @param {number} value @param {number} digits */
const shown = (value, digits) =>
  Number.isFinite(value) ? value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits }) : '-';

/** @param {readonly string[][]} cells */
const aligned = (cells) => {
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells.map((row) =>
    row
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
};

/** @param {readonly Line[]} lines @param {string} peer the name of its column @returns {string[]} */
export const table = (lines, peer) => {
  const header = ['row', 'measure', 'ours', peer, 'ours : peer', 'lowest', 'highest', 'aim', ''];
  const body = lines.map((line) => {
    const all = ratios(line);
    const compared = line.peer.length > 0;
    return [
      line.row,
      line.measure,
      shown(median(line.ours), line.digits),
      compared ? shown(median(line.peer), line.digits) : '-',
      compared ? median(all).toFixed(2) : '-',
      compared ? Math.min(...all).toFixed(2) : '-',
      compared ? Math.max(...all).toFixed(2) : '-',
      `${line.better === 'higher' ? '>' : '<'} ${line.aim.toFixed(2)}`,
      compared ? (isMet(line) ? 'met' : 'MISSED') : 'no peer',
    ];
  });
  return aligned([header, ...body]);
};

/** @param {readonly Line[]} lines */
export const verdict = (lines) => {
  const compared = lines.filter(({ peer }) => peer.length > 0);
  const missed = compared.filter((line) => !isMet(line)).map(({ row, measure }) => `${row} ${measure}`);
  return `${compared.length - missed.length} of ${compared.length} aims met${missed.length === 0 ? '' : `; missed: ${missed.join(', ')}`}`;
};
