// Counts the ends of turns by their faults, and prints the table.
import { textTable } from '../lib/text-table.mjs';
import { FAULTS } from './faults.mjs';

/** @typedef {{ endings: Map<string, number>, slowest: number | undefined }} Count */

/** @param {readonly number[]} numbers */
const sum = (numbers) => numbers.reduce((all, one) => all + one, 0);

export const createCounts = () => {
  /** @type {Map<string, Count>} */ const counts = new Map();
  const turnsOf = (/** @type {string} */ name) =>
    sum([...(counts.get(name)?.endings.values() ?? [])]);
  return {
    /**
     * @param {string} fault
     * @param {string} ending @param {number} [ms] from its cause to its end
     */
    count: (fault, ending, ms) => {
      /** @type {Count} */
      const row = counts.get(fault) ?? { endings: new Map(), slowest: undefined };
      counts.set(fault, row);
      row.endings.set(ending, (row.endings.get(ending) ?? 0) + 1);
      if (ms !== undefined) row.slowest = Math.max(ms, row.slowest ?? 0);
    },
    turns: () => sum([...counts.keys()].map(turnsOf)),
    faults: () =>
      sum(FAULTS.filter(({ name }) => name !== 'none').map(({ name }) => turnsOf(name))),
    /** One row for each fault, in the order of `FAULTS`. */
    table: () => {
      const names = ['(the turn after)', '(in the queue)', ...FAULTS.map(({ name }) => name)];
      const rows = names.flatMap((name) => {
        const row = counts.get(name);
        if (row === undefined) return [];
        const endings = [...row.endings]
          .sort(([, a], [, b]) => b - a)
          .map(([ending, times]) => `${ending} ${times}`);
        return [[name, turnsOf(name), row.slowest?.toFixed(0) ?? '-', endings.join(', ')]];
      });
      return textTable([['fault', 'turns', 'ms', 'ended'], ...rows], 1, 3);
    },
  };
};
