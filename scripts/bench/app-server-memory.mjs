// Row "app-server", memory: the idle plugin with its app-server, by the number of threads, and
// ai-sdk-provider-codex-cli with its own.
import { setTimeout as sleep } from 'node:timers/promises';
import { turnParams } from '../lib/host.mjs';
import { startTimed } from './real-codex.mjs';
import { alternate } from './rounds.mjs';
import { canMeasureTrees, memoryOf } from './tree-memory.mjs';

/**
 * `thread` runs a turn on a new thread.
 * @typedef {{ pid: number, thread: () => Promise<unknown>, stop: () => Promise<unknown> }} Holder
 */

/** Milliseconds of rest before a measurement; the plugin unloads a thread after 10 s. */
const SETTLE_MS = 500;
const THREADS = [0, 1, 10, 20];

/** @param {Holder} holder @returns {Promise<number[]>} MiB for each number of `THREADS` */
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
 *   model: string, config: object,
 *   openPeers: undefined | (() => ReturnType<typeof import('./peer-turns.mjs').openTurns>) }}
 *   options
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
  const { ours, peer: theirs } = await alternate(rounds, plugin, peer);
  return THREADS.map((threads, nth) => ({
    measure:
      threads === 0
        ? 'before the first turn'
        : `idle with ${threads} thread${threads === 1 ? '' : 's'}`,
    ours: ours.map((all) => all[nth] ?? NaN),
    peer: theirs.flatMap((all) => all[nth] ?? []),
  }));
};
