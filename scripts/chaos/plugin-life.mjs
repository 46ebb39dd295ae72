// The plugin of a chaos lab: started, ended in every way, and started again; what it must have done
// when it went.
import { setTimeout as sleep } from 'node:timers/promises';
import { limitFiles, lives, named, processesOf, within } from '../lib/processes.mjs';
import { checkEvents, must } from './check-turn.mjs';

/**
 * @typedef {import('../lib/lab.mjs').Lab} Lab
 * @typedef {import('../lib/lab.mjs').Plugin} Plugin
 * @typedef {import('../lib/host.mjs').OpenTurn} OpenTurn
 * @typedef {'SIGKILL' | 'SIGTERM' | 'stdin'} Way
 * @typedef {Awaited<ReturnType<typeof startLife>>} Life
 */

/**
 * WIRE.md: the plugin is gone 2 s after its host, or a signal; and what a machine with too much to
 * do adds.
 */
const GONE_MS = 2_000 + 1_000;
/** Milliseconds in which a new plugin has to end what a killed one left. */
const LEFTOVERS_MS = 5_000;

/**
 * @param {Lab} lab @param {{ isServed: boolean, log: (text: string) => void }} options whether all
 * turns are on one app-server
 */
export const startLife = async (lab, { isServed, log }) => {
  let plugin = await lab.start();
  /** What does harm to every turn of the plugin: how often, and how much of it goes on. */
  const wide = { count: 0, open: 0 };
  /** @type {Promise<void> | undefined} */ let restarting;
  /** @type {Promise<void>[]} */ const checks = [];
  /** @type {OpenTurn[]} */ let turns = [];
  const counts = { starts: 1, left: 0 };

  /** @template T @param {() => Promise<T>} run */
  const widely = async (run) => {
    wide.count += 1;
    wide.open += 1;
    return run().finally(() => (wide.open -= 1));
  };

  /** @param {Way} way */
  const end = async (way) => {
    const begun = turns.filter(({ events }) => events.length > 0);
    const old = plugin;
    if (way === 'stdin') old.child.stdin.end();
    else old.child.kill(way);
    const asked = performance.now();
    const isGone = await within(
      () => old.child.exitCode !== null || old.child.signalCode !== null,
      20_000,
    );
    const ms = performance.now() - asked;
    const left = processesOf(lab.home);
    // It reads on whatever a stalled host had not read.
    old.child.stdout.resume();
    must(isGone, `the plugin lives 20 s after ${way}`);
    if (way !== 'SIGKILL') {
      must(left.length === 0, `alive after the plugin ended by ${way}`, named(left));
      must(ms <= GONE_MS, `the plugin took ${ms.toFixed(0)} ms to end by ${way}`);
      const { code, signal } = await old.exited;
      must(code === 0, `the plugin ended by ${way} with code ${code}, signal ${signal}`);
      await old.closed;
      for (const { events } of begun) checkEvents(events, { isBroken: false });
    }
    await old.closed;
    must(old.stderr() === '', 'the plugin said on stderr', old.stderr());
    for (const { events } of turns) checkEvents(events, { isBroken: true });
    turns = [];
    return left;
  };

  /** @param {Way} way */
  const restart = async (way) => {
    const left = await end(way);
    log(`plugin gone by ${way}, it left ${left.length}: ${named(left)}`);
    counts.left += left.length;
    plugin = await lab.start();
    counts.starts += 1;
    checks.push(
      within(() => !left.some(lives), LEFTOVERS_MS).then((areGone) =>
        must(areGone, 'alive after the next start of a killed plugin', named(left.filter(lives))),
      ),
    );
    checks.at(-1)?.catch(() => {});
  };

  return {
    lab,
    isServed,
    wide,
    widely,
    counts,
    plugin: () => plugin,
    /** Waits until there is a plugin that can take a turn. */
    ready: async () => {
      while (restarting !== undefined) await restarting;
      must(
        plugin.child.exitCode === null && plugin.child.signalCode === null,
        'the plugin is gone by itself',
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
    /** The host does not read for a time. @param {number} ms */
    stall: (ms) =>
      widely(async () => {
        const { stdout } = plugin.child;
        stdout.pause();
        await sleep(ms);
        stdout.resume();
      }),
    /**
     * The plugin and what it starts can write no file for a time. @param {number} ms @returns
     * {Promise<boolean>} whether that can be done here
     */
    fillDisk: (ms) =>
      widely(async () => {
        const pid = plugin.child.pid ?? 0;
        if (!limitFiles(pid, 0)) return false;
        await sleep(ms);
        limitFiles(pid, 'unlimited');
        return true;
      }),
    /** The end of the run. */
    finish: async () => {
      await end('stdin');
      for (const check of checks) await check;
    },
  };
};
