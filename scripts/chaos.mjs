// npm run chaos: turns of the real codex and of the fake one through the plugin, several workspaces
// at once, with faults by chance; after each the promises of a turn are checked. Loopback only, in
// folders of its own; nothing is left.
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Violation } from './chaos/check-turn.mjs';
import { FAULTS } from './chaos/faults.mjs';
import { replyByPlan } from './chaos/plans.mjs';
import { startLife } from './chaos/plugin-life.mjs';
import { workspaceLoop } from './chaos/workspace-loop.mjs';
import { clearOnSignal, nativeCodex, openBase, openLab } from './lib/lab.mjs';
import { startModelServer } from './lib/model-server.mjs';
import { randomOf } from './lib/random.mjs';
import { textTable } from './lib/text-table.mjs';
import { NEWEST, OTHER_VERSIONS } from './lib/versions.mjs';

const given = parseArgs({
  options: {
    seconds: { type: 'string', default: '180' },
    seed: { type: 'string' },
    transport: { type: 'string', default: 'exec' },
  },
}).values;
const seconds = Number(given.seconds);
const seed = given.seed === undefined ? Date.now() % 1_000_000 : Number(given.seed);
if (!(seconds > 0) || !Number.isInteger(seed))
  throw new Error('--seconds takes a number above 0, --seed a whole number');
process.stdout.write(`seed ${seed}\n`);

const CONFIG = {
  transport: given.transport,
  grace_ms: 1_000,
  idle_timeout_ms: 4_000,
  command_timeout_ms: 6_000,
  first_event_timeout_ms: 8_000,
};
const WORKSPACES = [
  { name: 'a', fake: false },
  { name: 'b', fake: false },
  // The fake codex is no app-server.
  ...(given.transport === 'exec' ? [{ name: 'f', fake: true }] : []),
];

const base = openBase('chaos');
const model = await startModelServer({ reply: replyByPlan });
const began = performance.now();
/** @type {string[]} */ const steps = [];
/** @typedef {{ endings: Map<string, number>, slowest: number | undefined }} Count */
/** @type {Map<string, Count>} */ const counts = new Map();

/** @param {string} fault @param {string} ending @param {number} [ms] */
const count = (fault, ending, ms) => {
  /** @type {Count} */ const row = counts.get(fault) ?? { endings: new Map(), slowest: undefined };
  counts.set(fault, row);
  row.endings.set(ending, (row.endings.get(ending) ?? 0) + 1);
  if (ms !== undefined) row.slowest = Math.max(ms, row.slowest ?? 0);
};

const versions = [NEWEST, ...OTHER_VERSIONS].flatMap((version) => {
  const native = nativeCodex(version);
  return native === undefined ? [] : [{ version, native }];
});
/** @type {import('./lib/lab.mjs').Lab[]} */ const labs = [];
clearOnSignal(() => labs);

let isOver = false;
const lives = await Promise.all(
  versions.map(async ({ version, native }, nth) => {
    const bridge = nth === 0 ? /** @type {const} */ ('stdio') : /** @type {const} */ ('http');
    const log = (/** @type {string} */ text) =>
      steps.push(
        `${((performance.now() - began) / 1_000).toFixed(3).padStart(8)} ${version} ${text}`,
      );
    const onTool = async (/** @type {import('./lib/host.mjs').Frame} */ { arguments: args }) => {
      await sleep(args?.ms ?? 0);
      return { content: [{ type: 'text', text: 'found' }] };
    };
    const lab = openLab(base, {
      name: String(nth),
      native,
      configToml: model.configToml,
      config: { ...CONFIG, bridge },
      onTool,
    });
    labs.push(lab);
    return {
      life: await startLife(lab, { isServed: given.transport === 'app-server', log }),
      version,
      bridge,
      log,
    };
  }),
);
const timer = setTimeout(() => (isOver = true), seconds * 1_000);

/** The first promise that was broken, if one was. */
const broken = await Promise.all(
  lives.flatMap(({ life, version, bridge, log }) =>
    WORKSPACES.map(({ name, fake }) =>
      workspaceLoop({
        name,
        fake,
        bridge,
        graceMs: CONFIG.grace_ms,
        random: randomOf(seed, `${version} ${name}`),
        life,
        isOver: () => isOver,
        log: (text) => log(`${name} ${text}`),
        count,
      }).catch((/** @type {unknown} */ error) => {
        throw Object.assign(error instanceof Error ? error : new Error(String(error)), {
          place: `codex ${version}, workspace ${name}${fake ? ' (fake codex)' : ''}, bridge ${bridge}`,
        });
      }),
    ),
  ),
)
  .then(() => Promise.all(lives.map(({ life }) => life.finish())))
  .then(() => undefined)
  .catch((/** @type {unknown} */ error) =>
    error instanceof Error ? error : new Error(String(error)),
  );
clearTimeout(timer);
isOver = true;
for (const lab of labs) await lab.clear();
await model.close();

const total = (/** @type {Map<string, number>} */ endings) =>
  [...endings.values()].reduce((sum, one) => sum + one, 0);
const order = ['(the turn after)', '(in the queue)', ...FAULTS.map(({ name }) => name)];
const rows = order.flatMap((name) => {
  const row = counts.get(name);
  if (row === undefined) return [];
  const endings = [...row.endings]
    .sort(([, a], [, b]) => b - a)
    .map(([ending, times]) => `${ending} ${times}`);
  return [[name, total(row.endings), row.slowest?.toFixed(0) ?? '-', endings.join(', ')]];
});
process.stdout.write(
  `\n${textTable([['fault', 'turns', 'ms', 'ended'], ...rows.map(([name, turns, ms, ends]) => [name ?? '', turns ?? '', ms ?? '', ends ?? ''])], 1, 3)}\n`,
);
process.stdout.write(
  'ms: the longest time from a cancel, or from the death of codex, to the terminal event; broken: the plugin was ended in the turn\n',
);

const turns = [...counts.values()].reduce((sum, { endings }) => sum + total(endings), 0);
const faults = FAULTS.filter(({ name }) => name !== 'none').reduce(
  (sum, { name }) => sum + total(counts.get(name)?.endings ?? new Map()),
  0,
);
const starts = lives
  .map(({ life }) => life.counts)
  .reduce((sum, one) => ({ starts: sum.starts + one.starts, left: sum.left + one.left }));
process.stdout.write(
  `codex ${versions.map(({ version }) => version).join(', ')}; the plugin was started ${starts.starts} times, killed ones had left ${starts.left} processes\n`,
);
if (broken !== undefined) {
  process.stdout.write(`\nseed ${seed}\n${steps.slice(-200).join('\n')}\n\n`);
  const said = broken instanceof Violation ? broken.message : (broken.stack ?? String(broken));
  process.stdout.write(
    `VIOLATION  ${'place' in broken ? String(broken.place) : 'at the end'}: ${said}\n`,
  );
}
process.stdout.write(
  `\n${turns} turns, ${faults} faults, ${broken === undefined ? 0 : 1} violations\n`,
);
rmSync(base.dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
process.exit(broken === undefined ? 0 : 1);
