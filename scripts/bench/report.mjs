// Prints the measurements.
import { cpus } from 'node:os';
import { SDK_VERSION } from './codex-sdk.mjs';
import { table, verdict } from './table.mjs';

/**
 * @typedef {import('./table.mjs').Line} Line
 * @typedef {import('./own-tables.mjs').OwnRow} OwnRow
 * @typedef {{ quick: boolean, rounds: number, roundsOf: (row: OwnRow) => number, rows: ReturnType<
 * typeof import('./rows.mjs').rowsOf>, throughput: Line[], tables: [OwnRow,
 * import('./own-tables.mjs').Table][], notes: string[] }} Results
 */

export const say = (/** @type {string} */ text) => process.stdout.write(`${text}\n`);

/** @param {Results} results */
export const printResults = ({ quick, rounds, roundsOf, rows, throughput, tables, notes }) => {
  say(
    `\nNode ${process.versions.node}, ${process.platform} ${process.arch}, ${cpus().length} CPUs${quick ? '; --quick: too small for conclusions' : ''}`,
  );
  const counts = [
    ...(throughput.length > 0 ? [`${rounds} rounds`] : []),
    ...tables.map(([row]) => `${roundsOf(row)} of ${row.name}`),
  ];
  say(
    `${counts.join(', ')}, the sides in alternating order: medians, and the median, lowest and highest ratio or difference of a round.`,
  );
  say('On a busy machine only the ratios and differences count.');
  if (throughput.length > 0) {
    say(`\n${table(throughput, ['ours', `codex-sdk ${SDK_VERSION}`, 'ours : peer']).join('\n')}\n`);
    for (const { name, what, means } of rows) say(`${name.padEnd(7)}  ${what}: ${means}`);
  }
  for (const [{ name }, { lines, columns, means }] of tables) {
    say(`\n${table(lines, columns).join('\n')}\n`);
    means.forEach((text, i) => say(`${(i === 0 ? name : '').padEnd(7)}  ${text}`));
  }
  if (!quick) say(`\n${verdict([...throughput, ...tables.flatMap(([, { lines }]) => lines)])}`);
  for (const note of notes) say(`\n${note}`);
};
