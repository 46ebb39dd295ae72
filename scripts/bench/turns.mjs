// Turns of the real codex on a model on loopback: through the built plugin, and bare, one after the other.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { startPlugin, turnParams } from '../lib/host.mjs';
import { startModelServer } from '../lib/model-server.mjs';
import { loadChain } from './chain.mjs';

/** @typedef {{ first: number, text: number, end: number }} Times milliseconds to the first event, to the answer's text, to the end of the turn */
/** @typedef {{ plugin: Times[], bare: Times[], startMs: number }} Turns */

const PROMPT = 'Say one word.';

/** @param {string} file @param {string[]} args @param {string} cwd @param {Record<string, string>} env @param {(child: import('node:child_process').ChildProcess) => void} started @returns {Promise<Times>} */
const bareTurn = async (file, args, cwd, env, started) => {
  const begin = performance.now();
  const child = spawn(file, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] });
  started(child);
  const times = { first: NaN, text: NaN, end: NaN };
  let printed = '';
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    printed += text;
    if (Number.isNaN(times.first) && printed.includes('\n')) times.first = performance.now() - begin;
    if (Number.isNaN(times.text) && /"agent_message".*\n/.test(printed)) times.text = performance.now() - begin;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
  child.stdin.on('error', () => {});
  child.stdin.end(PROMPT);
  const [code] = await once(child, 'close');
  times.end = performance.now() - begin;
  if (code !== 0 || !printed.includes('turn.completed')) throw new Error(`the bare codex exited with ${code}: ${said || printed}`);
  return times;
};

/**
 * @param {{ root: string, bundle: string, temporary: string, rounds: number, started: (child: import('node:child_process').ChildProcess) => void }} options
 * @returns {Promise<Turns>}
 */
export const measureTurns = async ({ root, bundle, temporary, rounds, started }) => {
  const { execArgs, resolveBinary } = loadChain(bundle);
  const at = (/** @type {string} */ name) => path.join(temporary, 'turns', name);
  const pluginDir = at('profile/plugins/plexum-openai-provider');
  await Promise.all([pluginDir, at('home/.codex'), at('tmp')].map((dir) => mkdir(dir, { recursive: true })));

  const wrapper = path.join(root, 'node_modules/@openai/codex/bin/codex.js');
  const model = await startModelServer({ reply: () => [{ text: 'Done.' }] });
  await writeFile(path.join(pluginDir, 'config.json'), JSON.stringify({ binary: wrapper }));
  await writeFile(at('home/.codex/config.toml'), model.configToml);
  // Whatever asks for another address than loopback finds no proxy there.
  const nowhere = 'http://127.0.0.1:9';
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: at('home'),
    CODEX_HOME: at('home/.codex'),
    TMPDIR: at('tmp'),
    PLEXUM_PROFILE_ROOT: at('profile'),
    HTTP_PROXY: nowhere,
    HTTPS_PROXY: nowhere,
    ALL_PROXY: nowhere,
    NO_PROXY: '127.0.0.1,localhost',
  };
  const binary = resolveBinary(wrapper, env);
  const args = execArgs({ images: [], extraArgs: [] });

  const begin = performance.now();
  let turnBegin = 0;
  let seen = { first: NaN, text: NaN };
  const plugin = await startPlugin(path.join(root, 'dist/plexum-openai-provider-plugin'), {
    env,
    cwd: temporary,
    onEvent: ({ type }) => {
      const now = performance.now() - turnBegin;
      if (Number.isNaN(seen.first)) seen.first = now;
      if (type === 'text_delta' && Number.isNaN(seen.text)) seen.text = now;
    },
  });
  started(plugin.child);
  const startMs = performance.now() - begin;

  let nth = 0;
  const workspace = async () => {
    const dir = at(`workspace-${nth++}`);
    await mkdir(dir);
    return dir;
  };
  const throughPlugin = async () => {
    const dir = await workspace();
    seen = { first: NaN, text: NaN };
    turnBegin = performance.now();
    const { result, error } = await plugin.stream(turnParams(dir, PROMPT)).response;
    const end = performance.now() - turnBegin;
    if (result?.outcome !== 'completed') throw new Error(`the turn through the plugin failed: ${JSON.stringify(error ?? plugin.frames.at(-2))}`);
    return { ...seen, end };
  };
  const bare = async () => bareTurn(binary.file, args, await workspace(), { ...env, ...binary.env }, started);

  // The first turns fill caches and make codex's databases.
  await throughPlugin();
  await bare();
  /** @type {Turns} */
  const turns = { plugin: [], bare: [], startMs };
  for (let round = 0; round < rounds; round += 1) {
    const pluginFirst = round % 2 === 0;
    if (pluginFirst) turns.plugin.push(await throughPlugin());
    turns.bare.push(await bare());
    if (!pluginFirst) turns.plugin.push(await throughPlugin());
  }
  await plugin.stop();
  await model.close();
  return turns;
};
