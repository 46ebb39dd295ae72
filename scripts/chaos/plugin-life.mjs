// The plugin of a chaos lab: starts it, ends it in every way, starts it again, and checks what it
// has left.
import { setTimeout as sleep } from 'node:timers/promises';
import { fairTime } from '../lib/fair-time.mjs';
import { limitFiles, named, processesOf, runs, within } from '../lib/processes.mjs';
import { checkEvents, must } from './check-turn.mjs';
import { createOrphans } from './orphans.mjs';

/**
 * @typedef {import('../lib/lab.mjs').Lab} Lab
 * @typedef {import('../lib/lab.mjs').Plugin} Plugin
 * @typedef {import('../lib/host.mjs').OpenTurn} OpenTurn
 * @typedef {'SIGKILL' | 'SIGTERM' | 'stdin'} Way
 * @typedef {Awaited<ReturnType<typeof startLife>>} Life
 */

/**
 * The plugin exits within 2 s of a signal or of the end of stdin; a busy machine may add 1 s, and
 * the time for which it gives the plugin no core.
 */
const GONE_MS = 2_000 + 1_000;

/**
 * @param {Lab} lab
 * @param {{ isServed: boolean, log: (text: string) => void }} options `isServed`: all turns run on
 *   one app-server
 */
export const startLife = async (lab, { isServed, log }) => {
  let plugin = await lab.start();
  /** Harm to every turn of the plugin: how often it was done, and how many harms go on now. */
  const wide = { count: 0, open: 0 };
  /** @type {Promise<void> | undefined} */ let restarting;
  /** @type {OpenTurn[]} */ let turns = [];
  let starts = 1;
  const orphans = createOrphans();
  /** Whether the records of all its turns could be written. */
  let areRecorded = true;

  /** Counts `run` as harm to every turn. @template T @param {() => Promise<T>} run */
  const widely = async (run) => {
    wide.count += 1;
    wide.open += 1;
    return run().finally(() => (wide.open -= 1));
  };

  /** Ends the plugin and checks its end; returns its orphans. @param {Way} way */
  const end = async (way) => {
    const begun = turns.filter(({ events }) => events.length > 0);
    const old = plugin;
    if (way === 'stdin') old.child.stdin.end();
    else old.child.kill(way);
    const pid = old.child.pid ?? 0;
    const elapsed = fairTime([pid, process.pid]);
    // How old it was when it was last seen: a busy host may see its end late.
    let ms = 0;
    const isGone = await within(
      () => {
        if (!runs(pid)) return true;
        ms = elapsed();
        return false;
      },
      20_000,
      [pid],
    );
    const left = orphans.without(processesOf(lab.home));
    // A stalled host left something unread.
    old.child.stdout.resume();
    must(isGone, `the plugin is still running 20 s after ${way}`);
    if (way !== 'SIGKILL') {
      must(left.length === 0, `alive after the exit of the plugin by ${way}`, named(left));
      must(ms <= GONE_MS, `the plugin took ${ms.toFixed(0)} ms to end by ${way}`);
      const { code, signal } = await old.exited;
      must(code === 0, `the plugin ended by ${way} with code ${code}, signal ${signal}`);
      await old.closed;
      for (const { events } of begun) checkEvents(events, { isBroken: false });
    }
    await old.closed;
    must(old.stderr() === '', 'the plugin wrote to stderr', old.stderr());
    for (const { events } of turns) checkEvents(events, { isBroken: true });
    turns = [];
    return left;
  };

  /** @param {Way} way */
  const restart = async (way) => {
    const left = await end(way);
    log(`plugin ended by ${way}, with ${left.length} orphans: ${named(left)}`);
    await orphans.add(left, areRecorded);
    areRecorded = true;
    plugin = await lab.start();
    starts += 1;
    orphans.expectEnd(plugin.child.pid ?? 0);
  };

  return {
    lab,
    isServed,
    wide,
    widely,
    starts: () => starts,
    plugin: () => plugin,
    orphans,
    /** Waits until a plugin runs that can take a turn. */
    ready: async () => {
      while (restarting !== undefined) await restarting;
      must(
        plugin.child.exitCode === null && plugin.child.signalCode === null,
        'the plugin has exited by itself',
        plugin.stderr(),
      );
    },
    /** @param {OpenTurn} turn */
    opened: (turn) => turns.push(turn),
    /** Ends the plugin and starts the next one. @param {Way} way */
    restart: async (way) => {
      if (restarting !== undefined) return restarting;
      restarting = widely(() => restart(way)).finally(() => (restarting = undefined));
      return restarting;
    },
    /** The host does not read for `ms` milliseconds. @param {number} ms */
    stall: (ms) =>
      widely(async () => {
        const { stdout } = plugin.child;
        stdout.pause();
        await sleep(ms);
        stdout.resume();
      }),
    /**
     * The plugin and the processes that it starts can write no file for `ms` milliseconds.
     * @param {number} ms @returns {Promise<boolean>} false without prlimit
     */
    fillDisk: (ms) =>
      widely(async () => {
        const pid = plugin.child.pid ?? 0;
        if (!limitFiles(pid, 0)) return false;
        areRecorded = false;
        await sleep(ms);
        limitFiles(pid, 'unlimited');
        return true;
      }),
    /** Waits for the checks of its restarts, and ends the plugin. */
    finish: async () => {
      await orphans.check();
      await end('stdin');
    },
  };
};
