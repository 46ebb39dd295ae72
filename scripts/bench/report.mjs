// Prints what the bench has measured.
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
    `\nNode ${process.versions.node}, ${process.platform} ${process.arch}, ${cpus().length} CPUs${quick ? '; --quick: too small to mean anything' : ''}`,
  );
  const counts = [
    ...(throughput.length > 0 ? [`${rounds} rounds`] : []),
    ...tables.map(([name]) => `${roundsOf(name)} of ${name}`),
  ];
  say(
    `All sides by turns, ${counts.join(', ')}: medians, and the median, lowest and highest ratio or difference of a round.`,
  );
  say('On a machine that does other things too only the ratios and differences count.');
  if (throughput.length > 0) {
    say(`\n${table(throughput, ['ours', `codex-sdk ${SDK_VERSION}`, 'ours : peer']).join('\n')}\n`);
    for (const { name, what, means } of rows) say(`${name.padEnd(7)}  ${what}: ${means}`);
  }
  for (const [name, { lines, columns, means }] of tables) {
    say(`\n${table(lines, columns).join('\n')}\n`);
    means.forEach((text, i) => say(`${(i === 0 ? name : '').padEnd(7)}  ${text}`));
  }
  say(
    '\nAim: ahead of codex-sdk in every row; the plugin adds under 10 % to the bare turn; the relay takes under 1.15 times as long as Node;' +
      '\ntools over HTTP make a turn less than 20 ms later; a mutation takes less time than cp, and less than 100 MiB;' +
      '\non a warm app-server the first text comes before that of every peer, and takes under 1.2 times as long as with the bare client, also with a tool.',
  );
  if (!quick) say(verdict([...throughput, ...tables.flatMap(([, { lines }]) => lines)]));
  for (const note of notes) say(`\n${note}`);
};
