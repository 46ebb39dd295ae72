// One cell of the kill matrix on the plugin: a turn with descendants, the cause of its end, and the
// processes that are alive afterwards. On the app-server a second turn runs beside it.
import { setTimeout as sleep } from 'node:timers/promises';
import { fairTime } from '../lib/fair-time.mjs';
import { turnParams } from '../lib/host.mjs';
import { endAll, lives, within } from '../lib/processes.mjs';
import { codexCan } from '../lib/versions.mjs';
import { LIMIT_MS, labOf, limited } from './cell-lab.mjs';
import { startNeighbour } from './neighbour.mjs';

/**
 * @typedef {import('./cell-lab.mjs').Cell} Cell
 * @typedef {import('./cell-lab.mjs').Outcome} Outcome
 * @typedef {import('../lib/processes.mjs').Process} Process
 */

export const OURS = /** @type {const} */ ([
  'turn done',
  'cancelled',
  'deadline',
  'host closes stdin',
  'plugin SIGTERM',
  'plugin SIGKILL',
  'plugin SIGKILL, next start',
]);
const DEADLINE_MS = 4_000;
/** Milliseconds in which the app-server unloads an idle thread, with its MCP servers. */
const UNLOAD_MS = 13_000;
/** These end one turn, and no other. */
const ONE_TURN = ['turn done', 'cancelled'];
/** These end the plugin. */
const PLUGIN = ['host closes stdin', 'plugin SIGTERM'];

/**
 * Runs a cell. On a busy machine a healthy codex may need longer than the deadline until its
 * processes run: then the cell runs with a longer one.
 * @param {Cell} cell @param {typeof OURS[number]} action
 * @param {number} [deadlineMs] @returns {Promise<Outcome>}
 */
export const ourCell = async (cell, action, deadlineMs = DEADLINE_MS) => {
  const outcome = await runCell(cell, action, deadlineMs);
  return outcome.isExpired ? ourCell(cell, action, 2 * deadlineMs) : outcome;
};

/**
 * `isExpired`: the deadline has ended the turn before its processes ran.
 * @param {Cell} cell @param {typeof OURS[number]} action @param {number} deadlineMs
 * @returns {Promise<Outcome & { isExpired?: boolean }>}
 */
const runCell = async (cell, action, deadlineMs) => {
  const { version, kind, mark, transport } = cell;
  const isServed = transport === 'app-server';
  const config = {
    transport,
    app_server_required: isServed,
    ...(action === 'deadline' ? { turn_timeout_ms: deadlineMs } : {}),
  };
  const { lab, workspace, addServer, find } = labOf(cell, config);
  const plugin = await lab.start();
  let next = plugin;
  const neighbour =
    isServed && ONE_TURN.includes(action) ? await startNeighbour(lab, plugin, mark) : undefined;
  addServer();
  const others = () =>
    find().filter(
      (one) =>
        one.pid !== plugin.child.pid &&
        one.pid !== next.child.pid &&
        one.cwd !== neighbour?.workspace &&
        lives(one),
    );
  // A warm app-server, and the MCP servers of a loaded thread, do not belong to the turn.
  const ofTurn = () =>
    others().filter(
      ({ args }) =>
        !isServed || !(args.includes('app-server') || (kind.server && args.includes(mark))),
    );
  try {
    const turn = plugin.stream(
      turnParams(
        workspace,
        JSON.stringify([kind.name, mark, lab.home, action === 'turn done' ? 'ends' : 'stays']),
      ),
    );
    await within(() => turn.events.length > 0, LIMIT_MS);
    const began = performance.now();
    if (!(await cell.whenUp(kind, lab.home, mark)))
      return {
        survivors: [],
        ms: NaN,
        problem: `never up: ${JSON.stringify(turn.events.at(-1)?.event)}`,
        isExpired: turn.events.at(-1)?.event.kind === 'timeout',
      };
    // The shell has started its children; codex needs a moment to report the shell.
    if (action !== 'turn done') await sleep(200);
    const cause = performance.now();
    const elapsed = fairTime([plugin.child.pid ?? 0, process.pid]);
    if (action === 'plugin SIGKILL') {
      plugin.child.kill('SIGKILL');
      await plugin.exited;
      const left = others();
      await within(() => !left.some(lives), LIMIT_MS / 3);
      return { survivors: left.filter(lives), ms: performance.now() - cause, left: left.length };
    }
    if (action === 'plugin SIGKILL, next start') {
      plugin.child.kill('SIGKILL');
      await plugin.exited;
      const left = others();
      const starting = performance.now();
      next = await lab.start();
      await within(() => !left.some(lives), LIMIT_MS / 3);
      return { survivors: left.filter(lives), ms: performance.now() - starting, left: left.length };
    }
    if (action === 'cancelled') plugin.cancel(turn.id);
    if (action === 'host closes stdin') plugin.child.stdin.end();
    if (action === 'plugin SIGTERM') plugin.child.kill('SIGTERM');
    /** @type {Process[]} */ let survivors = [];
    // When it ended, as if nobody had waited for a core since the cause.
    let at = NaN;
    const seen = turn.ended.then(() => {
      at = cause + elapsed();
      survivors = ofTurn();
    });
    if (!(await limited(seen)))
      return { survivors: others(), ms: NaN, problem: 'no terminal event' };
    const from =
      action === 'deadline'
        ? began + deadlineMs
        : action === 'turn done'
          ? cell.endedAt(mark)
          : cause;
    if (neighbour !== undefined && !(await neighbour.isUntouched()))
      return { survivors, ms: NaN, problem: 'another turn was touched' };
    if (!isServed || survivors.length > 0) return { survivors, ms: at - from };
    const isUnloaded = !PLUGIN.includes(action) && codexCan(version, 'unloadsThreads');
    if (isUnloaded)
      await within(() => !others().some(({ args }) => args.includes(mark)), UNLOAD_MS);
    else await plugin.stop();
    return {
      survivors: others().filter(({ args }) => !isUnloaded || args.includes(mark)),
      ms: at - from,
    };
  } finally {
    await endAll(find);
    lab.remove();
  }
};
