// Row "wire": a turn of many short messages, from the request to its end, as the host of a process
// reads it: the built plugin, and the least bridge of codex-sdk.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { turnParams } from '../lib/host.mjs';
import { started } from './children.mjs';
import { wantedSdk } from './codex-sdk.mjs';
import { ASCII, fakeCodex, THREAD } from './inputs.mjs';
import { installed } from './install.mjs';
import { writeProfile } from './profile.mjs';
import { alternate } from './rounds.mjs';
import { INITIALIZE } from './start.mjs';
import { canMeasureTrees, ownPeak } from './tree-memory.mjs';

/**
 * `rate`: messages a second; `peak`: memory in MiB.
 * @typedef {{ rate: number, peak: number }} Passed
 */

const peerProgram = fileURLToPath(new URL('wire-peer.mjs', import.meta.url));
const LF = 0x0a;
export const LINES = 200_000;

/**
 * Starts a process, reads its first line, sends it a turn, and reads to the line with `"result"`
 * that ends it. Reading is all that the host does.
 * @param {{ args: string[], env: NodeJS.ProcessEnv, greeting: string, turn: string, messages:
 *   number }} side @returns {Promise<Passed>}
 */
const passed = async ({ args, env, greeting, turn, messages }) => {
  const child = spawn(process.execPath, args, { env, stdio: ['pipe', 'pipe', 'inherit'] });
  started(child);
  let lines = 0;
  let tail = Buffer.alloc(0);
  /** @type {() => void} */ let onResult = () => {};
  child.stdout.on('data', (/** @type {Buffer} */ chunk) => {
    for (let at = chunk.indexOf(LF); at !== -1; at = chunk.indexOf(LF, at + 1)) lines += 1;
    tail = Buffer.concat([tail, chunk]).subarray(-1_000);
    if (
      tail.at(-1) === LF &&
      tail.toString('latin1').trim().split('\n').at(-1)?.includes('"result"')
    )
      onResult();
  });
  const answered = (/** @type {string} */ text) =>
    new Promise((resolve) => {
      onResult = () => resolve(true);
      child.stdin.write(text);
    });
  await answered(greeting);
  lines = 0;
  const begin = performance.now();
  const { peak } = await ownPeak(child.pid ?? 0, () => answered(turn));
  const ms = performance.now() - begin;
  child.stdin.end();
  await once(child, 'close');
  if (lines < messages) throw new Error(`wire: ${lines} lines of ${messages} messages`);
  return { rate: messages / (ms / 1_000), peak };
};

/**
 * `notes`: why codex-sdk could not be measured.
 * @param {import('./own-tables.mjs').OwnOptions} options
 * @returns {Promise<{ lines: import('./table.mjs').Line[], notes: string[] }>}
 */
export const measureWire = async ({ root, sdk, temporary, rounds, quick }) => {
  const absent = await installed(wantedSdk(sdk), started);
  const dir = path.join(temporary, 'wire');
  const fake = await fakeCodex(dir, { lines: quick ? 5_000 : LINES, chars: 190, text: ASCII });
  const home = path.join(dir, 'home');
  await mkdir(path.join(home, 'sessions'), { recursive: true });
  await writeFile(path.join(home, 'sessions', `rollout-${THREAD}.jsonl`), '');
  await writeProfile(path.join(dir, 'profile'), { binary: fake.executable, transport: 'exec' });
  const env = {
    PATH: process.env['PATH'],
    HOME: dir,
    CODEX_HOME: home,
    PLEXUM_PROFILE_ROOT: path.join(dir, 'profile'),
  };
  let nth = 0;
  const workspace = async () => {
    const folder = path.join(dir, `workspace-${(nth += 1)}`);
    await mkdir(folder);
    return folder;
  };
  const ours = async () =>
    passed({
      args: [path.join(root, 'dist/plexum-openai-provider-plugin')],
      env,
      greeting: INITIALIZE,
      turn: `${JSON.stringify({
        jsonrpc: '2.0',
        id: 2,
        method: 'plexum/provider/stream',
        params: turnParams(await workspace(), 'go'),
      })}\n`,
      messages: fake.messages,
    });
  const peer = async () =>
    passed({
      args: [
        peerProgram,
        JSON.stringify({ sdk, codex: fake.executable, workspace: await workspace() }),
      ],
      env,
      greeting: '',
      turn: 'go\n',
      messages: fake.messages,
    });
  const runs = await alternate(
    rounds,
    ours,
    absent === '' ? peer : () => Promise.resolve(undefined),
  );
  const peers = runs.peer.filter((run) => run !== undefined);
  /**
   * @param {string} measure @param {(run: Passed) => number} value @param {'higher' | 'lower'}
   * better @returns {import('./table.mjs').Line}
   */
  const line = (measure, value, better) => ({
    row: 'wire',
    measure,
    ours: runs.ours.map(value),
    peer: peers.map(value),
    better,
    aim: 1,
    digits: 0,
  });
  return {
    lines: [
      line('events/s', ({ rate }) => rate, 'higher'),
      ...(canMeasureTrees ? [line('peak memory, MiB', ({ peak }) => peak, 'lower')] : []),
    ],
    notes: absent === '' ? [] : [absent],
  };
};
