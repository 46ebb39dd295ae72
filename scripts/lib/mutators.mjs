import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { bundleProgram } from './bundle.mjs';

const THREAD = '01a1fb83-ff35-7422-9e00-a5a8974b6993';
const CALLS = 24;
const MARK = '...(consumed)';

/**
 * A mutator: marks the calls of its argument in the rollout, two at a time, and prints their ids
 * once the mutation has reported them. Tries again while another process has the thread.
 */
const PROGRAM = `
import { lastValueFrom, NEVER, of } from 'rxjs';
import { callLines } from './src/session/call-lines.ts';
import { mutateSession } from './src/session/mutate-session.ts';
import { patchRollout, withRolloutLock } from './src/session/rollout-lock.ts';
const [file, ...ids] = process.argv.slice(2);
const ports = {
  inOrder: (_workspace, _hurry$, source$) => source$,
  readSession$: () => of({ threadId: 't' }),
  rolloutFile$: () => of(file),
  lockRollout: withRolloutLock,
  callLines$: callLines,
  patchFile$: patchRollout,
  log: () => undefined,
};
const mark = async (some) => {
  const ops = new Map(some.map((id) => [id, 'consume-light']));
  const mutation = { agentId: 'a', workspace: '/w', requested: ops.size, ops };
  try {
    const { touched } = await lastValueFrom(mutateSession(mutation, NEVER, ports));
    process.stdout.write(some.map((id) => id + ' ' + touched + '\\n').join(''));
  } catch (error) {
    if (error.name !== 'BusyError') throw error;
    process.stdout.write('busy 0\\n');
    await mark(some);
  }
};
process.stdout.write('ready 0\\n');
await new Promise((resolve) => process.stdin.once('end', resolve).resume());
for (let i = 0; i < ids.length; i += 2) await mark(ids.slice(i, i + 2));
`;

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

/**
 * Lets mutators begin together, and waits for the end of all of them.
 *
 * @param {{ ready: Promise<void>, begin: () => void, end: Promise<void> }[]} mutators
 */
const runTogether = async (mutators) => {
  await Promise.all(mutators.map(({ ready }) => ready));
  for (const { begin } of mutators) begin();
  await Promise.all(mutators.map(({ end }) => end));
};

/**
 * Starts a mutator, which is killed just after its `killAfter`th report: in the next mutation.
 *
 * @param {string} program
 * @param {string} file
 * @param {string[]} ids
 * @param {number} killAfter
 * @param {Set<string>} reported
 * @param {Outcome} outcome
 */
const startMutator = (program, file, ids, killAfter, reported, outcome) => {
  const child = spawn(process.execPath, [program, file, ...ids], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let reports = 0;
  let errors = '';
  child.stdin.on('error', () => undefined);
  child.stderr.on('data', (chunk) => (errors += String(chunk)));
  const lines = createInterface({ input: child.stdout });
  /** @type {Promise<void>} */
  const ready = new Promise((resolve) => {
    lines.once('line', () => resolve());
    child.once('close', () => resolve());
  });
  lines.on('line', (line) => {
    const [id = '', touched] = line.split(' ');
    if (id === 'busy') outcome.busy += 1;
    else if (touched !== '0') reported.add(id);
    reports += id.startsWith('call') ? 1 : 0;
    if (reports > killAfter) child.kill('SIGKILL');
  });
  /** @type {Promise<void>} */
  const end = new Promise((resolve) => {
    child.on('close', (code, signal) => {
      if (signal === 'SIGKILL') outcome.killed += 1;
      else if (code !== 0) outcome.odd.push(`a mutator failed: ${errors.slice(0, 500)}`);
      resolve();
    });
  });
  return { ready, begin: () => child.stdin.end(), end };
};
