// A JSON-RPC client of the app-server that does nothing else.
import { spawn } from 'node:child_process';

/**
 * @typedef {import('./real-codex.mjs').Times} Times
 * @typedef {{ file: string, cwd: string, model: string }} Options `file` is codex
 */

/**
 * The app-server with nothing but pipes between: one thread, turn after turn. @param {Options}
 * options
 */
export const openBare = async ({ file, cwd, model }) => {
  const child = spawn(file, ['app-server'], { cwd, stdio: ['pipe', 'pipe', 'ignore'] });
  /** @type {Set<(frame: any) => void>} */ const listeners = new Set();
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) for (const listener of [...listeners]) listener(JSON.parse(line));
  });
  /** @param {(frame: any) => boolean} isIt @returns {Promise<any>} */
  const frame = (isIt) =>
    new Promise((resolve) => {
      const listener = (/** @type {any} */ one) => {
        if (!isIt(one)) return;
        listeners.delete(listener);
        resolve(one);
      };
      listeners.add(listener);
    });
  let next = 0;
  /** @param {string} method @param {object} params */
  const request = async (method, params) => {
    const id = next++;
    const answer = frame((one) => one.id === id && one.method === undefined);
    child.stdin.write(`${JSON.stringify({ id, method, params })}\n`);
    const { result, error } = await answer;
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result;
  };
  await request('initialize', {
    clientInfo: { name: 'bench', title: 'bench', version: '0' },
    capabilities: {},
  });
  child.stdin.write('{"method":"initialized"}\n');
  const { thread } = await request('thread/start', {
    cwd,
    approvalPolicy: 'never',
    sandbox: 'danger-full-access',
    model,
  });
  return {
    /** @param {string} text @returns {Promise<Times>} */
    turn: async (text) => {
      const begin = performance.now();
      const since = () => performance.now() - begin;
      const first = frame(({ method }) => method === 'turn/started').then(since);
      const said = frame(({ method }) => method === 'item/agentMessage/delta').then(since);
      const end = frame(({ method }) => method === 'turn/completed').then(since);
      await request('turn/start', { threadId: thread.id, input: [{ type: 'text', text }] });
      return { first: await first, text: await said, end: await end };
    },
    stop: () => child.kill(),
  };
};
