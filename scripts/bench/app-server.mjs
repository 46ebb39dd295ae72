// Turns through the plugin by codex exec and by the app-server, cold and warm, of the peers, and of
// a bare JSON-RPC client, by turns; each in a process of its own.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { folderOf, PINNED } from '../lib/codexes.mjs';
import { NODE_PACKAGE, NODES, nodeFolder, nodeOf } from '../lib/nodes.mjs';
import { OLDEST } from '../lib/versions.mjs';
import { wantedAiSdk } from './ai-sdk.mjs';
import { DELTAS, openSides, SAID, SIDES } from './app-server-sides.mjs';
import { started } from './children.mjs';
import { wantedSdk } from './codex-sdk.mjs';
import { installed } from './install.mjs';

/**
 * @typedef {import('./real-codex.mjs').Times} Times
 * @typedef {import('./table.mjs').Line} Line
 * @typedef {import('./app-server-sides.mjs').Side} Side
 * @typedef {'quick' | 'slow'} Kind
 * @typedef {Partial<Record<Side, Times[]>>} Measured
 */

/** The lowest Node of the peers. */
const PEER_NODE = 22;
const HOW = { quick: 'at once', slow: `${DELTAS} deltas in 1 s` };
const KINDS = /** @type {const} */ (['quick', 'slow']);
const KEYS = /** @type {const} */ ([
  ['text', 'first text'],
  ['end', 'end of turn'],
]);

/**
 * What is compared; `aim` is what the first text of `ours` has to beat. Not `isQuick`: with both
 * kinds of answers.
 * @type {{ ours: Side, peer: Side, measure: string, aim?: number, isQuick?: boolean }[]}
 */
const PAIRS = [
  { ours: 'warm', peer: 'bare', measure: 'warm : bare client', aim: 1.2 },
  { ours: 'warm', peer: 'aiWarm', measure: 'warm : ai-sdk warm', aim: 1 },
  { ours: 'warm', peer: 'sdkResume', measure: 'warm : codex-sdk resume', aim: 1 },
  { ours: 'warm', peer: 'resume', measure: 'warm : exec resume' },
  { ours: 'tool', peer: 'warm', measure: 'warm, a tool : none', aim: 1.2, isQuick: true },
  { ours: 'cold', peer: 'aiCold', measure: 'cold : ai-sdk cold' },
  { ours: 'cold', peer: 'new', measure: 'cold : exec new' },
  { ours: 'new', peer: 'sdkNew', measure: 'exec new : codex-sdk new', isQuick: true },
  { ours: 'resume', peer: 'sdkResume', measure: 'exec resume : codex-sdk resume', isQuick: true },
];
const pairsOf = (/** @type {Kind} */ kind) =>
  PAIRS.filter(({ isQuick }) => kind === 'quick' || isQuick !== true);

/**
 * @param {import('./app-server-sides.mjs').Options & { rounds: number }} options @returns
 * {Promise<Line[]>}
 */
const measureVersion = async ({ rounds, version, ...options }) => {
  const { sides, stop, memory, close } = await openSides({ version, ...options });
  const names = SIDES.filter((name) => sides[name] !== undefined);
  /** @param {Side} name @param {Kind} kind */
  const turn = async (name, kind) =>
    (await sides[name]?.(SAID[kind])) ?? { first: NaN, text: NaN, end: NaN };
  /**
   * @param {Kind} kind @param {number} count @param {readonly Side[]} kept those that have a turn
   * just before
   */
  const measured = async (kind, count, kept) => {
    const wanted = names.filter((name) =>
      pairsOf(kind).some(({ ours, peer }) => ours === name || peer === name),
    );
    /** @type {Measured} */ const times = Object.fromEntries(wanted.map((name) => [name, []]));
    for (let nth = 0; nth < count; nth += 1) {
      // Each of them is the first in some rounds, and follows each of its neighbours in some.
      const from = nth % wanted.length;
      const turned = [...wanted.slice(from), ...wanted.slice(0, from)];
      for (const name of nth % 2 === 0 ? turned : turned.reverse()) {
        if (kept.includes(name)) await turn(name, 'quick');
        times[name]?.push(await turn(name, kind));
      }
    }
    return times;
  };
  // The first turns fill caches and make codex's databases.
  for (const name of names) await turn(name, 'quick');
  const times = {
    quick: await measured('quick', rounds, []),
    // Such a round takes longer than the plugin keeps a thread that has nothing to do.
    slow: await measured('slow', Math.ceil(rounds / 3), ['warm', 'bare', 'aiWarm']),
  };
  await stop();
  const held = await memory(Math.ceil(rounds / 8));
  await close();

  /** @param {Kind} kind @param {Side} name @param {'text' | 'end'} key */
  const of = (kind, name, key) => times[kind][name]?.map((time) => time[key]) ?? [];
  /**
   * @param {string} measure @param {number[]} ours @param {number[]} peer @param {number} [aim]
   * @returns {Line}
   */
  const line = (measure, ours, peer, aim) => ({
    row: version,
    measure,
    ours,
    peer,
    better: 'lower',
    aim,
    digits: 0,
  });
  return [
    ...KINDS.flatMap((kind) =>
      pairsOf(kind).flatMap(({ ours, peer, measure, aim }) =>
        KEYS.map(([key, what]) =>
          line(
            `${HOW[kind]}, ${measure}, ${what}, ms`,
            of(kind, ours, key),
            of(kind, peer, key),
            key === 'text' ? aim : undefined,
          ),
        ),
      ),
    ),
    ...held.map(({ measure, ours, peer }) => line(`memory ${measure} : ai-sdk, MiB`, ours, peer)),
  ];
};

/**
 * Installs what is missing first; `notes` say what could not be.
 * @param {{ root: string, bundle: string, sdk: string, temporary: string, rounds: number }} options
 * @returns {Promise<{ lines: Line[], notes: string[], node: string }>} `node` is the version that
 * the plugin and the peers ran on
 */
export const measureAppServer = async ({ root, bundle, sdk, temporary, rounds }) => {
  const aiSdk = path.join(root, '.cache/bench-peers-ai-sdk');
  const isNew = Number(process.versions.node.split('.')[0]) >= PEER_NODE;
  const other = NODES.find((version) => version.startsWith(`${PEER_NODE}.`)) ?? '';
  const wantedNode = {
    folder: nodeFolder(other),
    versions: { [NODE_PACKAGE]: other },
    lacking: 'the peers of the app-server are missing',
  };
  const noPeers = [
    isNew ? '' : await installed(wantedNode, started),
    await installed(wantedSdk(sdk), started),
    await installed(wantedAiSdk(aiSdk), started),
  ].filter((note) => note !== '');
  const wantedCodex = {
    folder: folderOf(OLDEST),
    versions: { '@openai/codex': OLDEST },
    optional: true,
    lacking: 'its rows are missing',
  };
  const noCodex = await installed(wantedCodex, started);

  const node = isNew || !existsSync(nodeOf(other)) ? process.execPath : nodeOf(other);
  /** @type {Line[]} */ const lines = [];
  for (const version of noCodex === '' ? [PINNED, OLDEST] : [PINNED]) {
    const dir = path.join(temporary, `app-server-${version}`);
    lines.push(
      ...(await measureVersion({
        root,
        bundle,
        dir,
        version,
        rounds,
        node,
        folders: noPeers.length === 0 ? { sdk, aiSdk } : undefined,
      })),
    );
  }
  const notes = [...noPeers, noCodex].filter((note) => note !== '');
  return { lines, notes, node: node === process.execPath ? process.versions.node : other };
};
