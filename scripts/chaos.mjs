// npm run chaos: turns of the real codex and of the fake one through the plugin, in several
// workspaces at once, with random faults. After each turn the promises of a turn are checked. Runs
// on loopback, in folders of its own, and leaves nothing.
import { rmSync } from 'node:fs';
import { Violation } from './chaos/check-turn.mjs';
import { startLives } from './chaos/lives.mjs';
import { replyByPlan } from './chaos/real-plans.mjs';
import { createCounts } from './chaos/report.mjs';
import { workspaceLoop } from './chaos/workspace-loop.mjs';
import { oneOf, readCommandLine, wholeNumber } from './lib/command-line.mjs';
import { clearOnSignal, nativeCodex, openBase } from './lib/lab.mjs';
import { startModelServer } from './lib/model-server.mjs';
import { randomOf } from './lib/random.mjs';
import { NEWEST, OTHER_VERSIONS } from './lib/versions.mjs';

const USAGE = `npm run chaos -- [--seconds N] [--seed N] [--transport exec|app-server]

  --seconds    how long (default: 180)
  --seed       repeats the choices of an earlier run; the first line of its output has the seed
  --transport  how the plugin runs codex (default: exec)
`;

const given = readCommandLine(USAGE, {
  options: {
    seconds: { type: 'string', default: '180' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    transport: { type: 'string', default: 'exec' },
  },
}).values;
const transport = oneOf('--transport', given.transport, ['exec', 'app-server']);
const seconds = wholeNumber('--seconds', given.seconds);
const seed = wholeNumber('--seed', given.seed, 0);
const say = (/** @type {string} */ text) => process.stdout.write(`${text}\n`);
say(`seed ${seed}`);

// On a busy machine codex may say nothing for 6 s in its start although all is well.
const config = {
  transport,
  grace_ms: 1_000,
  idle_timeout_ms: 20_000,
  command_timeout_ms: 20_000,
  first_event_timeout_ms: 20_000,
};
const workspaces = [
  { name: 'a', fake: false },
  { name: 'b', fake: false },
  // The fake codex has no app-server.
  ...(transport === 'exec' ? [{ name: 'f', fake: true }] : []),
];
const codexes = [NEWEST, ...OTHER_VERSIONS].flatMap((version) => {
  const native = nativeCodex(version);
  return native === undefined ? [] : [{ version, native }];
});

const base = openBase('chaos');
const model = await startModelServer({ reply: replyByPlan });
const { count, turns, faults, table } = createCounts();
const began = performance.now();
/** @type {string[]} */ const steps = [];
const log = (/** @type {string} */ text) =>
  steps.push(`${((performance.now() - began) / 1_000).toFixed(3).padStart(8)} ${text}`);
/** @type {import('./lib/lab.mjs').Lab[]} */ const labs = [];
clearOnSignal(() => labs);
const lives = await startLives(codexes, { base, labs, config, configToml: model.configToml, log });

let isOver = false;
const timer = setTimeout(() => (isOver = true), seconds * 1_000);
const asError = (/** @type {unknown} */ error) =>
  error instanceof Error ? error : new Error(String(error));
/** The first broken promise. @type {(Error & { place?: string }) | undefined} */
const broken = await Promise.all(
  lives.flatMap(({ life, version, bridge, log: logOf }) =>
    workspaces.map(({ name, fake }) =>
      workspaceLoop({
        name,
        fake,
        bridge,
        graceMs: config.grace_ms,
        random: randomOf(seed, `${version} ${name}`),
        life,
        isOver: () => isOver,
        log: (text) => logOf(`${name} ${text}`),
        count,
      }).catch((/** @type {unknown} */ error) => {
        throw Object.assign(asError(error), {
          place: `codex ${version}, workspace ${name}${fake ? ' (fake codex)' : ''}, bridge ${bridge}`,
        });
      }),
    ),
  ),
)
  .then(() => Promise.all(lives.map(({ life }) => life.finish())))
  .then(() => undefined, asError);
clearTimeout(timer);
isOver = true;
for (const lab of labs) await lab.clear();
await model.close();

const starts = lives.reduce((sum, { life }) => sum + life.starts(), 0);
const left = lives.reduce((sum, { life }) => sum + life.orphans.count(), 0);
say(`\n${table()}`);
say(
  'ms: the longest time from a cancel, or from the death of codex, to the terminal event, without waits for a core; broken: the plugin exited in the turn',
);
say(
  `codex ${codexes.map(({ version }) => version).join(', ')}; ${starts} starts of the plugin; killed plugins left ${left} processes`,
);
if (broken !== undefined) {
  say(`\nseed ${seed}\n${steps.slice(-200).join('\n')}\n`);
  const said = broken instanceof Violation ? broken.message : (broken.stack ?? String(broken));
  say(`VIOLATION  ${broken.place ?? 'at the end'}: ${said}`);
}
say(`\n${turns()} turns, ${faults()} faults, ${broken === undefined ? 0 : 1} violations`);
rmSync(base.dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
process.exit(broken === undefined ? 0 : 1);
