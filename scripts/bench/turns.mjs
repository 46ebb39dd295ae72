// Row "turn": turns of the real codex through the built plugin, and of the bare binary.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { turnParams } from '../lib/host.mjs';
import { started } from './children.mjs';
import { loadChain } from './load-chain.mjs';
import { openPlace, startTimed } from './real-codex.mjs';
import { alternate } from './rounds.mjs';

/** @typedef {import('./real-codex.mjs').Times} Times */
/** @typedef {{ plugin: Times[], bare: Times[], startMs: number }} Turns `startMs`: of the plugin */

const PROMPT = 'Say one word.';

/**
 * @param {string} file @param {string[]} args @param {string} cwd @param {Record<string, string>}
 * env @returns {Promise<Times>}
 */
export const bareTurn = async (file, args, cwd, env) => {
  const begin = performance.now();
  const child = spawn(file, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] });
  started(child);
  const times = { first: NaN, text: NaN, end: NaN };
  let printed = '';
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
    printed += text;
    if (Number.isNaN(times.first) && printed.includes('\n'))
      times.first = performance.now() - begin;
    if (Number.isNaN(times.text) && /"agent_message".*\n/.test(printed))
      times.text = performance.now() - begin;
  });
  child.stderr.setEncoding('utf8').on('data', (/** @type {string} */ text) => (said += text));
  child.stdin.on('error', () => {});
  child.stdin.end(PROMPT);
  const [code] = await once(child, 'close');
  times.end = performance.now() - begin;
  if (code !== 0 || !printed.includes('turn.completed'))
    throw new Error(`the bare codex exited with ${code}: ${said || printed}`);
  return times;
};

/**
 * @param {{ root: string, bundle: string, temporary: string, rounds: number }} options
 * @returns {Promise<Turns>}
 */
export const measureTurns = async ({ root, bundle, temporary, rounds }) => {
  const { execArgs, resolveBinary } = loadChain(bundle);
  const place = await openPlace({
    dir: path.join(temporary, 'turns'),
    reply: () => [{ text: 'Done.' }],
  });
  const binary = resolveBinary(place.wrapper, place.env);
  const args = execArgs({ images: [], extraArgs: [] });
  const plugin = await startTimed({ root, place, profile: 'profile' });

  const throughPlugin = async () => plugin.turn(turnParams(await place.workspace(), PROMPT));
  const bare = async () =>
    bareTurn(binary.file, args, await place.workspace(), { ...place.env, ...binary.env });

  // The first turns fill caches and make codex's databases.
  await throughPlugin();
  await bare();
  const times = await alternate(rounds, throughPlugin, bare);
  await plugin.stop();
  await place.model.close();
  return { plugin: times.ours, bare: times.peer, startMs: plugin.startMs };
};
