// Turns of others than the plugin, timed in a process of theirs.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { started } from './children.mjs';

/** @typedef {import('./real-codex.mjs').Times} Times */

/** Their scripts, here; each makes of its job the turns that it is asked for. */
export const BARE = 'bare-child.mjs';
export const PEERS = 'peer-child.mjs';
export const PEER_SIDES = /** @type {const} */ (['sdkNew', 'sdkResume', 'aiCold', 'aiWarm']);

/**
 * @param {{ node: string, script: string, job: { cwd: string }, env: Record<string, string> }}
 * options
 */
export const openTurns = async ({ node, script, job, env }) => {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(node, [file, JSON.stringify(job)], {
    cwd: job.cwd,
    env,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  started(child);
  const ended = once(child, 'exit').then(() => [{ problem: 'their process ended' }]);
  const answer = async () => {
    const [message] = await Promise.race([once(child, 'message'), ended]);
    if (message.problem !== undefined) throw new Error(`${script}: ${message.problem}`);
    return message;
  };
  await answer();
  return {
    pid: child.pid ?? 0,
    /** @param {string} side @param {string} text @returns {Promise<Times>} */
    turn: async (side, text) => {
      child.send({ side, text });
      return (await answer()).times;
    },
    stop: async () => {
      const closed = once(child, 'close');
      child.kill();
      await closed;
    },
  };
};
