// Row "thread": turns on a thread of 400 MB through the plugin, and of the bare binary.
import { readdirSync, readFileSync } from 'node:fs';
import { appendFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { turnParams } from '../lib/host.mjs';
import { loadChain } from './load-chain.mjs';
import { openPlace, startTimed } from './real-codex.mjs';
import { writeRollout } from './rollout.mjs';
import { inTurns } from './rounds.mjs';
import { ownPeak, withDescendants } from './tree-memory.mjs';
import { bareTurn } from './turns.mjs';

/**
 * @typedef {import('./real-codex.mjs').Times} Times
 * @typedef {import('./table.mjs').Line} Line
 */

const PROMPT = 'Say one word.';
const MB = 1_000_000;
/** A new app-server for each turn: a thread that it has loaded is not read again. */
const SERVED = { transport: 'app-server', app_server_required: true, app_server_idle_ms: 1 };

/**
 * Lets a thread grow. codex reads the whole file, but the model gets the summary only.
 * @param {string} sessions @param {string} thread @param {number} bytes
 */
const grow = async (sessions, thread, bytes) => {
  const name = readdirSync(sessions, { recursive: true, encoding: 'utf8' }).find((each) =>
    each.endsWith(`-${thread}.jsonl`),
  );
  const file = path.join(sessions, name ?? '');
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  await writeRollout(file, thread, bytes, lines.length);
  const content = [{ type: 'input_text', text: 'A summary.' }];
  const payload = {
    message: 'A summary.',
    replacement_history: [{ type: 'message', role: 'user', content }],
  };
  const timestamp = JSON.parse(lines.at(-1) ?? '').timestamp;
  // The number of a record only has to be higher than that of the record before it.
  const records = [{ timestamp, ordinal: bytes, type: 'compacted', payload }];
  await appendFile(file, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
};

/**
 * @param {{ root: string, bundle: string, temporary: string, rounds: number, quick: boolean }}
 * options @returns {Promise<Line[]>}
 */
export const measureThread = async ({ root, bundle, temporary, rounds, quick }) => {
  const { execArgs, resolveBinary } = loadChain(bundle);
  const place = await openPlace({
    dir: path.join(temporary, 'thread'),
    reply: () => [{ text: 'Done.' }],
  });
  const exec = await startTimed({ root, place, profile: 'exec' });
  const served = await startTimed({ root, place, profile: 'served', config: SERVED });
  const [big, small] = [await place.workspace(), await place.workspace()];
  for (const workspace of [big, small]) await exec.turn(turnParams(workspace, PROMPT));
  const threadId = readFileSync(path.join(big, '.plexum-codex-session'), 'utf8').trim();
  await grow(place.at('home/.codex/sessions'), threadId, (quick ? 20 : 400) * MB);

  const binary = resolveBinary(place.wrapper, place.env);
  const args = execArgs({ threadId, images: [], extraArgs: [] });
  const env = { ...place.env, ...binary.env };
  /** @typedef {{ bare: Times[], exec: Times[], served: Times[] }} All */
  /** @type {All} */ const times = { bare: [], exec: [], served: [] };
  /** @type {Record<'exec' | 'served', { big: number[], small: number[] }>} */
  const peaks = { exec: { big: [], small: [] }, served: { big: [], small: [] } };
  /** @param {'exec' | 'served'} name @param {'big' | 'small'} thread */
  const turn = async (name, thread) => {
    const plugin = name === 'exec' ? exec : served;
    const pid = plugin.child.pid ?? 0;
    const params = turnParams(thread === 'big' ? big : small, PROMPT);
    const before = withDescendants(pid).length;
    const { peak, value } = await ownPeak(pid, () => plugin.turn(params));
    peaks[name][thread].push(peak);
    if (thread === 'big') times[name].push(value);
    // An app-server keeps others from its threads until it has exited.
    while (withDescendants(pid).length > before) await sleep(5);
  };
  const round = [
    async () => void times.bare.push(await bareTurn(binary.file, args, big, env)),
    () => turn('exec', 'small'),
    () => turn('exec', 'big'),
    () => turn('served', 'small'),
    () => turn('served', 'big'),
  ];
  // The first turns fill caches and compile code.
  for (const one of round) await one();
  for (const all of [...Object.values(times), ...Object.values(peaks).flatMap(Object.values)])
    all.length = 0;
  for (let nth = 0; nth < rounds; nth += 1) for (const one of inTurns(round, nth)) await one();
  await Promise.all([exec.stop(), served.stop()]);
  await place.model.close();

  const ends = (/** @type {Times[]} */ all) => all.map(({ end }) => end);
  /**
   * @param {'exec' | 'served'} name @param {string} label @param {number} [aim]
   * @returns {Line[]}
   */
  const lines = (name, label, aim) => [
    {
      row: 'thread',
      measure: `${label} : bare codex, end of turn, ms`,
      ours: ends(times[name]),
      peer: ends(times.bare),
      better: 'lower',
      aim,
      digits: 0,
    },
    {
      row: 'thread',
      measure: `${label}, big - small thread, peak memory, MiB`,
      ours: peaks[name].big,
      peer: peaks[name].small,
      by: 'difference',
      better: 'lower',
      aim: 20,
      digits: 0,
    },
  ];
  return [...lines('exec', 'exec', 1.05), ...lines('served', 'app-server, cold')];
};
