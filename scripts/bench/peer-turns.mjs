// Turns of codex-sdk and of ai-sdk-provider-codex-cli, timed in a process of theirs.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { started } from './children.mjs';

/**
 * @typedef {import('./real-codex.mjs').Times} Times
 * @typedef {import('./peer-child.mjs').Job} Job
 */

const childFile = fileURLToPath(new URL('peer-child.mjs', import.meta.url));
export const PEER_SIDES = /** @type {const} */ (['sdkNew', 'sdkResume', 'aiCold', 'aiWarm']);

/** @param {{ node: string, job: Job, env: Record<string, string> }} options */
export const openPeers = async ({ node, job, env }) => {
  const child = spawn(node, [childFile, JSON.stringify(job)], { cwd: job.cwd, env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  started(child);
  const ended = once(child, 'exit').then(() => [{ problem: 'their process ended' }]);
  const answer = async () => {
    const [message] = await Promise.race([once(child, 'message'), ended]);
    if (message.problem !== undefined) throw new Error(`the peers: ${message.problem}`);
    return message;
  };
  await answer();
  return {
    pid: child.pid ?? 0,
    /** @param {typeof PEER_SIDES[number] | 'aiThread'} side @param {string} text @returns {Promise<Times>} */
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
