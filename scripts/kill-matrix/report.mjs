// The tables of the kill matrix, and its verdict.
import { named } from '../lib/processes.mjs';
import { textTable } from '../lib/text-table.mjs';

/**
 * @typedef {import('./cell-lab.mjs').Outcome} Outcome
 * @typedef {{ version: string, side: 'ours' | 'bare', action: string, kind:
 *   import('./descendants.mjs').Kind }} Key
 */

/** Milliseconds from the cause to the terminal event, at most: the grace period and 2 s. */
const BOUND_MS = 7_000;

/** @param {Outcome | undefined} outcome */
const shown = (outcome) => {
  if (outcome === undefined || outcome.problem !== undefined) return outcome?.problem ?? '?';
  const { survivors, left, ms } = outcome;
  return `${survivors.length}${left === undefined ? '' : ` of ${left}`}  ${ms.toFixed(0)} ms`;
};

/**
 * The table of one version: a row for each action, a column for each kind.
 * @template {Key} T @param {string} version @param {readonly T[]} cells of that version
 * @param {ReadonlyMap<T, Outcome>} outcomes
 */
export const tableOf = (version, cells, outcomes) => {
  /** @type {Map<string, string[]>} */ const rows = new Map();
  for (const cell of cells) {
    const name = `${cell.side}: ${cell.action}`;
    rows.set(name, [...(rows.get(name) ?? [name]), shown(outcomes.get(cell))]);
  }
  const kinds = [...new Set(cells.map(({ kind }) => kind.name))];
  return textTable([[`codex ${version}`, ...kinds], ...rows.values()]);
};

/**
 * The cells of the plugin with survivors, those without a daemon that has to live on, those that
 * were late, and their numbers. A process that has left its session and cleared its environment may
 * survive. A daemon that codex itself leaves lives on after a turn that is done; it may live when
 * the plugin gets SIGKILL: the next start ends it. With `ps`, which shows no environment, that
 * daemon may survive whatever the cause; and there all wait for the next start when the plugin gets
 * SIGKILL.
 * @template {Key} T @param {readonly T[]} cells @param {ReadonlyMap<T, Outcome>} outcomes
 * @param {boolean} ps
 */
export const judge = (cells, outcomes, ps) => {
  const judged = cells.filter(({ side }) => side === 'ours');
  const name = (/** @type {T} */ { version, action, kind }) =>
    `${version}, ${action}, ${kind.name}`;
  const livesOn = (/** @type {T} */ { action, kind }) =>
    action === 'turn done' && kind.detaches === true;
  const mayLive = (/** @type {T} */ { action, kind }) =>
    kind.escapes === true ||
    (ps && kind.detaches === true) ||
    (action === 'plugin SIGKILL' && (ps || kind.detaches === true));
  const ended = judged.filter(
    (cell) => livesOn(cell) && outcomes.get(cell)?.survivors.length !== cell.kind.count,
  );
  const alive = judged.filter(
    (cell) => !mayLive(cell) && !livesOn(cell) && (outcomes.get(cell)?.survivors.length ?? 0) > 0,
  );
  const late = judged.filter((cell) => !(Number(outcomes.get(cell)?.ms) <= BOUND_MS));
  return {
    isGood: alive.length + ended.length + late.length === 0,
    lines: [
      ...alive.map(
        (cell) => `SURVIVORS  ${name(cell)}: ${named(outcomes.get(cell)?.survivors ?? [])}`,
      ),
      ...ended.map((cell) => `ENDED      ${name(cell)}: ${shown(outcomes.get(cell))}`),
      ...late.map((cell) => `LATE       ${name(cell)}: ${shown(outcomes.get(cell))}`),
      `ours: ${judged.length} cells, ${alive.length} with survivors, ${ended.length} without their daemon, ${late.length} later than grace + 2 s`,
    ],
  };
};
