// Measures a process from outside and by a probe inside, and its growth over many turns.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { processesOf, signal, within } from '../lib/processes.mjs';

/** @typedef {'rss' | 'heap' | 'fds' | 'timers' | 'handles' | 'threads' | 'children'} Measure */
/** @typedef {{ turn: number } & Record<Measure, number>} Sample memory in KiB */

/** The bounds of growth per 1,000 turns. @type {Record<Measure, number>} */
export const BOUNDS = {
  rss: 8_192,
  heap: 1_024,
  fds: 2,
  timers: 1,
  handles: 2,
  threads: 1,
  children: 0.5,
};
/** @type {readonly Measure[]} */
export const MEASURES = ['rss', 'heap', 'fds', 'timers', 'handles', 'threads', 'children'];

const probe = fileURLToPath(new URL('probe.cjs', import.meta.url));

/**
 * Writes a launcher of the plugin that loads the probe. Processes of the plugin do not load it.
 * @param {string} dir @param {string} executable @returns {string} its path
 */
export const probedLauncher = (dir, executable) => {
  const file = path.join(dir, 'probed');
  writeFileSync(
    file,
    `#!/bin/sh\nexec '${process.execPath}' --expose-gc --require '${probe}' '${executable}' "$@"\n`,
    { mode: 0o755 },
  );
  return file;
};

/** The memory of a process in KiB, and its threads. @param {number} pid */
export const memoryOf = (pid) => {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const field = (/** @type {string} */ name) =>
    Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(status)?.[1]);
  return { rss: field('VmRSS'), threads: field('Threads') };
};

/**
 * Takes a sample of a process that is at rest.
 * @param {number} pid @param {{ home: string, tmp: string, turn: number }} options
 * @returns {Promise<Sample>}
 */
export const sample = async (pid, { home, tmp, turn }) => {
  const file = path.join(tmp, 'probe.json');
  rmSync(file, { force: true });
  signal(pid, 'SIGUSR2');
  if (!(await within(() => existsSync(file), 5_000, [pid])))
    throw new Error('the probe does not answer');
  const { heap, timers, handles } = JSON.parse(readFileSync(file, 'utf8'));
  // Until the memory that the collection freed is given back.
  await sleep(50);
  const { rss, threads } = memoryOf(pid);
  return {
    turn,
    rss,
    heap: Math.round(heap / 1_024),
    fds: readdirSync(`/proc/${pid}/fd`).length,
    timers,
    handles,
    threads,
    children: processesOf(home).filter((process) => process.pid !== pid).length,
  };
};

/**
 * The growth of a measure per 1,000 turns, by least squares.
 * @param {readonly Sample[]} samples @param {Measure} measure @returns {number}
 */
export const slope = (samples, measure) => {
  const mean = (/** @type {(sample: Sample) => number} */ of) =>
    samples.reduce((sum, one) => sum + of(one), 0) / samples.length;
  const turn = mean((one) => one.turn);
  const value = mean((one) => one[measure]);
  return (
    (1_000 * mean((one) => (one.turn - turn) * (one[measure] - value))) /
    mean((one) => (one.turn - turn) ** 2)
  );
};
