// Rounds of mutators on one rollout, and what became of the rollout.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundleProgram } from './bundle.mjs';
import { PROGRAM, runTogether, startMutator } from './mutator.mjs';

const THREAD = '01a1fb83-ff35-7422-9e00-a5a8974b6993';
const CALLS = 24;
const MARK = '...(consumed)';

/**
 * What happened to a rollout that several processes changed while some of them were killed.
 *
 * @typedef {object} Outcome
 * @property {number} torn Lines that are no JSON.
 * @property {number} lost Marks that were reported and are not in the rollout.
 * @property {number} reported Marks that were reported.
 * @property {number} killed Processes that were killed before their end.
 * @property {number} busy Mutations that were refused because another process had the thread.
 * @property {string[]} odd What else is wrong: errors, files that stay, a changed size.
 */

/**
 * Builds the mutator into a folder of its own. Returns a function that runs one round with it, and
 * one that removes the folder.
 */
export const openMutators = async () => {
  const root = mkdtempSync(path.join(tmpdir(), 'plexum-mutators-'));
  const program = path.join(root, 'mutator.mjs');
  await bundleProgram(PROGRAM, program);
  return {
    /**
     * @param {number} processes
     * @param {() => number} random From 0 to 1, 1 excluded.
     */
    round: (processes, random) => runRound(root, program, processes, random),
    close: () => rmSync(root, { recursive: true, force: true }),
  };
};

/**
 * @param {string} root
 * @param {string} program
 * @param {number} processes
 * @param {() => number} random
 * @returns {Promise<Outcome>}
 */
const runRound = async (root, program, processes, random) => {
  const home = mkdtempSync(path.join(root, 'home-'));
  const day = path.join(home, 'sessions', '2026', '01', '02');
  mkdirSync(day, { recursive: true });
  const file = path.join(day, `rollout-2026-01-02T03-04-05-${THREAD}.jsonl`);
  const ids = Array.from({ length: CALLS }, (_, i) => `call_${i}`);
  const before = rolloutOf(ids, random);
  writeFileSync(file, before);
  /** @type {Outcome} */
  const outcome = { torn: 0, lost: 0, reported: 0, killed: 0, busy: 0, odd: [] };
  const reported = new Set();
  const start = (/** @type {string[]} */ some, /** @type {number} */ killAfter) =>
    startMutator(program, file, some, killAfter, reported, outcome);

  await runTogether(
    Array.from({ length: processes }, () =>
      start(
        ids.toSorted(() => random() - 0.5),
        random() < 0.7 ? Math.floor(random() * CALLS) : Infinity,
      ),
    ),
  );
  // Whoever comes next undoes what the killed processes left.
  await runTogether([start(['call_of_nobody'], Infinity)]);

  const after = readFileSync(file, 'utf8');
  for (const line of after.split('\n').slice(0, -1)) {
    try {
      const { payload } = JSON.parse(line);
      if (reported.has(payload.call_id) && payload.output !== MARK) outcome.lost += 1;
    } catch {
      outcome.torn += 1;
    }
  }
  outcome.reported = reported.size;
  if (after.length !== before.length) outcome.odd.push(`the size is ${after.length}`);
  const beside = [...readdirSync(day), ...readdirSync(path.join(home, '.plexum'))];
  for (const name of beside.filter((each) => /undo|lock|tmp$/.test(each)))
    outcome.odd.push(`${name} stays`);
  rmSync(home, { recursive: true, force: true });
  return outcome;
};

/**
 * @param {string[]} ids
 * @param {() => number} random
 */
const rolloutOf = (ids, random) =>
  ids
    .map((call_id) => {
      const output = 'x'.repeat(20 + Math.floor(random() ** 4 * 300_000));
      const payload = { type: 'function_call_output', call_id, output };
      return `${JSON.stringify({ timestamp: 't', type: 'response_item', payload })}\n`;
    })
    .join('');
