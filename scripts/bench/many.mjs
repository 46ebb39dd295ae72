// Row "many": 20 turns at once in 20 workspaces, through one plugin and as 20 bare binaries.
import path from 'node:path';
import { startPlugin, turnParams } from '../lib/host.mjs';
import { started } from './children.mjs';
import { loadChain } from './load-chain.mjs';
import { writeProfile } from './profile.mjs';
import { openPlace } from './real-codex.mjs';
import { alternate } from './rounds.mjs';
import { canMeasureTrees, ownPeak } from './tree-memory.mjs';
import { bareTurn } from './turns.mjs';

/**
 * `first`, `mean` and `last`: milliseconds to the first text of the earliest turn, of all in the
 * mean, and of the latest; `peak` memory of the plugin in MiB.
 * @typedef {{ first: number, mean: number, last: number, end: number, peak: number }} Crowd
 * @typedef {import('./table.mjs').Line} Line
 */

export const AT_ONCE = 20;
const PROMPT = 'Say one word.';

/** @param {readonly number[]} texts */
const spread = (texts) => ({
  first: Math.min(...texts),
  mean: texts.reduce((sum, text) => sum + text, 0) / texts.length,
  last: Math.max(...texts),
});

/**
 * @param {{ root: string, bundle: string, temporary: string, rounds: number }} options @returns
 * {Promise<Line[]>}
 */
export const measureMany = async ({ root, bundle, temporary, rounds }) => {
  const { execArgs, resolveBinary } = loadChain(bundle);
  const place = await openPlace({
    dir: path.join(temporary, 'many'),
    reply: () => [{ text: 'Done.' }],
  });
  const binary = resolveBinary(place.wrapper, place.env);
  const args = execArgs({ images: [], extraArgs: [] });
  const profile = place.at('profile');
  await writeProfile(profile, { binary: place.wrapper, max_concurrent_turns: AT_ONCE });
  let begin = 0;
  /** @type {Map<unknown, number>} */ const texts = new Map();
  const plugin = await startPlugin(path.join(root, 'dist/plexum-openai-provider-plugin'), {
    env: { ...place.env, PLEXUM_PROFILE_ROOT: profile },
    cwd: place.at('.'),
    onEvent: ({ type }, turn) => {
      if (type === 'text_delta' && !texts.has(turn)) texts.set(turn, performance.now() - begin);
    },
  });
  started(plugin.child);
  const workspaces = () => Promise.all(Array.from({ length: AT_ONCE }, () => place.workspace()));

  /** @returns {Promise<Crowd>} */
  const ours = async () => {
    const folders = await workspaces();
    texts.clear();
    begin = performance.now();
    const { peak, value: answers } = await ownPeak(plugin.child.pid ?? 0, () =>
      Promise.all(folders.map((folder) => plugin.stream(turnParams(folder, PROMPT)).response)),
    );
    const end = performance.now() - begin;
    if (texts.size < AT_ONCE || answers.some(({ result }) => result?.outcome !== 'completed'))
      throw new Error(
        `many: ${texts.size} of ${AT_ONCE} turns have a text; ${JSON.stringify(plugin.frames.find(({ params }) => params?.event?.type === 'error'))}`,
      );
    return { ...spread([...texts.values()]), end, peak };
  };
  /** @returns {Promise<Crowd>} */
  const bare = async () => {
    const folders = await workspaces();
    const env = { ...place.env, ...binary.env };
    const start = performance.now();
    const times = await Promise.all(
      folders.map((folder) => bareTurn(binary.file, args, folder, env)),
    );
    return { ...spread(times.map(({ text }) => text)), end: performance.now() - start, peak: 0 };
  };

  // The first turn makes codex's databases, which fails for several at once; others fill caches.
  await bareTurn(binary.file, args, await place.workspace(), { ...place.env, ...binary.env });
  await ours();
  await bare();
  const all = await alternate(rounds, ours, bare);
  await plugin.stop();
  await place.model.close();
  /**
   * @param {string} measure @param {keyof Crowd} key @param {Partial<Line>} [more]
   * @returns {Line}
   */
  const line = (measure, key, more = {}) => ({
    row: 'many',
    measure,
    ours: all.ours.map((crowd) => crowd[key]),
    peer: all.peer.map((crowd) => crowd[key]),
    better: 'lower',
    digits: 0,
    ...more,
  });
  return [
    line('end of the last turn, ms', 'end', { aim: 1.05 }),
    line('first text of the first turn, ms', 'first', { aim: 1.05 }),
    line('first text of a turn, mean, ms', 'mean', { aim: 1.05 }),
    line('first text of the last turn, ms', 'last', { aim: 1.05 }),
    ...(canMeasureTrees
      ? [line('peak memory of the plugin, MiB', 'peak', { by: 'difference', aim: 100 })]
      : []),
  ];
};
