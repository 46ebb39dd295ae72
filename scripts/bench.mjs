// npm run bench: our whole chain against codex-sdk on a fake codex, and the real codex through the plugin against the bare binary.
// See --help. Nothing but npm, and that only to install the peer once, leaves this machine.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, stat } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundleChain } from './bench/chain.mjs';
import { installSdk, SDK_VERSION } from './bench/codex-sdk.mjs';
import { ASCII, fakeCodex, UNICODE } from './bench/inputs.mjs';
import { table, verdict } from './bench/table.mjs';
import { measureTurns } from './bench/turns.mjs';

/**
 * @typedef {import('./bench/consume.mjs').Side} Side
 * @typedef {import('./bench/consume.mjs').Job} Job
 * @typedef {import('./bench/consume.mjs').Measured} Measured
 * @typedef {import('./bench/table.mjs').Line} Line
 * @typedef {{ name: string, what: string, means: string, input: import('./bench/inputs.mjs').Input, pauseMs?: number, limit?: number }} Row
 */

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string' },
    profile: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const { quick } = values;
/** @param {number} full @param {number} small */
const sized = (full, small) => (quick ? small : full);
const rounds = Number(values.rounds ?? sized(5, 1));
const turnRounds = Number(values.rounds ?? sized(25, 2));

const MB = 1_000_000;
/** @type {Row[]} */
const rows = [
  {
    name: 'lines',
    what: '200k lines of 270 B',
    means: 'what an event costs: spawn, bytes, lines, JSON, codec, canonical event',
    input: { lines: sized(200_000, 5_000), chars: 190, text: ASCII },
  },
  {
    name: 'unicode',
    what: '200k lines of 270 characters, not all ASCII',
    means: 'the same for text that V8 keeps in two bytes a character, which prose of a model often is',
    input: { lines: sized(200_000, 5_000), chars: 190, text: UNICODE },
  },
  {
    name: 'big',
    what: '20k lines of 20 KB',
    means: 'what a byte costs: long command outputs',
    input: { lines: sized(20_000, 200), chars: 20_000, text: ASCII },
  },
  {
    name: 'one',
    what: 'one line of 64 MB',
    means: 'whether time and memory stay linear in the length of a line',
    input: { lines: 1, chars: sized(64, 2) * 1024 * 1024, text: ASCII },
  },
  {
    name: 'slow',
    what: 'a reader that takes 1 ms an event, 3,000 events of the 400 MB of "big"',
    means: 'whether codex waits for a slow host: without back-pressure all that codex prints lies in memory',
    input: { lines: sized(20_000, 2_000), chars: 20_000, text: ASCII },
    pauseMs: 1,
    limit: sized(3_000, 100),
  },
];
const TURN = 'turn';
const names = [...rows.map(({ name }) => name), TURN];

const say = (/** @type {string} */ text) => process.stdout.write(`${text}\n`);
if (values.help) {
  say(`npm run bench -- [--quick] [--only <row>]... [--rounds <n>] [--profile <dir>]

  --quick    small sizes, one round: shows that it works, not how fast
  --only     ${names.join(' | ')}
  --rounds   pairs of measurements a row (5, and 25 turns)
  --profile  a CPU profile of every measured process, for Chrome's DevTools`);
  process.exit();
}
const unknown = values.only.find((name) => !names.includes(name));
if (unknown !== undefined) {
  process.stderr.write(`bench: there is no row ${JSON.stringify(unknown)}; rows are ${names.join(', ')}\n`);
  process.exit(1);
}
const isWanted = (/** @type {string} */ name) => values.only.length === 0 || values.only.includes(name);

const root = fileURLToPath(new URL('..', import.meta.url));
const cache = path.join(root, '.cache');
const bundle = path.join(cache, 'bench', `chain-${process.pid}.cjs`);
const sdk = path.join(cache, 'bench-peers');
const temporary = await mkdtemp(path.join(tmpdir(), 'plexum-bench-'));

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
const started = (/** @type {import('node:child_process').ChildProcess} */ child) => {
  running.add(child);
  child.once('close', () => running.delete(child)).once('error', () => running.delete(child));
};
process.on('exit', () => {
  rmSync(temporary, { recursive: true, force: true });
  rmSync(bundle, { force: true });
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    // The plugin ends its codex on SIGTERM and then itself.
    for (const child of running) child.kill('SIGTERM');
    const gone = Promise.all([...running].map((child) => once(child, 'close')));
    void Promise.race([gone, new Promise((resolve) => setTimeout(resolve, 3_000))]).then(() => {
      for (const child of running) child.kill('SIGKILL');
      process.exit(130);
    });
  });
}

