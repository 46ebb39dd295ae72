// npm run soak: many turns through one plugin process, on the fake codex and every 20th on the real one, and whether what the plugin holds stays flat.
// Of ten turns one is cancelled, one fails, one dies, and two have tools of the host. Loopback only.
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { clearOnSignal, nativeCodex, openBase, openLab } from './chaos/lab.mjs';
import { BOUNDS, MEASURES, probedLauncher, sample, slope } from './chaos/measure.mjs';
import { textTable } from './chaos/text-table.mjs';
import { PINNED } from './lib/codexes.mjs';
import { turnParams, withTools } from './lib/host.mjs';
import { startModelServer } from './lib/model-server.mjs';

/** @typedef {import('./chaos/measure.mjs').Sample} Sample */

const AT_ONCE = 4;
/** Turns between two samples, and until the first that counts. */
const ROUND = 20;
const WARM_UP = 200;
/** With fewer turns nothing can be said of growth: caches fill. */
const TO_JUDGE = 2 * WARM_UP;

const turns = Number(parseArgs({ options: { turns: { type: 'string', default: '1000' } } }).values.turns);
const native = nativeCodex(PINNED);
if (!Number.isInteger(turns) || turns < 2 * ROUND) throw new Error(`--turns takes a number from ${2 * ROUND} on`);
if (native === undefined) throw new Error(`codex ${PINNED} is not installed: npm ci`);

const base = openBase('soak');
const model = await startModelServer({ reply: () => [{ reasoning: ['Hm.'] }, { text: 'Done.' }] });
const lab = openLab(base, { name: 'lab', native, configToml: model.configToml, executable: probedLauncher(base.dir, base.executable) });
clearOnSignal(() => [lab]);
const plugin = await lab.start();
const pid = plugin.child.pid ?? 0;
const fakes = Array.from({ length: AT_ONCE }, (_, nth) => lab.makeWorkspace(`fake-${nth}`, { fake: true }));
const real = lab.makeWorkspace('real');

const usage = { input_tokens: 1, cached_input_tokens: 0, output_tokens: 1 };
const started = { type: 'thread.started', thread_id: '01a1fb66-da72-74a1-b1d7-516b533534cb' };
const said = { type: 'item.completed', item: { type: 'agent_message', text: 'x'.repeat(20_000) } };
const whole = [{ out: [started, { type: 'turn.started' }, said, said, { type: 'turn.completed', usage }] }];
const failed = [{ out: [started, { type: 'turn.failed', error: { message: 'rate limit' } }] }, { exit: 1 }];
const tool = { name: 'look_up', description: 'Looks a word up.', inputSchema: { type: 'object' } };
/** What the turns of ten are to end with. */
const KINDS = ['completed', 'cancelled', 'completed', 'tools', 'failed', 'completed', 'died', 'tools', 'completed', 'completed'];
const STEPS = {
  completed: whole,
  tools: whole,
  failed,
  died: [{ out: [started] }, { kill: 'SIGKILL' }],
  cancelled: [{ out: [started] }, { wait: 100_000 }],
};
const EXPECTED = { completed: 'end_turn', tools: 'end_turn', cancelled: 'cancelled', failed: 'rate_limit', died: 'process_died', real: 'end_turn' };

/** @param {number} nth */
const turn = async (nth) => {
  const kind = /** @type {keyof typeof EXPECTED} */ (nth % 20 === 19 ? 'real' : KINDS[nth % 10]);
  const params = kind === 'real' ? turnParams(real, 'Say one word.') : turnParams(fakes[nth % AT_ONCE] ?? '', JSON.stringify(STEPS[kind]));
  const open = plugin.stream(kind === 'tools' ? withTools(params, [tool]) : params);
  if (kind === 'cancelled') {
    await sleep(150);
    plugin.cancel(open.id);
  } else await open.response;
  const last = await open.ended;
  const how = last['stop_reason'] ?? last['kind'];
  if (how !== EXPECTED[kind]) throw new Error(`turn ${nth}, ${kind}, ended with ${JSON.stringify(last)}`);
};

process.stdout.write(`${turns} turns, every 20th on codex ${PINNED}, ${AT_ONCE} at once; memory in KiB, after a collection, at rest\n`);
/** @type {Sample[]} */ const samples = [];
const began = performance.now();
for (let done = 0; done < turns; ) {
  const until = Math.min(done + ROUND, turns);
  const work = async () => {
    while (done < until) await turn(done++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  plugin.frames.length = 0;
  plugin.logs.length = 0;
  model.requests.length = 0;
  // The last response is a little behind the last event.
  await sleep(100);
  samples.push(await sample(pid, { home: lab.home, tmp: lab.at('tmp'), turn: done }));
  if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${turns} `);
}
const seconds = (performance.now() - began) / 1_000;
const { code, signal } = await plugin.stop();
await model.close();
const left = await lab.clear();
lab.remove();

const tenths = samples.filter(({ turn }) => Math.floor((turn * 10) / turns) > Math.floor(((turn - ROUND) * 10) / turns));
process.stdout.write(`\n${textTable([['turns', ...MEASURES], ...tenths.map((one) => [one.turn, ...MEASURES.map((measure) => one[measure])])], 0)}\n`);

const isJudged = turns >= TO_JUDGE;
const counted = samples.filter(({ turn }) => turn >= Math.min(WARM_UP, turns / 4));
const slopes = MEASURES.map((measure) => ({ measure, slope: slope(counted, measure), bound: BOUNDS[measure] }));
const verdicts = slopes.map(({ measure, slope, bound }) => [measure, slope.toFixed(2), `< ${bound}`, slope < bound ? 'flat' : 'GROWS']);
if (isJudged) process.stdout.write(`\n${textTable([['', 'per 1,000 turns', 'bound', ''], ...verdicts])}\n`);

const growing = slopes.filter(({ slope, bound }) => isJudged && !(slope < bound)).map(({ measure }) => measure);
const problems = [
  ...growing.map((measure) => `${measure} grows`),
  ...(left.length > 0 ? [`${left.length} processes were left at the end`] : []),
  ...(code === 0 ? [] : [`the plugin ended with code ${code}, signal ${signal}`]),
  ...(plugin.stderr() === '' ? [] : [`the plugin said on stderr: ${plugin.stderr().slice(0, 500)}`]),
];
const good = isJudged ? 'all flat, nothing left' : `nothing left; too few to judge growth by, which takes ${TO_JUDGE}`;
process.stdout.write(`\n${turns} turns in ${seconds.toFixed(0)} s: ${problems.length === 0 ? good : problems.join('; ')}\n`);
rmSync(base.dir, { recursive: true, force: true });
process.exit(problems.length === 0 ? 0 : 1);
