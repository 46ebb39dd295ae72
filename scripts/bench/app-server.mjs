// Turns on a warm app-server through the plugin, of a bare JSON-RPC client that does nothing else, and of codex exec through the plugin, by turns.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { turnParams } from '../lib/host.mjs';
import { started } from './children.mjs';
import { openPlace, startTimed } from './real-codex.mjs';

/**
 * @typedef {import('./real-codex.mjs').Times} Times
 * @typedef {import('./real-codex.mjs').Place} Place
 * @typedef {import('./table.mjs').Line} Line
 */

export const DELTAS = 50;
const PAUSE_MS = 20;
const MODEL = 'gpt-5.5';
const SLOW = 'Take your time.';
const SAY = 'Say one word.';

/** The app-server with nothing but pipes between: one thread, turn after turn. @param {Place} place */
const openBare = async (place) => {
  const cwd = await place.workspace();
  const child = spawn(place.wrapper, ['app-server'], { cwd, env: place.env, stdio: ['pipe', 'pipe', 'ignore'] });
  started(child);
  /** @type {Set<(frame: any) => void>} */ const listeners = new Set();
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    const lines = (rest + text).split('\n');
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
  await request('initialize', { clientInfo: { name: 'bench', title: 'bench', version: '0' }, capabilities: {} });
  child.stdin.write('{"method":"initialized"}\n');
  const { thread } = await request('thread/start', { cwd, approvalPolicy: 'never', sandbox: 'danger-full-access', model: MODEL });
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

/** @param {{ root: string, temporary: string, rounds: number }} options @returns {Promise<Line[]>} */
export const measureAppServer = async ({ root, temporary, rounds }) => {
  const place = await openPlace({
    root,
    dir: path.join(temporary, 'app-server'),
    reply: ({ input }) =>
      JSON.stringify(input.at(-1)).includes(SLOW) ? [{ text: 'x'.repeat(10 * DELTAS), deltas: DELTAS, pauseMs: PAUSE_MS }] : [{ text: 'Done.' }],
  });
  const served = await startTimed({ root, place, profile: 'served', config: { transport: 'app-server', app_server_required: true } });
  const exec = await startTimed({ root, place, profile: 'exec' });
  const bare = await openBare(place);
  const [served_, exec_] = [await place.workspace(), await place.workspace()];
  /** @type {Record<'served' | 'exec' | 'bare', (text: string) => Promise<Times>>} */
  const sides = {
    served: (text) => served.turn(turnParams(served_, text, MODEL)),
    exec: (text) => exec.turn(turnParams(exec_, text, MODEL)),
    bare: bare.turn,
  };
  const names = /** @type {const} */ (['served', 'exec', 'bare']);
  /** @type {Record<typeof names[number], Record<string, Times[]>>} */
  const times = { served: { [SAY]: [], [SLOW]: [] }, exec: { [SAY]: [], [SLOW]: [] }, bare: { [SAY]: [], [SLOW]: [] } };
  for (const name of names) await sides[name](SAY);
  for (let nth = 0; nth < rounds; nth += 1) {
    const order = [...names.slice(nth % 3), ...names.slice(0, nth % 3)];
    for (const name of order) times[name][SAY]?.push(await sides[name](SAY));
    // A turn of this kind takes a second.
    if (nth % 5 === 0) for (const name of order) times[name][SLOW]?.push(await sides[name](SLOW));
  }
  await Promise.all([served.stop(), exec.stop()]);
  bare.stop();
  await place.model.close();

  /** @param {string} measure @param {'exec' | 'bare'} peer @param {string} text @param {'text' | 'end'} key @param {number} [aim] @returns {Line} */
  const line = (measure, peer, text, key, aim) => ({
    row: 'app-server',
    measure,
    ours: times.served[text]?.map((time) => time[key]) ?? [],
    peer: times[peer][text]?.map((time) => time[key]) ?? [],
    better: 'lower',
    aim,
    digits: 0,
  });
  return [
    line('warm : bare client, first text, ms', 'bare', SAY, 'text', 1.2),
    line('warm : bare client, end of turn, ms', 'bare', SAY, 'end'),
    line('warm : exec resume, first text, ms', 'exec', SAY, 'text'),
    line('warm : exec resume, end of turn, ms', 'exec', SAY, 'end'),
    line(`the same, ${DELTAS} deltas in 1 s, first text, ms`, 'exec', SLOW, 'text'),
    line(`the same, ${DELTAS} deltas in 1 s, end of turn, ms`, 'exec', SLOW, 'end'),
  ];
};
