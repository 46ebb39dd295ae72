// Mutations of a big rollout, and cp of the same file, by turns.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { started } from './children.mjs';
import { THREAD } from './inputs.mjs';
import { writeRollout } from './rollout.mjs';

/**
 * @typedef {import('./mutate-child.mjs').Mutated} Mutated
 * @typedef {import('./table.mjs').Line} Line
 */

export const MUTATIONS = 100;
const MB = 1_000_000;
const child = fileURLToPath(new URL('mutate-child.mjs', import.meta.url));

/** What a process prints. @param {string} file @param {string[]} args @param {{ env?: NodeJS.ProcessEnv, input?: string }} [given] */
const printed = async (file, args, { env = process.env, input = '' } = {}) => {
  const one = spawn(file, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
  started(one);
  let answer = '';
  let said = '';
  one.stdout.setEncoding('utf8').on('data', (text) => (answer += text));
  one.stderr.setEncoding('utf8').on('data', (text) => (said += text));
  one.stdin.on('error', () => {});
  one.stdin.end(input);
  const [code, signal] = await once(one, 'close');
  if (code !== 0 || said !== '') throw new Error(`${file} ended with ${signal ?? code}: ${said}`);
  return answer;
};

/** @param {{ bundle: string, temporary: string, rounds: number, quick: boolean }} options @returns {Promise<{ lines: Line[], bytes: number, calls: number }>} */
export const measureMutate = async ({ bundle, temporary, rounds, quick }) => {
  const dir = path.join(temporary, 'mutate');
  const workspace = path.join(dir, 'workspace');
  const file = path.join(dir, 'sessions', `rollout-${THREAD}.jsonl`);
  const copy = path.join(dir, 'copy');
  for (const folder of [workspace, path.dirname(file)]) await mkdir(folder, { recursive: true });
  await writeFile(path.join(workspace, '.plexum-codex-session'), THREAD);
  const { bytes, calls } = await writeRollout(file, THREAD, (quick ? 20 : 400) * MB);
  // Nothing of it is still on its way to the disk.
  await printed('sync', [file]);

  const apart = Math.floor(calls.length / MUTATIONS);
  /** Calls that no round before has touched, spread over the file. @param {number} round */
  const idsOf = (round) => Array.from({ length: MUTATIONS }, (_, i) => calls[i * apart + (round % apart)] ?? '');
  /** @param {number} round @returns {Promise<Mutated>} */
  const ours = async (round) => {
    const input = JSON.stringify({ bundle, workspace, ids: idsOf(round) });
    const mutated = JSON.parse(await printed(process.execPath, [child], { env: { ...process.env, CODEX_HOME: dir }, input }));
    if (mutated.touched !== MUTATIONS) throw new Error(`mutate: ${mutated.touched} of ${MUTATIONS} calls were touched`);
    return mutated;
  };
  const cp = async () => {
    const begin = performance.now();
    await printed('cp', [file, copy]);
    const ms = performance.now() - begin;
    await rm(copy);
    return ms;
  };

  // The first ones fill the file cache.
  await cp();
  await ours(rounds);
  /** @type {Mutated[]} */ const runs = [];
  /** @type {number[]} */ const copies = [];
  for (let round = 0; round < rounds; round += 1) {
    if (round % 2 === 0) runs.push(await ours(round));
    copies.push(await cp());
    if (round % 2 === 1) runs.push(await ours(round));
  }
  await rm(dir, { recursive: true });
  return {
    lines: [
      { row: 'mutate', measure: 'ms, against cp', ours: runs.map(({ ms }) => ms), peer: copies, better: 'lower', aim: 1, digits: 0 },
      {
        row: 'mutate',
        measure: 'peak memory - idle, MiB',
        ours: runs.map(({ peakMiB }) => peakMiB),
        peer: runs.map(({ idleMiB }) => idleMiB),
        by: 'difference',
        better: 'lower',
        aim: 100,
        digits: 0,
      },
    ],
    bytes,
    calls: calls.length,
  };
};