const consumer = fileURLToPath(new URL('bench/consume.mjs', import.meta.url));
let nth = 0;
/** @param {Row} row @param {Side} side @param {string} codex @returns {Promise<Measured>} */
const measured = async ({ name, pauseMs = 0, limit = Infinity }, side, codex) => {
  const workspace = path.join(temporary, `workspace-${nth++}`);
  await mkdir(workspace);
  /** @type {Job} */
  const job = { side, bundle, sdk, codex, workspace, pauseMs, limit: Math.min(limit, Number.MAX_SAFE_INTEGER) };
  const profile =
    values.profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', values.profile, '--cpu-prof-name', `${name}-${side}-${nth}.cpuprofile`];
  const child = spawn(process.execPath, [...profile, consumer, JSON.stringify(job)], { stdio: ['ignore', 'pipe', 'pipe'] });
  started(child);
  let answer = '';
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (answer += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
  const [code, signal] = await once(child, 'close');
  if (code !== 0) throw new Error(`the measurement of ${name} (${side}) ended with ${signal ?? code}: ${said}`);
  return JSON.parse(answer);
};

/** @param {Row} row @param {boolean} withPeer @returns {Promise<Line[]>} */
const compare = async (row, withPeer) => {
  const fake = await fakeCodex(path.join(temporary, row.name), row.input);
  /** @type {Record<Side, Measured[]>} */
  const runs = { ours: [], sdk: [] };
  /** @type {Side[]} */
  const sides = withPeer ? ['ours', 'sdk'] : ['ours'];
  const expected = Math.min(fake.messages, row.limit ?? Infinity);
  for (let round = 0; round < rounds; round += 1) {
    for (const side of round % 2 === 0 ? sides : [...sides].reverse()) {
      const run = await measured(row, side, fake.executable);
      if (run.messages !== expected) throw new Error(`${row.name}: ${side} saw ${run.messages} of ${expected} messages`);
      runs[side].push(run);
    }
  }
  if (new Set([...runs.ours, ...runs.sdk].map(({ chars }) => chars)).size > 1) throw new Error(`${row.name}: the sides did not see the same text`);
  rmSync(path.join(temporary, row.name), { recursive: true });

  /** @param {string} measure @param {(run: Measured) => number} value @param {'higher' | 'lower'} better @param {number} digits @returns {Line} */
  const line = (measure, value, better, digits) => ({
    row: row.name,
    measure,
    ours: runs.ours.map(value),
    peer: runs.sdk.map(value),
    better,
    aim: 1,
    digits,
  });
  const memory = line('peak memory, MB', ({ peakMB }) => peakMB, 'lower', 0);
  if (row.pauseMs !== undefined) return [line('ms an event', ({ ms, messages }) => ms / messages, 'lower', 2), memory];
  const bytes = line('MB/s', ({ ms }) => fake.bytes / MB / (ms / 1000), 'higher', 0);
  return row.input.lines === 1 ? [bytes, memory] : [line('events/s', ({ ms, messages }) => messages / (ms / 1000), 'higher', 0), bytes, memory];
};

/** @returns {Promise<{ lines: Line[], notes: string[] }>} */
const turns = async () => {
  const { plugin, bare, plugStartMs } = await measureTurns({ root, bundle, temporary, rounds: turnRounds, started });
  /** @param {string} measure @param {'first' | 'text' | 'end'} key @returns {Line} */
  const line = (measure, key) => ({
    row: TURN,
    measure,
    ours: plugin.map((times) => times[key]),
    peer: bare.map((times) => times[key]),
    better: 'lower',
    aim: 1.1,
    digits: 0,
  });
  return {
    lines: [line('first event, ms', 'first'), line('first text, ms', 'text'), line('end of turn, ms', 'end')],
    notes: [
      `${TURN.padEnd(8)} a turn of the real codex through the plugin, host to host, against the bare binary: what we add`,
      `         (the plugin's first event is message_start, which comes before codex starts; starting the plugin took ${plugStartMs.toFixed(0)} ms, once)`,
    ],
  };
};

/** The newest change below a folder. @param {string} dir @returns {Promise<number>} */
const newest = async (dir) => {
  const files = await readdir(dir, { recursive: true });
  const changes = await Promise.all(files.map(async (file) => (await stat(path.join(dir, file))).mtimeMs));
  return Math.max(0, ...changes);
};

await mkdir(path.dirname(bundle), { recursive: true });
await bundleChain(root, bundle);
const wanted = rows.filter(({ name }) => isWanted(name));
const absent = wanted.length === 0 ? '' : await installSdk(sdk, started);
const built = await stat(path.join(root, 'dist/main.cjs')).then(
  ({ mtimeMs }) => mtimeMs,
  () => undefined,
);

/** @type {Line[]} */
const chainLines = [];
for (const row of wanted) {
  process.stderr.write(`${row.name} ...\n`);
  chainLines.push(...(await compare(row, absent === '')));
}
/** @type {Awaited<ReturnType<typeof turns>>} */
let turn = { lines: [], notes: [] };
if (isWanted(TURN) && built !== undefined) {
  process.stderr.write(`${TURN} ...\n`);
  turn = await turns();
}

say(
  `\nNode ${process.versions.node}, ${process.platform} ${process.arch}, ${cpus().length} CPUs${quick ? ' -- --quick: sizes too small to mean anything' : ''}`,
);
say(
  `Medians of ${rounds} rounds (turns: ${turnRounds}) in which both sides take turns; the ratio is the median of the rounds, with its lowest and highest.`,
);
say('On a busy machine only the ratios count.\n');
if (chainLines.length > 0) {
  for (const text of table(chainLines, `codex-sdk ${SDK_VERSION}`)) say(text);
  say('');
  for (const { name, what, means } of wanted) say(`${name.padEnd(8)} ${what}: ${means}`);
  say('');
}
if (turn.lines.length > 0) {
  for (const text of table(turn.lines, 'bare codex')) say(text);
  say('');
  for (const note of turn.notes) say(note);
  if ((built ?? 0) < (await newest(path.join(root, 'src')))) say('         NOTE: dist/ is older than src/; npm run build, then measure again');
  say('');
}
say('Aim: ahead of codex-sdk in every row; the plugin adds under 10 % to the bare turn.');
say(`${verdict([...chainLines, ...turn.lines])}.`);
if (absent !== '') say(`\n${absent}`);
if (isWanted(TURN) && built === undefined) say('\nThe row "turn" needs the built plugin: npm run build');
process.exitCode = absent !== '' || (isWanted(TURN) && built === undefined) ? 1 : 0;
