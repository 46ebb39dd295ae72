// Prints the measurements.
import { cpus } from 'node:os';
import { SDK_VERSION } from './codex-sdk.mjs';
import { table, verdict } from './table.mjs';

/**
 * @typedef {import('./table.mjs').Line} Line
 * @typedef {{ quick: boolean, rounds: number, roundsOf: (name: import('./own-tables.mjs').Own) =>
 * number, rows: ReturnType<typeof import('./rows.mjs').rowsOf>, throughput: Line[], tables:
 * [import('./own-tables.mjs').Own, import('./own-tables.mjs').Table][], notes: string[] }} Results
 */

export const say = (/** @type {string} */ text) => process.stdout.write(`${text}\n`);

/** @param {Results} results */
export const printResults = ({ quick, rounds, roundsOf, rows, throughput, tables, notes }) => {
  say(
    `\nNode ${process.versions.node}, ${process.platform} ${process.arch}, ${cpus().length} CPUs${quick ? '; --quick: too small for conclusions' : ''}`,
  );
  const counts = [
    ...(throughput.length > 0 ? [`${rounds} rounds`] : []),
    ...tables.map(([name]) => `${roundsOf(name)} of ${name}`),
  ];
  say(
    `${counts.join(', ')}, the sides in alternating order: medians, and the median, lowest and highest ratio or difference of a round.`,
  );
  say('On a busy machine only the ratios and differences count.');
  if (throughput.length > 0) {
    say(`\n${table(throughput, ['ours', `codex-sdk ${SDK_VERSION}`, 'ours : peer']).join('\n')}\n`);
    for (const { name, what, means } of rows) say(`${name.padEnd(7)}  ${what}: ${means}`);
  }
  for (const [name, { lines, columns, means }] of tables) {
    say(`\n${table(lines, columns).join('\n')}\n`);
    means.forEach((text, i) => say(`${(i === 0 ? name : '').padEnd(7)}  ${text}`));
  }
  say(
    '\nAims: ahead of codex-sdk in every row; the plugin adds less than 10 % to the bare turn; the relay takes less than 1.15 times as long as Node;' +
      '\ntools over HTTP add less than 20 ms to a turn; a mutation takes less time than cp, and less than 100 MiB;' +
      '\non a warm app-server the first text comes before that of every peer, and takes less than 1.2 times as long as with the bare client, also with a tool;' +
      '\na thread of 400 MB, and 20 turns at once, take less than 1.05 times as long as with the bare binary, and 20 or 100 MiB of the plugin;' +
      '\n28 workspaces with tools have one port, and fewer than 56 descriptors more than one.',
  );
  if (!quick) say(verdict([...throughput, ...tables.flatMap(([, { lines }]) => lines)]));
  for (const note of notes) say(`\n${note}`);
};
