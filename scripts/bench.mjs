// npm run bench: our whole chain against codex-sdk on a fake codex, and the real codex through the plugin against the bare binary.
// Only npm leaves this machine, to install the peer once; codex itself sees a model on loopback and no login.
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, stat } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundleChain } from './bench/chain.mjs';
import { fail, leave, started } from './bench/children.mjs';
import { installSdk, SDK_VERSION } from './bench/codex-sdk.mjs';
import { compare } from './bench/compare.mjs';
import { rowsOf } from './bench/rows.mjs';
import { table, verdict } from './bench/table.mjs';
import { measureTurns } from './bench/turns.mjs';

/** @typedef {import('./bench/table.mjs').Line} Line */

const root = fileURLToPath(new URL('..', import.meta.url));
const TURN = 'turn';
const say = (/** @type {string} */ text) => process.stdout.write(`${text}\n`);

const names = [...rowsOf(false).map(({ name }) => name), TURN];
const help = `npm run bench -- [--quick] [--only <row>]... [--rounds <n>] [--profile <dir>]

  --quick    small sizes, one round: shows that it works, not how fast it is
  --only     ${names.join(' | ')}
  --rounds   how often both sides are measured (5 times, turns 41 times)
  --profile  a CPU profile of every measurement against codex-sdk, for Chrome's DevTools`;

/** @returns {Promise<number>} the exit code */
const bench = async () => {
  const { quick, only, profile, ...given } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string' },
      profile: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  }).values;
  if (given.help) {
    say(help);
    return 0;
  }
  const unknown = only.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Error(`there is no row ${JSON.stringify(unknown)}; the rows are ${names.join(', ')}`);
  const asked = given.rounds === undefined ? undefined : Number(given.rounds);
  if (asked !== undefined && !(Number.isInteger(asked) && asked > 0)) throw new Error('--rounds takes a number from 1 on');
  const rounds = asked ?? (quick ? 1 : 5);
  const turnRounds = asked ?? (quick ? 2 : 41);
  const isWanted = (/** @type {string} */ name) => only.length === 0 || only.includes(name);
  const rows = rowsOf(quick).filter(({ name }) => isWanted(name));

  const bundle = path.join(root, '.cache/bench', `chain-${process.pid}.cjs`);
  const sdk = path.join(root, '.cache/bench-peers');
  const temporary = await mkdtemp(path.join(tmpdir(), 'plexum-bench-'));
  process.on('exit', () => {
    rmSync(temporary, { recursive: true, force: true });
    rmSync(bundle, { force: true });
  });
  await mkdir(path.dirname(bundle), { recursive: true });
  await bundleChain(root, bundle);

  /** @type {string[]} */ const notes = [];
  /** @type {Line[]} */ const throughput = [];
  const absent = rows.length === 0 ? '' : await installSdk(sdk, started);
  if (absent !== '') notes.push(absent);
  for (const row of rows) {
    process.stderr.write(`${row.name} ...\n`);
    throughput.push(...(await compare(row, { bundle, sdk, withPeer: absent === '', rounds, temporary, profiles: profile })));
  }

  /** @type {Line[]} */ const turns = [];
  let startMs = 0;
  const built = await changed(path.join(root, 'dist/main.cjs'));
  if (isWanted(TURN) && built === undefined) notes.push(`The row "${TURN}" needs the built plugin: npm run build`);
  else if (isWanted(TURN)) {
    process.stderr.write(`${TURN} ...\n`);
    const times = await measureTurns({ root, bundle, temporary, rounds: turnRounds, started });
    startMs = times.startMs;
    /** @param {string} measure @param {'first' | 'text' | 'end'} key @param {number} [aim] @returns {Line} */
    const line = (measure, key, aim) => ({
      row: TURN,
      measure,
      ours: times.plugin.map((time) => time[key]),
      peer: times.bare.map((time) => time[key]),
      better: 'lower',
      aim,
      digits: 0,
    });
    turns.push(line('first event, ms', 'first'), line('first text, ms', 'text', 1.1), line('end of turn, ms', 'end', 1.1));
  }

  say(
    `\nNode ${process.versions.node}, ${process.platform} ${process.arch}, ${cpus().length} CPUs${quick ? '; --quick: too small to mean anything' : ''}`,
  );
  say(
    `Both sides by turns, ${rounds} rounds${turns.length > 0 ? `, of the turn ${turnRounds}` : ''}: medians, and the median, lowest and highest ratio of a round.`,
  );
  say('On a machine that does other things too only the ratios count.');
  if (throughput.length > 0) {
    say(`\n${table(throughput, `codex-sdk ${SDK_VERSION}`).join('\n')}\n`);
    for (const { name, what, means } of rows) say(`${name.padEnd(7)}  ${what}: ${means}`);
  }
  if (turns.length > 0) {
    say(`\n${table(turns, 'bare codex').join('\n')}\n`);
    say(`${TURN.padEnd(7)}  a turn of the real codex, host to host, against the bare binary with the same arguments: what the plugin adds.`);
    say(
      `         The plugin's first event is message_start, sent before codex starts: no comparison. Starting the plugin, once, took ${startMs.toFixed(0)} ms.`,
    );
    if ((built ?? 0) < (await newest(path.join(root, 'src'))))
      notes.push('dist/ is older than src/, so the turns went through an old plugin: npm run build');
  }
  say('\nAim: ahead of codex-sdk in every row; the plugin adds under 10 % to the bare turn.');
  if (!quick) say(verdict([...throughput, ...turns]));
  for (const note of notes) say(`\n${note}`);
  return notes.length === 0 ? 0 : 1;
};

/** When a file changed, in ms; nothing when it is not there. @param {string} file */
const changed = (file) =>
  stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );

/** @param {string} dir */
const newest = async (dir) => {
  const files = await readdir(dir, { recursive: true });
  const times = await Promise.all(files.map((file) => changed(path.join(dir, file))));
  return Math.max(...times.map((time) => time ?? 0));
};

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => void leave(130));
await bench().then(leave, fail);
