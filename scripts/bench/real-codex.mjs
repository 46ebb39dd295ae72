// The real codex on a model on loopback, in folders of its own, and the built plugin on it.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { codexOf, PINNED } from '../lib/codexes.mjs';
import { startPlugin } from '../lib/host.mjs';
import { startModelServer } from '../lib/model-server.mjs';
import { started } from './children.mjs';
import { writeProfile } from './profile.mjs';

/**
 * @typedef {import('../lib/model-server.mjs').ModelServer} ModelServer
 * @typedef {{ first: number, text: number, end: number }} Times milliseconds to the first event, to
 * the answer's text, to the end of the turn
 * @typedef {{ at: (name: string) => string, wrapper: string, env: Record<string, string>, model:
 * ModelServer, workspace: () => Promise<string> }} Place
 */

/**
 * @param {{ dir: string, reply: NonNullable<Parameters<typeof startModelServer>[0]>['reply'],
 * version?: string, path?: string }} options `version` of codex; `path` is its PATH
 * @returns {Promise<Place>} `workspace` makes a new one: codex begins a new thread there
 */
export const openPlace = async ({
  dir,
  reply,
  version = PINNED,
  path: PATH = process.env['PATH'] ?? '',
}) => {
  const at = (/** @type {string} */ name) => path.join(dir, name);
  await Promise.all(
    [at('home/.codex'), at('tmp')].map((folder) => mkdir(folder, { recursive: true })),
  );
  const model = await startModelServer({ ...(reply === undefined ? {} : { reply }) });
  await writeFile(at('home/.codex/config.toml'), model.configToml);
  // Whatever asks for another address than loopback finds no proxy there.
  const nowhere = 'http://127.0.0.1:9';
  let nth = 0;
  return {
    at,
    wrapper: codexOf(version),
    env: {
      PATH,
      HOME: at('home'),
      CODEX_HOME: at('home/.codex'),
      TMPDIR: at('tmp'),
      HTTP_PROXY: nowhere,
      HTTPS_PROXY: nowhere,
      ALL_PROXY: nowhere,
      NO_PROXY: '127.0.0.1,localhost',
    },
    model,
    workspace: async () => {
      const workspace = at(`workspace-${nth++}`);
      await mkdir(workspace);
      return workspace;
    },
  };
};

/**
 * The plugin in a profile of its own, one turn at a time.
 * @param {{ root: string, place: Place, profile: string, config?: object, onTool?: (params:
 * Record<string, any>) => Record<string, any> }} options
 */
export const startTimed = async ({ root, place, profile, config = {}, onTool }) => {
  await writeProfile(place.at(profile), { binary: place.wrapper, ...config });

  const starting = performance.now();
  let begin = 0;
  let seen = { first: NaN, text: NaN };
  const plugin = await startPlugin(path.join(root, 'dist/plexum-openai-provider-plugin'), {
    env: { ...place.env, PLEXUM_PROFILE_ROOT: place.at(profile) },
    cwd: place.at('.'),
    onEvent: ({ type }) => {
      const now = performance.now() - begin;
      if (Number.isNaN(seen.first)) seen.first = now;
      if (type === 'text_delta' && Number.isNaN(seen.text)) seen.text = now;
    },
    ...(onTool === undefined ? {} : { onTool }),
  });
  started(plugin.child);
  return {
    child: plugin.child,
    startMs: performance.now() - starting,
    /** @param {unknown} params @returns {Promise<Times>} */
    turn: async (params) => {
      seen = { first: NaN, text: NaN };
      begin = performance.now();
      const { result, error } = await plugin.stream(params).response;
      const end = performance.now() - begin;
      if (result?.outcome !== 'completed')
        throw new Error(
          `the turn through the plugin failed: ${JSON.stringify(error ?? plugin.frames.at(-2))}`,
        );
      return { ...seen, end };
    },
    stop: plugin.stop,
  };
};
