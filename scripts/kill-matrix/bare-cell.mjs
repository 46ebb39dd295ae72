// One cell of the kill matrix on the bare codex: a signal to it, and what is alive afterwards.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { endAll } from '../lib/processes.mjs';
import { labOf, limited } from './cell-lab.mjs';

/**
 * @typedef {import('./cell-lab.mjs').Cell} Cell
 * @typedef {import('./cell-lab.mjs').Outcome} Outcome
 */

export const BARE = /** @type {const} */ (['SIGTERM', 'SIGKILL', 'SIGINT', 'group SIGKILL']);

/** Milliseconds in which descendants of a bare codex may exit by themselves; ours get none. */
const AFTER_BARE_MS = 300;

/** @param {Cell} cell @param {typeof BARE[number]} action @returns {Promise<Outcome>} */
export const bareCell = async (cell, action) => {
  const { native, kind, mark } = cell;
  const { lab, workspace, addServer, find } = labOf(cell);
  addServer();
  const args = [
    'exec',
    '--json',
    '--skip-git-repo-check',
    '--dangerously-bypass-approvals-and-sandbox',
    '-',
  ];
  const child = spawn(native, args, {
    cwd: workspace,
    env: lab.env,
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const pid = child.pid ?? 0;
  try {
    child.stdin.end(JSON.stringify([kind.name, mark, lab.home, 'stays']));
    if (!(await cell.whenUp(kind, lab.home, mark)))
      return { survivors: [], ms: NaN, problem: 'never up' };
    await sleep(200);
    const exited = once(child, 'exit');
    const cause = performance.now();
    process.kill(
      action === 'group SIGKILL' ? -pid : pid,
      action === 'group SIGKILL' ? 'SIGKILL' : action,
    );
    if (!(await limited(exited))) return { survivors: find(), ms: NaN, problem: 'no exit' };
    const ms = performance.now() - cause;
    await sleep(AFTER_BARE_MS);
    return { survivors: find(), ms };
  } finally {
    await endAll(find);
    lab.remove();
  }
};
