// npm run bench: our whole chain against codex-sdk on a fake codex, the real codex through the
// plugin against the bare binary and with tools against without, the app-server against its peers,
// the relay against Node, and mutations of a big rollout against cp. Only npm leaves this machine,
// to install the peers once; codex itself sees a model on loopback and no login.
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, stat } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { AI_SDK_VERSION } from './bench/ai-sdk.mjs';
import { measureAppServer } from './bench/app-server.mjs';
import { bundleChain } from './bench/chain.mjs';
import { fail, leave, started } from './bench/children.mjs';
import { SDK_VERSION, wantedSdk } from './bench/codex-sdk.mjs';
import { compare } from './bench/compare.mjs';
import { installed } from './bench/install.mjs';
import { MUTATIONS, measureMutate } from './bench/mutate.mjs';
import { measureRelay } from './bench/relay.mjs';
import { rowsOf } from './bench/rows.mjs';
import { table, verdict } from './bench/table.mjs';
import { measureTools, TOOLS } from './bench/tools.mjs';
import { canMeasureTrees } from './bench/tree-memory.mjs';
import { measureTurns } from './bench/turns.mjs';

/** @typedef {import('./bench/table.mjs').Line} Line */

const root = fileURLToPath(new URL('..', import.meta.url));
/** The rows that need dist/. */
const BUILT = ['turn', 'relay', 'tools', 'app-server'];
/** The rows with a table of their own. */
const OWN = /** @type {const} */ (['turn', 'relay', 'tools', 'app-server', 'mutate']);
/** @typedef {typeof OWN[number]} Own */
/**
 * @typedef {{ lines: Line[], columns: [string, string, string], means: string[], notes?: string[]
 * }} Table
 */
const say = (/** @type {string} */ text) => process.stdout.write(`${text}\n`);

const names = [...rowsOf(false).map(({ name }) => name), ...OWN];
const help = `npm run bench -- [--quick] [--only <row>]... [--rounds <n>] [--profile <dir>]

  --quick    small sizes, one round: shows that it works, not how fast it is
  --only     ${names.join(' | ')}
  --rounds   how often both sides are measured (5 times; ${BUILT.join(', ')} 41 times, mutate 11 times)
  --profile  a CPU profile of every measurement against codex-sdk, for Chrome's DevTools`;

/**
 * @typedef {{ bundle: string, sdk: string, temporary: string, rounds: number, quick: boolean }}
 * OwnOptions
 */

