// Memory of the plugin with its app-server while nothing runs, by the number of threads, and of
// ai-sdk-provider-codex-cli with its own, by turns.
import { setTimeout as sleep } from 'node:timers/promises';
import { turnParams } from '../lib/host.mjs';
import { startTimed } from './real-codex.mjs';
import { canMeasureTrees, memoryOf } from './tree-memory.mjs';

/**
 * @typedef {{ pid: number, thread: () => Promise<unknown>, stop: () => Promise<unknown> }} Holder
 * `thread` runs a turn on a new one
 */

/** Less than the 10 s after which the plugin lets a thread go. */
const SETTLE_MS = 500;
const THREADS = [0, 1, 10, 20];

/** @param {Holder} holder @returns {Promise<number[]>} MiB, one for each of `THREADS` */
const held = async ({ pid, thread, stop }) => {
  const all = [];
  for (const [nth, threads] of THREADS.entries()) {
    for (let made = THREADS[nth - 1] ?? 0; made < threads; made += 1) await thread();
    await sleep(SETTLE_MS);
    all.push(memoryOf(pid));
  }
  await stop();
  return all;
};

/**
 * @param {{ root: string, place: import('./real-codex.mjs').Place, rounds: number, text: string,
 * model: string, config: object,
 *   openPeers: undefined | (() => ReturnType<typeof import('./peer-turns.mjs').openTurns>) }} options
 * @returns {Promise<{ measure: string, ours: number[], peer: number[] }[]>}
 */
export const measureMemory = async ({ root, place, rounds, text, model, config, openPeers }) => {
  if (!canMeasureTrees) return [];
  const plugin = async () => {
    const { child, turn, stop } = await startTimed({ root, place, profile: 'memory', config });
    return held({
      pid: child.pid ?? 0,
      thread: async () => turn(turnParams(await place.workspace(), text, model)),
      stop,
    });
  };
  const peer = async () => {
    if (openPeers === undefined) return [];
    const { pid, turn, stop } = await openPeers();
    return held({ pid, thread: () => turn('aiThread', text), stop });
  };
  /** @type {number[][]} */ const ours = [];
  /** @type {number[][]} */ const theirs = [];
  for (let nth = 0; nth < rounds; nth += 1) {
    if (nth % 2 === 0) ours.push(await plugin());
    theirs.push(await peer());
    if (nth % 2 === 1) ours.push(await plugin());
  }
  return THREADS.map((threads, nth) => ({
    measure:
      threads === 0
        ? 'before the first turn'
        : `idle with ${threads} thread${threads === 1 ? '' : 's'}`,
    ours: ours.map((all) => all[nth] ?? NaN),
    peer: theirs.flatMap((all) => all[nth] ?? []),
  }));
};
