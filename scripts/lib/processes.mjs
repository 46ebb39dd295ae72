// Processes as Linux's /proc shows them: a lab's are known by their HOME, which codex passes on to
// everything that it starts.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fairTime } from './fair-time.mjs';

/**
 * @typedef {{ pid: number, parent: number, startTime: string, args: readonly string[], cwd: string
 * }} Process
 */

/** @template T @param {() => T} read @returns {T | undefined} nothing of a process that is gone */
const orNothing = (read) => {
  try {
    return read();
  } catch {
    return undefined;
  }
};

/**
 * A zombie does not run. @param {number} pid @returns {{ parent: number, startTime: string } |
 * undefined}
 */
const statOf = (pid) => {
  const stat = orNothing(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  // The name, in parentheses, may hold spaces and parentheses itself.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? ['X'];
  return /[XZ]/.test(fields[0] ?? '')
    ? undefined
    : { parent: Number(fields[1]), startTime: fields[19] ?? '' };
};

const pids = () =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

/**
 * @param {(process: Process, environ: readonly string[]) => boolean} isWanted @returns {Process[]}
 */
const processesWhere = (isWanted) =>
  pids().flatMap((pid) => {
    const stat = statOf(pid);
    const environ = orNothing(() => readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0'));
    if (stat === undefined || environ === undefined) return [];
    const args =
      orNothing(() => readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0').slice(0, -1)) ??
      [];
    const process = {
      pid,
      ...stat,
      args,
      cwd: orNothing(() => readlinkSync(`/proc/${pid}/cwd`)) ?? '',
    };
    return isWanted(process, environ) ? [process] : [];
  });

/** @param {string} home */
export const processesOf = (home) =>
  processesWhere((_, environ) => environ.includes(`HOME=${home}`));

/**
 * Those of one workspace of a lab; its folder may be gone. @param {string} home @param {string}
 * workspace
 */
export const processesIn = (home, workspace) =>
  processesOf(home).filter(({ cwd }) => cwd.replace(/ \(deleted\)$/, '') === workspace);

/**
 * Those with a HOME in a folder, and those that have cleared their environment. @param {string} dir
 * @param {readonly string[]} words that stand in their arguments
 */
export const processesOrWith = (dir, words) =>
  processesWhere(
    ({ args }, environ) =>
      environ.some((each) => each.startsWith(`HOME=${dir}`)) ||
      args.some((arg) => words.some((word) => arg.includes(word))),
  );

/** Whether it is still this very process. @param {Process} process */
export const lives = ({ pid, startTime }) => statOf(pid)?.startTime === startTime;

/**
 * @param {number} pid @param {NodeJS.Signals} name @returns {boolean} whether there was such a
 * process
 */
export const signal = (pid, name) => orNothing(() => process.kill(pid, name)) ?? false;

/**
 * Lets a process, and whatever it starts, write no file longer than so many bytes. @param {number}
 * pid @param {number | 'unlimited'} bytes @returns {boolean}
 */
export const limitFiles = (pid, bytes) =>
  spawnSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:`]).status === 0;

/**
 * SIGKILL to all that were found and are still themselves, until they are gone. @param {() =>
 * Process[]} find @returns {Promise<Process[]>} those that there were
 */
export const endAll = async (find) => {
  const first = find();
  for (let left = first, nth = 0; left.length > 0 && nth < 200; left = find(), nth += 1) {
    for (const process of left) if (lives(process)) signal(process.pid, 'SIGKILL');
    await sleep(10);
  }
  return first;
};

/** @param {readonly Process[]} processes */
export const named = (processes) =>
  processes.map(({ pid, args }) => `${pid} ${args.join(' ').slice(0, 80)}`).join('; ');

/** @param {number} pid @returns {boolean} whether it runs; a zombie does not */
export const runs = (pid) => statOf(pid) !== undefined;

/**
 * Looks until it is so. The time for which this process or one of `busy` waits for a core is given
 * on top of `ms`. @param {() => boolean} isSo @param {number} ms @param {readonly number[]} [busy]
 * @returns {Promise<boolean>} whether it came to be
 */
export const within = async (isSo, ms, busy = []) => {
  const elapsed = fairTime([process.pid, ...busy]);
  while (!isSo()) {
    if (elapsed() > ms) return false;
    await sleep(10);
  }
  return true;
};