/** @type {Record<Own, (options: OwnOptions) => Promise<Table>>} */
const measureOwn = {
  turn: async ({ bundle, temporary, rounds }) => {
    const times = await measureTurns({ root, bundle, temporary, rounds });
    /**
     * @param {string} measure @param {'first' | 'text' | 'end'} key @param {number} [aim] @returns
     * {Line}
     */
    const line = (measure, key, aim) => ({
      row: 'turn',
      measure,
      ours: times.plugin.map((time) => time[key]),
      peer: times.bare.map((time) => time[key]),
      better: 'lower',
      aim,
      digits: 0,
    });
    return {
      lines: [
        line('first event, ms', 'first'),
        line('first text, ms', 'text', 1.1),
        line('end of turn, ms', 'end', 1.1),
      ],
      columns: ['ours', 'bare codex', 'ours : peer'],
      means: [
        'a turn of the real codex, host to host, against the bare binary with the same arguments: what the plugin adds.',
        `The plugin's first event is message_start, sent before codex starts: no comparison. Starting the plugin, once, took ${times.startMs.toFixed(0)} ms.`,
      ],
    };
  },
  relay: async ({ temporary, rounds }) => {
    const { relay, node } = await measureRelay({ root, temporary, rounds });
    /** @param {string} measure @param {number[]} ours @param {number} [aim] @returns {Line} */
    const line = (measure, ours, aim) => ({
      row: 'relay',
      measure,
      ours,
      peer: node.map(({ end }) => end),
      better: 'lower',
      aim,
      digits: 1,
    });
    return {
      lines: [
        line(
          'first byte, ms',
          relay.map(({ arrived }) => arrived),
          1.15,
        ),
        line(
          'exit, ms',
          relay.map(({ end }) => end),
        ),
      ],
      columns: ['ours', 'node -e 0', 'ours : peer'],
      means: [
        'mcp-host as codex starts it, from its start to its first byte on the socket and, stdin being closed, to its exit;',
        'both against the start and exit of Node with nothing to do: what the relay adds to a process of Node.',
      ],
    };
  },
  tools: async ({ temporary, rounds }) => ({
    lines: await measureTools({ root, temporary, rounds }),
    columns: ['these', 'those', 'these - those'],
    means: [
      `turns of the real codex through the plugin, without tools (none) and with ${TOOLS} over "bridge": "http" and "stdio";`,
      'the model answers with text at once, or calls one tool first, which takes a second request to the model too.',
      canMeasureTrees
        ? 'Peak memory: plugin, codex and relay together, shared pages in parts (PSS), seen every few ms in turns of their own.'
        : 'Peak memory is missing: it comes from /proc of Linux.',
    ],
  }),
  'app-server': async ({ bundle, sdk, temporary, rounds }) => {
    const { lines, notes, node } = await measureAppServer({ root, bundle, sdk, temporary, rounds });
    return {
      lines,
      columns: ['these', 'those', 'these : those'],
      means: [
        'turns on each version of codex, with a model that answers at once or a second long. Warm: a turn of a thread that is loaded; cold: the app-server',
        'is started by it; a tool: one of the daemon is offered. The bare client does nothing else; exec new and exec resume go through the plugin too.',
        `Plugin and peers (codex-sdk ${SDK_VERSION}, ai-sdk-provider-codex-cli ${AI_SDK_VERSION}) on Node ${node} and the native codex; ours are timed at the host, theirs within their process.`,
        canMeasureTrees
          ? 'Memory: plugin or peer with its codex, nothing running, shared pages in parts (PSS); threads in a folder each, those of the peer in one: it starts an app-server for each folder.'
          : 'Memory is missing: it comes from /proc of Linux.',
      ],
      notes,
    };
  },
  mutate: async ({ bundle, temporary, rounds, quick }) => {
    const { lines, bytes, calls } = await measureMutate({ bundle, temporary, rounds, quick });
    return {
      lines,
      columns: ['ours', 'cp, idle', 'ours : cp, - idle'],
      means: [
        `${MUTATIONS} tool results marked as consumed in a rollout of ${(bytes / 1e6).toFixed(0)} MB with ${calls} calls, journal and flushes included,`,
        'in one process, as the plugin is one, against cp of the same file from and into the file cache.',
      ],
    };
  },
};

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
  if (unknown !== undefined)
    throw new Error(`there is no row ${JSON.stringify(unknown)}; the rows are ${names.join(', ')}`);
  const asked = given.rounds === undefined ? undefined : Number(given.rounds);
  if (asked !== undefined && !(Number.isInteger(asked) && asked > 0))
    throw new Error('--rounds takes a number from 1 on');
  const rounds = asked ?? (quick ? 1 : 5);
  const roundsOf = (/** @type {Own} */ name) => asked ?? (quick ? 2 : name === 'mutate' ? 11 : 41);
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
  const absent = rows.length === 0 ? '' : await installed(wantedSdk(sdk), started);
  if (absent !== '') notes.push(absent);
  for (const row of rows) {
    process.stderr.write(`${row.name} ...\n`);
    throughput.push(
      ...(await compare(row, {
        bundle,
        sdk,
        withPeer: absent === '',
        rounds,
        temporary,
        profiles: profile,
      })),
    );
  }

  const built = await changed(path.join(root, 'dist/main.cjs'));
  const wanted = OWN.filter(isWanted);
  const needBuilt = wanted.filter((name) => BUILT.includes(name));
  if (needBuilt.length > 0 && built === undefined)
    notes.push(`Without the built plugin (npm run build) nothing measures ${quoted(needBuilt)}.`);
  /** @type {[Own, Table][]} */ const tables = [];
  for (const name of wanted) {
    if (built === undefined && BUILT.includes(name)) continue;
    process.stderr.write(`${name} ...\n`);
    const own = await measureOwn[name]({ bundle, sdk, temporary, rounds: roundsOf(name), quick });
    notes.push(...(own.notes ?? []));
    tables.push([name, own]);
  }

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
  const throughDist = tables.map(([name]) => name).filter((name) => BUILT.includes(name));
  if (throughDist.length > 0 && (built ?? 0) < (await newest(path.join(root, 'src'))))
    notes.push(
      `dist/ is older than src/, so ${quoted(throughDist)} went through an old plugin: npm run build`,
    );
  say(
    '\nAim: ahead of codex-sdk in every row; the plugin adds under 10 % to the bare turn; the relay takes under 1.15 times as long as Node;' +
      '\ntools over HTTP make a turn less than 20 ms later; a mutation takes less time than cp, and less than 100 MiB;' +
      '\non a warm app-server the first text comes before that of every peer, and takes under 1.2 times as long as with the bare client, also with a tool.',
  );
  if (!quick) say(verdict([...throughput, ...tables.flatMap(([, { lines }]) => lines)]));
  for (const note of notes) say(`\n${note}`);
  return notes.length === 0 ? 0 : 1;
};

const quoted = (/** @type {readonly string[]} */ rows) =>
  `${rows.length === 1 ? 'the row' : 'the rows'} ${rows.map((row) => `"${row}"`).join(', ')}`;

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
