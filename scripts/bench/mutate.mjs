// Row "mutate": mutations of a big rollout, and cp of the same file.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { started } from './children.mjs';
import { THREAD } from './inputs.mjs';
import { writeRollout } from './rollout.mjs';
import { alternate } from './rounds.mjs';

/**
 * @typedef {import('./mutate-child.mjs').Mutated} Mutated
 * @typedef {import('./table.mjs').Line} Line
 */

export const MUTATIONS = 100;
const MB = 1_000_000;
const child = fileURLToPath(new URL('mutate-child.mjs', import.meta.url));

/**
 * Runs a program, and fails when it writes to stderr.
 * @param {string} file @param {string[]} args
 */
const done = async (file, args) => {
  const one = spawn(file, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  started(one);
  let said = '';
  one.stderr.setEncoding('utf8').on('data', (/** @type {string} */ text) => (said += text));
  const [code, signal] = await once(one, 'close');
  if (code !== 0 || said !== '') throw new Error(`${file} ended with ${signal ?? code}: ${said}`);
};

/**
 * @param {{ bundle: string, temporary: string, rounds: number, quick: boolean }} options @returns
 * {Promise<{ lines: Line[], bytes: number, calls: number }>}
 */
export const measureMutate = async ({ bundle, temporary, rounds, quick }) => {
  const dir = path.join(temporary, 'mutate');
  const workspace = path.join(dir, 'workspace');
  const file = path.join(dir, 'sessions', `rollout-${THREAD}.jsonl`);
  const copy = path.join(dir, 'copy');
  for (const folder of [workspace, path.dirname(file)]) await mkdir(folder, { recursive: true });
  await writeFile(path.join(workspace, '.plexum-codex-session'), THREAD);
  const { bytes, calls } = await writeRollout(file, THREAD, (quick ? 20 : 400) * MB);
  // Otherwise its way to the disk is measured too.
  await done('sync', [file]);

  const apart = Math.floor(calls.length / MUTATIONS);
  let round = 0;
  /** Calls that no round before has changed, spread over the file. */
  const nextIds = () => {
    round += 1;
    return Array.from({ length: MUTATIONS }, (_, i) => calls[i * apart + (round % apart)] ?? '');
  };
  const mutating = spawn(process.execPath, [child, JSON.stringify({ bundle, workspace })], {
    env: { ...process.env, CODEX_HOME: dir },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  started(mutating);
  const answers = createInterface({ input: mutating.stdout })[Symbol.asyncIterator]();
  /** @returns {Promise<Mutated>} */
  const ours = async () => {
    mutating.stdin.write(`${JSON.stringify(nextIds())}\n`);
    const { value, done: ended } = await answers.next();
    const mutated = ended === true ? { touched: 'none, it ended' } : JSON.parse(value);
    if (mutated.touched !== MUTATIONS)
      throw new Error(`mutate: ${mutated.touched} of ${MUTATIONS} calls were touched`);
    return mutated;
  };
  const cp = async () => {
    const begin = performance.now();
    await done('cp', [file, copy]);
    const ms = performance.now() - begin;
    await rm(copy);
    return ms;
  };

  // The first ones fill the file cache, and compile the code.
  await cp();
  await ours();
  const { ours: runs, peer: copies } = await alternate(rounds, ours, cp);
  mutating.stdin.end();
  await once(mutating, 'close');
  await rm(dir, { recursive: true });
  return {
    lines: [
      {
        row: 'mutate',
        measure: 'ms, against cp',
        ours: runs.map(({ ms }) => ms),
        peer: copies,
        better: 'lower',
        aim: 1,
        digits: 0,
      },
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
