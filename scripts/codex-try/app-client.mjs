// A bare JSON-RPC client of `codex app-server`, which keeps every frame.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** @typedef {Record<string, any>} Frame */

/**
 * @param {string} file codex @param {{ cwd: string, env: Record<string, string>, args?: readonly
 * string[] }} options
 */
export const startAppServer = async (file, { cwd, env, args = [] }) => {
  const child = spawn(file, ['app-server', ...args], {
    cwd,
    env,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  /** @type {Frame[]} */ const frames = [];
  /** @type {Set<() => void>} */ const waiting = new Set();
  const wake = () => {
    for (const look of [...waiting]) look();
  };
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop() ?? '';
    frames.push(...lines.map((line) => JSON.parse(line)));
    wake();
  });
  let isGone = false;
  const gone = once(child, 'exit').then(() => {
    isGone = true;
    wake();
  });
  /**
   * The first frame from `at` on that is it. @param {(frame: Frame) => boolean} isIt @param
   * {number} [at]
   */
  const frame = (isIt, at = 0) =>
    /** @type {Promise<Frame>} */ (
      new Promise((resolve, reject) => {
        const look = () => {
          const found = frames.slice(at).find(isIt);
          if (found === undefined && !isGone) return;
          waiting.delete(look);
          if (found === undefined) reject(new Error('the app-server has exited'));
          else resolve(found);
        };
        waiting.add(look);
        look();
      })
    );
  let next = 0;
  /** @param {string} method @param {object} params @returns {Promise<Frame>} its result */
  const request = async (method, params) => {
    const id = next++;
    child.stdin.write(`${JSON.stringify({ id, method, params })}\n`);
    const { result, error } = await frame((one) => one['id'] === id && !('method' in one));
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result;
  };
  await request('initialize', {
    clientInfo: { name: 'codex-try', title: 'codex-try', version: '0' },
    capabilities: { experimentalApi: true },
  });
  child.stdin.write('{"method":"initialized"}\n');
  return {
    pid: child.pid ?? 0,
    frames,
    frame,
    request,
    stop: async () => {
      child.stdin.end();
      child.kill();
      await gone;
    },
  };
};
