// Memory of a process and its descendants, from Linux's /proc.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const EVERY_MS = 5;

/** Whether this system tells the memory of a process that shares pages with others. */
export const canMeasureTrees =
  existsSync('/proc/self/smaps_rollup') && existsSync(`/proc/self/task/${process.pid}/children`);

/** Nothing of a process that is gone. @param {() => string} read */
const orNothing = (read) => {
  try {
    return read();
  } catch {
    return '';
  }
};

/**
 * Each page counts in parts, one for every process that has it. @param {number} pid @returns
 * {number} KiB
 */
const pssKiB = (pid) =>
  Number(
    /^Pss:\s*(\d+)/m.exec(
      orNothing(() => readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1')),
    )?.[1] ?? 0,
  );

/** @param {number} pid @returns {number[]} */
export const withDescendants = (pid) => {
  const tasks = orNothing(() => readdirSync(`/proc/${pid}/task`).join(' '));
  const children = tasks
    .split(' ')
    .flatMap((task) =>
      orNothing(() => readFileSync(`/proc/${pid}/task/${task}/children`, 'latin1')).split(' '),
    );
  return [
    pid,
    ...children.filter((child) => child !== '').flatMap((child) => withDescendants(Number(child))),
  ];
};

/** Now. @param {number} pid @returns {number} MiB */
export const memoryOf = (pid) =>
  withDescendants(pid).reduce((sum, one) => sum + pssKiB(one), 0) / 1024;

/**
 * The highest sum that was seen while something ran.
 * @param {number} pid @param {() => Promise<unknown>} run @returns {Promise<number>} MiB
 */
export const peakDuring = async (pid, run) => {
  let peak = 0;
  const ended = new AbortController();
  const sampling = (async () => {
    while (!ended.signal.aborted) {
      peak = Math.max(peak, memoryOf(pid));
      await sleep(EVERY_MS);
    }
  })();
  await run().finally(() => ended.abort());
  await sampling;
  return peak;
};

/**
 * The highest memory of a process, without its descendants, while something runs.
 * @template T @param {number} pid @param {() => Promise<T>} run
 * @returns {Promise<{ peak: number, value: T }>} MiB
 */
export const ownPeak = async (pid, run) => {
  // Makes Linux forget the earlier peak.
  orNothing(() => (writeFileSync(`/proc/${pid}/clear_refs`, '5'), ''));
  const value = await run();
  const status = orNothing(() => readFileSync(`/proc/${pid}/status`, 'latin1'));
  return { peak: Number(/VmHWM:\s*(\d+)/.exec(status)?.[1] ?? NaN) / 1024, value };
};
