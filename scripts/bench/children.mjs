// The processes of a benchmark, and how none of them outlives it.
import { once } from 'node:events';

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */

/** The plugin ends its codex within 2 s of SIGTERM. */
const GRACE_MS = 3_000;

/** @type {Set<ChildProcess>} */
const running = new Set();
let leaving = false;

/** @param {ChildProcess} child */
export const started = (child) => {
  running.add(child);
  child.once('close', () => running.delete(child)).once('error', () => running.delete(child));
};

/** Ends what still runs, then this process. The first call counts. @param {number} code */
export const leave = async (code) => {
  if (leaving) return;
  leaving = true;
  for (const child of running) child.kill('SIGTERM');
  const gone = Promise.all([...running].map((child) => once(child, 'close')));
  await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, GRACE_MS))]);
  for (const child of running) child.kill('SIGKILL');
  process.exit(code);
};

/** @param {unknown} error */
export const fail = (error) => {
  // A child that was ended on the way out is no failure of its own.
  if (leaving) return;
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  void leave(1);
};
