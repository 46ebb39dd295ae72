// Row "app-server": turns through the plugin by `codex exec` and by the app-server, cold and warm,
// of the peers, and of a bare JSON-RPC client; each in a process of its own.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { folderOf, PINNED } from '../lib/codexes.mjs';
import { NODE_PACKAGE, NODES, nodeFolder, nodeOf } from '../lib/nodes.mjs';
import { OLDEST } from '../lib/versions.mjs';
import { wantedAiSdk } from './ai-sdk.mjs';
import { measureVersion } from './app-server-version.mjs';
import { started } from './children.mjs';
import { wantedSdk } from './codex-sdk.mjs';
import { installed } from './install.mjs';

/** The oldest Node on which the peers run. */
const PEER_NODE = 22;

/**
 * Installs the peers and the oldest codex, and measures. `notes` say which could not be installed;
 * `node` is the version on which the plugin and the peers ran.
 * @param {{ root: string, bundle: string, sdk: string, temporary: string, rounds: number }} options
 * @returns {Promise<{ lines: import('./table.mjs').Line[], notes: string[], node: string }>}
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
  /** @type {import('./table.mjs').Line[]} */ const lines = [];
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
