// Time as processes had it. On a machine with more work than cores a process waits for a core most
// of the time, and a bound that is right on an idle machine would blame the process for that.
import { readFileSync } from 'node:fs';

/**
 * `now`: milliseconds; `waited`: milliseconds for which the main thread of a process has waited for
 * a core since its start, and nothing for a process that is gone.
 * @typedef {{ now: () => number, waited: (pid: number) => number | undefined }} Clock
 */

/**
 * The clock of Linux. The second number of `schedstat` is that of nanoseconds in the run queue; on
 * a system without it no process waits. @type {Clock}
 */
const LINUX = {
  now: () => performance.now(),
  waited: (pid) => {
    try {
      return Number(readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ')[1]) / 1e6;
    } catch {
      return undefined;
    }
  },
};

/**
 * Starts to measure. The result returns the milliseconds since then, without those for which the
 * process that waited longest waited for a core: the processes wait at the same time. The wait of a
 * process that is gone counts up to the call before.
 * @param {readonly number[]} pids @param {Clock} [clock] @returns {() => number}
 */
export const fairTime = (pids, { now, waited } = LINUX) => {
  const began = now();
  const waits = pids.map((pid) => {
    const before = waited(pid);
    let last = 0;
    return () => (last = before === undefined ? 0 : (waited(pid) ?? before + last) - before);
  });
  return () => {
    // Before the time: a wait between both looks is then a part of it.
    const longest = Math.max(0, ...waits.map((wait) => wait()));
    return now() - began - longest;
  };
};
