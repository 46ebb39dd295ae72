// npm run soak: many turns through one plugin, and whether its memory, descriptors, timers and
// processes stay flat. The turns run on the fake codex and every 20th on the real one, or all on
// one app-server. Of ten turns one or two are cancelled, one fails, and two have tools of the host;
// on the fake codex one dies. Runs on loopback.
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { PINNED } from './lib/codexes.mjs';
import { misused, oneOf, readCommandLine, wholeNumber } from './lib/command-line.mjs';
import { clearOnSignal, nativeCodex, openBase, openLab } from './lib/lab.mjs';
import { startModelServer } from './lib/model-server.mjs';
import { textTable } from './lib/text-table.mjs';
import { execTurns } from './soak/exec-turns.mjs';
import { BOUNDS, MEASURES, memoryOf, probedLauncher, sample, slope } from './soak/measure.mjs';
import { killServer, replyByKind, servedTurns, serverOf } from './soak/served-turns.mjs';
import { AT_ONCE } from './soak/turn.mjs';

/** @typedef {import('./soak/measure.mjs').Sample} Sample */

const USAGE = `npm run soak -- [--turns N] [--transport exec|app-server] [--codex VERSION] [--deaths]

  --turns      how many (default: 1000)
  --transport  how the plugin runs codex (default: exec)
  --codex      the version of codex (default: ${PINNED})
  --deaths     kills the app-server after every round
`;

const given = readCommandLine(USAGE, {
  options: {
    turns: { type: 'string', default: '1000' },
    transport: { type: 'string', default: 'exec' },
    codex: { type: 'string', default: PINNED },
    deaths: { type: 'boolean', default: false },
  },
}).values;
const isServed = oneOf('--transport', given.transport, ['exec', 'app-server']) === 'app-server';
/** Turns between two samples. */
const ROUND = isServed ? 50 : 20;
/**
 * Turns before the first sample that counts: until then V8 compiles. The app-server's turns run
 * more of our code.
 */
const WARM_UP = isServed ? 400 : 200;
/** Turns that a judgement of growth needs. With fewer, caches still fill. */
const TO_JUDGE = 2 * WARM_UP;
/**
 * Milliseconds before a sample: the response follows the last event, and the app-server unloads a
 * thread 10 s after its last turn.
 */
const REST_MS = isServed ? 11_000 : 100;

const turns = wholeNumber('--turns', given.turns, 2 * ROUND);
const native = nativeCodex(given.codex);
if (native === undefined)
  misused(`codex ${given.codex} is not installed: npm ci or npm run test:matrix installs it`);

const base = openBase('soak');
const model = await startModelServer({ reply: replyByKind });
const lab = openLab(base, {
  name: 'lab',
  native,
  configToml: model.configToml,
  config: { transport: given.transport, app_server_required: isServed },
  executable: probedLauncher(base.dir, base.executable),
  onTool: () => ({ content: [{ type: 'text', text: 'found' }] }),
});
clearOnSignal(() => [lab]);
const plugin = await lab.start();
const pid = plugin.child.pid ?? 0;
const turn = (isServed ? servedTurns : execTurns)(lab, plugin);

const where = isServed
  ? `on the app-server of codex ${given.codex}${given.deaths ? ', killed every round' : ''}`
  : `every 20th on codex ${given.codex}`;
process.stdout.write(
  `${turns} turns, ${where}, ${AT_ONCE} at once; memory in KiB, after a collection, at rest\n`,
);
/** @type {(Sample & { codex: number | undefined })[]} */ const samples = [];
const began = performance.now();
for (let done = 0; done < turns; ) {
  const until = Math.min(done + ROUND, turns);
  const work = async () => {
    while (done < until) await turn(done++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  if (given.deaths) await killServer(lab, plugin);
  plugin.frames.length = 0;
  plugin.logs.length = 0;
  model.requests.length = 0;
  await sleep(REST_MS);
  const server = serverOf(lab);
  samples.push({
    ...(await sample(pid, { home: lab.home, tmp: lab.at('tmp'), turn: done })),
    codex: server === undefined ? undefined : memoryOf(server).rss,
  });
  if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${turns} `);
}
const seconds = (performance.now() - began) / 1_000;
const { code, signal } = await plugin.stop();
await model.close();
const left = await lab.clear();
lab.remove();

const tenths = samples.filter(
  (one) => Math.floor((one.turn * 10) / turns) > Math.floor(((one.turn - ROUND) * 10) / turns),
);
const columns = /** @type {const} */ ([
  ...MEASURES,
  ...(isServed ? /** @type {const} */ (['codex']) : []),
]);
process.stdout.write(
  `\n${textTable([['turns', ...columns], ...tenths.map((one) => [one.turn, ...columns.map((column) => one[column] ?? '-')])], 0)}\n`,
);
if (isServed)
  process.stdout.write('codex: the memory of the app-server, for which there is no bound\n');

const isJudged = turns >= TO_JUDGE;
const counted = samples.filter((one) => one.turn >= Math.min(WARM_UP, turns / 4));
const slopes = MEASURES.map((measure) => ({
  measure,
  growth: slope(counted, measure),
  bound: BOUNDS[measure],
}));
const verdicts = slopes.map(({ measure, growth, bound }) => [
  measure,
  growth.toFixed(2),
  `< ${bound}`,
  growth < bound ? 'flat' : 'GROWS',
]);
if (isJudged)
  process.stdout.write(`\n${textTable([['', 'per 1,000 turns', 'bound', ''], ...verdicts])}\n`);

const growing = slopes
  .filter(({ growth, bound }) => isJudged && !(growth < bound))
  .map(({ measure }) => measure);
const problems = [
  ...growing.map((measure) => `${measure} grows`),
  ...(left.length > 0 ? [`${left.length} processes were alive at the end`] : []),
  ...(code === 0 ? [] : [`the plugin ended with code ${code}, signal ${signal}`]),
  ...(plugin.stderr() === ''
    ? []
    : [`the plugin wrote to stderr: ${plugin.stderr().slice(0, 500)}`]),
];
const good = isJudged
  ? 'all flat, nothing left'
  : `nothing left; a judgement of growth needs ${TO_JUDGE} turns`;
process.stdout.write(
  `\n${turns} turns in ${seconds.toFixed(0)} s: ${problems.length === 0 ? good : problems.join('; ')}\n`,
);
rmSync(base.dir, { recursive: true, force: true });
process.exit(problems.length === 0 ? 0 : 1);
