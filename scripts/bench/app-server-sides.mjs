// All that takes a turn in the row of the app-server, on one version of codex, kept open: the
// plugin, a bare client, the peers.
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { turnParams, withTools } from '../lib/host.mjs';
import { userTexts } from '../lib/model-server.mjs';
import { measureMemory } from './app-server-memory.mjs';
import { loadChain } from './load-chain.mjs';
import { BARE, openTurns, PEER_SIDES, PEERS } from './peer-turns.mjs';
import { openPlace, startTimed } from './real-codex.mjs';
import { withDescendants } from './tree-memory.mjs';

/**
 * @typedef {import('./real-codex.mjs').Times} Times
 * @typedef {{ sdk: string, aiSdk: string }} Folders
 * @typedef {{ root: string, bundle: string, dir: string, version: string, node: string, folders:
 * Folders | undefined }} Options without `folders` there are no peers
 */

export const DELTAS = 50;
const PAUSE_MS = 20;
/** What the user says, by how the model answers. */
export const SAID = { quick: 'Say one word.', slow: 'Take your time.' };
/** `tool`: warm, with a tool offered. */
export const SIDES = /** @type {const} */ ([
  'new',
  'resume',
  'cold',
  'warm',
  'tool',
  'bare',
  ...PEER_SIDES,
]);
/** @typedef {typeof SIDES[number]} Side */

const MODEL = 'gpt-5.5';
const SERVED = { transport: 'app-server', app_server_required: true };
const TOOL = {
  name: 'look_up',
  description: 'Looks a word up.',
  inputSchema: { type: 'object', properties: { word: { type: 'string' } } },
};

/** @param {import('../lib/model-server.mjs').ModelRequest} request */
const reply = (request) =>
  userTexts(request).at(-1)?.includes(SAID.slow) === true
    ? [{ text: 'x'.repeat(10 * DELTAS), deltas: DELTAS, pauseMs: PAUSE_MS }]
    : [{ text: 'Done.' }];

/**
 * The turn, and then until no more processes than before are left below `pid`. @param {number} pid
 * @param {() => Promise<Times>} turn
 */
const alone = async (pid, turn) => {
  const before = withDescendants(pid).length;
  const times = await turn();
  while (withDescendants(pid).length > before) await sleep(5);
  return times;
};

/** @param {Options} options */
export const openSides = async ({ root, bundle, dir, version, node, folders }) => {
  // Plugin and peers on the same Node.
  const place = await openPlace({
    dir,
    reply,
    version,
    path: `${path.dirname(node)}${path.delimiter}${process.env['PATH'] ?? ''}`,
  });
  const { file, env } = loadChain(bundle).resolveBinary(place.wrapper, place.env);
  const codexEnv = { ...place.env, ...env };
  const start = (/** @type {string} */ profile, /** @type {object} */ config) =>
    startTimed({ root, place, profile, config });
  const [exec, cold, warm] = [
    await start('exec', {}),
    await start('cold', { ...SERVED, app_server_idle_ms: 1 }),
    await start('warm', SERVED),
  ];
  const [resumed, served, tooled] = [
    await place.workspace(),
    await place.workspace(),
    await place.workspace(),
  ];
  /** @param {string} script @param {{ cwd: string }} job */
  const open = (script, job) => openTurns({ node, script, job, env: codexEnv });
  /** @type {import('./bare-client.mjs').Options} */ const bareJob = {
    file,
    cwd: await place.workspace(),
    model: MODEL,
  };
  const bare = await open(BARE, bareJob);
  const job = { codex: file, cwd: await place.workspace(), model: MODEL, minimum: version };
  const openPeers =
    folders &&
    (() => {
      /** @type {import('./peer-child.mjs').Job} */ const peerJob = { ...folders, ...job };
      return open(PEERS, peerJob);
    });
  const peers = await openPeers?.();
  // Its app-server stays from here on.
  await peers?.turn('aiWarm', SAID.quick);

  /** @type {(workspace: string, text: string) => ReturnType<typeof turnParams>} */
  const params = (workspace, text) => turnParams(workspace, text, MODEL);
  /** @type {Partial<Record<Side, (text: string) => Promise<Times>>>} */
  const ofPeers =
    peers === undefined
      ? {}
      : Object.fromEntries(
          PEER_SIDES.map((side) => [
            side,
            (text) => alone(peers.pid, () => peers.turn(side, text)),
          ]),
        );
  /** @type {Partial<Record<Side, (text: string) => Promise<Times>>>} */
  const sides = {
    new: async (text) => exec.turn(params(await place.workspace(), text)),
    resume: (text) => exec.turn(params(resumed, text)),
    cold: (text) =>
      alone(cold.child.pid ?? 0, async () => cold.turn(params(await place.workspace(), text))),
    warm: (text) => warm.turn(params(served, text)),
    tool: async (text) => {
      const times = await warm.turn(withTools(params(tooled, text), [TOOL]));
      if (!JSON.stringify(place.model.requests.at(-1)?.tools).includes(TOOL.name))
        throw new Error('app-server: the tool was not offered');
      return times;
    },
    bare: (text) => bare.turn('bare', text),
    ...ofPeers,
  };
  return {
    sides,
    /** Ends all of them. */
    stop: async () => {
      await Promise.all([exec.stop(), cold.stop(), warm.stop(), bare.stop(), peers?.stop()]);
    },
    /** @param {number} rounds */
    memory: (rounds) =>
      measureMemory({
        root,
        place,
        rounds,
        text: SAID.quick,
        model: MODEL,
        config: SERVED,
        openPeers,
      }),
    close: () => place.model.close(),
  };
};
