// The processes that killed plugins left in a lab.
import { endAll, lives, named, within } from '../lib/processes.mjs';
import { must } from './check-turn.mjs';

/** @typedef {import('../lib/processes.mjs').Process} Process */

/** Milliseconds in which a new plugin ends the orphans of a killed one, as far as it has a core. */
const ORPHANS_MS = 5_000;

export const createOrphans = () => {
  /** @type {Process[]} */ const all = [];
  /** @type {Promise<void>[]} */ const checks = [];
  return {
    count: () => all.length,
    /**
     * Those that are no orphans, which a plugin ends beside its first turns. @param {Process[]}
     * processes
     */
    without: (processes) =>
      processes.filter(
        ({ pid, startTime }) =>
          !all.some((orphan) => orphan.pid === pid && orphan.startTime === startTime),
      ),
    /**
     * Adds what a plugin left, and ends it where no record could be written: no other plugin knows
     * of it then. @param {Process[]} left @param {boolean} areRecorded
     */
    add: async (left, areRecorded) => {
      all.push(...left);
      if (!areRecorded) await endAll(() => left.filter(lives));
    },
    /** The next plugin runs, which has to end them. @param {number} pid of the plugin */
    expectEnd: (pid) => {
      const left = [...all];
      const check = within(() => !left.some(lives), ORPHANS_MS, [pid]).then((areGone) =>
        must(areGone, 'alive after the next start of a killed plugin', named(left.filter(lives))),
      );
      check.catch(() => {});
      checks.push(check);
    },
    /** Waits for all checks. */
    check: async () => {
      for (const check of checks) await check;
    },
  };
};
