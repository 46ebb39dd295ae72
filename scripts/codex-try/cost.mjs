// Start-up and memory of two versions, by turns: the medians of the ratios of each round.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { memoryOf } from '../bench/tree-memory.mjs';
import { startAppServer } from './app-client.mjs';
import { openHome } from './home.mjs';

/**
 * @typedef {{ file: string, env: Record<string, string>, cwd: string }} Side
 * @typedef {{ exec: number, start: number, memory: number }} Costs milliseconds of a turn by exec,
 * of the start of the app-server, MiB of it after a turn
 */

/** @param {Side} side @returns {Promise<number>} */
const execMs = async ({ file, env, cwd }) => {
  const begin = performance.now();
  const args = ['exec', '--json', '--skip-git-repo-check', '-m', 'gpt-5.5', 'hello'];
  await once(spawn(file, args, { env, cwd, stdio: 'ignore' }), 'exit');
  return performance.now() - begin;
};

/** @param {Side} side @returns {Promise<Omit<Costs, 'exec'>>} */
const serverCosts = async ({ file, env, cwd }) => {
  const begin = performance.now();
  const server = await startAppServer(file, { env, cwd });
  const start = performance.now() - begin;
  const { thread } = await server.request('thread/start', { cwd, model: 'gpt-5.5' });
  const input = [{ type: 'text', text: 'hello' }];
  await server.request('turn/start', { threadId: thread.id, input });
  await server.frame(({ method }) => method === 'turn/completed');
  const memory = memoryOf(server.pid);
  await server.stop();
  return { start, memory };
};

/** @param {Side} side @returns {Promise<Costs>} */
const costsOf = async (side) => ({ exec: await execMs(side), ...(await serverCosts(side)) });

/** @param {readonly number[]} values */
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

/**
 * @param {string} file the native codex @param {string} otherFile @param {number} rounds
 * @returns {Promise<[what: string, value: string, against: string, ratio: string][]>}
 */
export const compareCosts = async (file, otherFile, rounds) => {
  const say = () => [{ text: 'hello' }];
  const homes = /** @type {const} */ ([await openHome(say), await openHome(say)]);
  const [side, against] = /** @type {const} */ ([
    { file, env: homes[0].env, cwd: homes[0].at('workspace') },
    { file: otherFile, env: homes[1].env, cwd: homes[1].at('workspace') },
  ]);
  /** @type {[Costs, Costs][]} */ const pairs = [];
  await Promise.all([costsOf(side), costsOf(against)]);
  for (let round = 0; round < rounds; round += 1) {
    const isFirst = round % 2 === 0;
    const one = await costsOf(isFirst ? side : against);
    const other = await costsOf(isFirst ? against : side);
    pairs.push(isFirst ? [one, other] : [other, one]);
  }
  await Promise.all(homes.map(({ close }) => close()));
  const rows = /** @type {const} */ ([
    ['a turn by exec, ms', 'exec'],
    ['start of the app-server, ms', 'start'],
    ['app-server after a turn, MiB', 'memory'],
  ]);
  return rows.map(([what, key]) => [
    what,
    median(pairs.map(([one]) => one[key])).toFixed(0),
    median(pairs.map(([, other]) => other[key])).toFixed(0),
    median(pairs.map(([one, other]) => one[key] / other[key])).toFixed(2),
  ]);
};
