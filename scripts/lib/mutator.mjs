// One mutator: a process that marks calls of a rollout, and its end.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/**
 * A mutator: marks the calls of its argument in the rollout, two at a time, and prints their ids
 * once the mutation has reported them. Tries again while another process has the thread.
 */
export const PROGRAM = `
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
 * Lets mutators begin together, and waits for the end of all of them.
 *
 * @param {{ ready: Promise<void>, begin: () => void, end: Promise<void> }[]} mutators
 */
export const runTogether = async (mutators) => {
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
 * @param {import('./mutators.mjs').Outcome} outcome
 */
export const startMutator = (program, file, ids, killAfter, reported, outcome) => {
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
