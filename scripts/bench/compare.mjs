// Measures our chain and codex-sdk on one fake codex, each time in a process of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { started } from './children.mjs';
import { fakeCodex, THREAD } from './inputs.mjs';

/**
 * @typedef {import('./consume.mjs').Side} Side
 * @typedef {import('./consume.mjs').Job} Job
 * @typedef {import('./consume.mjs').Measured} Measured
 * @typedef {import('./table.mjs').Line} Line
 * @typedef {import('./rows.mjs').Row} Row
 * @typedef {{ bundle: string, sdk: string, withPeer: boolean, rounds: number, temporary: string,
 * profiles: string | undefined }} Options
 */

const MB = 1_000_000;
const consumer = fileURLToPath(new URL('consume.mjs', import.meta.url));

/**
 * @param {Job} job @param {string} name @param {string | undefined} profiles the folder of profiles
 * @returns {Promise<Measured>}
 */
const measured = async (job, name, profiles) => {
  const profile =
    profiles === undefined
      ? []
      : ['--cpu-prof', '--cpu-prof-dir', profiles, '--cpu-prof-name', `${name}.cpuprofile`];
  const child = spawn(process.execPath, [...profile, consumer, JSON.stringify(job)], {
    // The rollout of the fake codex, not a thread of the developer.
    env: { ...process.env, CODEX_HOME: job.workspace },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started(child);
  let answer = '';
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => (answer += text));
  child.stderr.setEncoding('utf8').on('data', (/** @type {string} */ text) => (said += text));
  const [code, signal] = await once(child, 'close');
  if (code !== 0 || said !== '')
    throw new Error(`the measurement ${name} ended with ${signal ?? code}: ${said}`);
  return JSON.parse(answer);
};

/** @param {Row} row @param {Options} options @returns {Promise<Line[]>} */
export const compare = async (row, { bundle, sdk, withPeer, rounds, temporary, profiles }) => {
  const dir = path.join(temporary, row.name);
  const fake = await fakeCodex(dir, row.input);
  const limit = Math.min(row.limit ?? Infinity, fake.messages);
  /** @type {Record<Side, Measured[]>} */
  const runs = { ours: [], sdk: [] };
  /** @type {Side[]} */
  const sides = withPeer ? ['ours', 'sdk'] : ['ours'];
  for (let round = 0; round < rounds; round += 1) {
    for (const side of round % 2 === 0 ? sides : [...sides].reverse()) {
      const name = `${row.name}-${side}-${round}`;
      const workspace = path.join(dir, name);
      await mkdir(path.join(workspace, 'sessions'), { recursive: true });
      await writeFile(path.join(workspace, 'sessions', `rollout-${THREAD}.jsonl`), '');
      // Without a pause the consumer reads the turn to its end.
      const stop = row.pauseMs === undefined ? {} : { pauseMs: row.pauseMs, limit };
      runs[side].push(
        await measured(
          { side, bundle, sdk, codex: fake.executable, workspace, ...stop },
          name,
          profiles,
        ),
      );
    }
  }
  await rm(dir, { recursive: true });
  const all = [...runs.ours, ...runs.sdk];
  const odd = all.find(({ messages, chars }) => messages !== limit || chars !== all[0]?.chars);
  if (odd !== undefined)
    throw new Error(
      `${row.name}: not every side saw the same ${limit} messages: ${JSON.stringify(runs)}`,
    );

  /**
   * @param {string} measure @param {(run: Measured) => number} value @param {'higher' | 'lower'}
   * better @param {number} digits @param {number} [aim] @returns {Line}
   */
  const line = (measure, value, better, digits, aim = 1) => ({
    row: row.name,
    measure,
    ours: runs.ours.map(value),
    peer: runs.sdk.map(value),
    better,
    aim,
    digits,
  });
  const memory = line('peak memory, MiB', ({ peakMiB }) => peakMiB, 'lower', 0);
  if (row.pauseMs !== undefined)
    return [line('ms an event', ({ ms, messages }) => ms / messages, 'lower', 2), memory];
  const rate =
    row.rate === 'bytes'
      ? line('MB/s', ({ ms }) => fake.bytes / MB / (ms / 1000), 'higher', 0, row.aim)
      : line('events/s', ({ ms, messages }) => messages / (ms / 1000), 'higher', 0, row.aim);
  return [rate, memory];
};
