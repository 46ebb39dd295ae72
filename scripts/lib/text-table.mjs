// Rows of words and numbers under one another.

/**
 * Columns from `numbersFrom` to before `numbersTo` stand at the right. @param {readonly (readonly
 * (string | number)[])[]} rows @param {number} [numbersFrom] @param {number} [numbersTo] @returns
 * {string}
 */
export const textTable = (rows, numbersFrom = 1, numbersTo = Infinity) => {
  const cells = rows.map((row) => row.map(String));
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  );
  const fit = (/** @type {string} */ cell, /** @type {number} */ column) =>
    column < numbersFrom || column >= numbersTo
      ? cell.padEnd(widths[column] ?? 0)
      : cell.padStart(widths[column] ?? 0);
  return cells.map((row) => row.map(fit).join('  ').trimEnd()).join('\n');
};
