// Starts one plugin for each installed version of codex.
import { setTimeout as sleep } from 'node:timers/promises';
import { openLab } from '../lib/lab.mjs';
import { startLife } from './plugin-life.mjs';

/**
 * @typedef {import('./plugin-life.mjs').Life} Life
 * @typedef {{ version: string, native: string }} Codex
 * @typedef {{ life: Life, version: string, bridge: 'http' | 'stdio', log: (text: string) => void }}
 *   NamedLife
 */

/** Answers the tool after the milliseconds of the call. @type {import('../lib/lab.mjs').OnTool} */
const onTool = async ({ arguments: args }) => {
  await sleep(args?.ms ?? 0);
  return { content: [{ type: 'text', text: 'found' }] };
};

/**
 * The first version gets the bridge "stdio", the others "http". Each lab is pushed to `labs` before
 * its plugin starts, so that a signal can end it.
 * @param {readonly Codex[]} codexes
 * @param {{ base: import('../lib/lab.mjs').Base, labs: import('../lib/lab.mjs').Lab[],
 *   config: { transport: string }, configToml: string, log: (text: string) => void }} options
 * @returns {Promise<NamedLife[]>}
 */
export const startLives = (codexes, { base, labs, config, configToml, log }) =>
  Promise.all(
    codexes.map(async ({ version, native }, nth) => {
      const bridge = nth === 0 ? /** @type {const} */ ('stdio') : /** @type {const} */ ('http');
      const lab = openLab(base, {
        name: String(nth),
        native,
        configToml,
        config: { ...config, bridge },
        onTool,
      });
      labs.push(lab);
      const logOf = (/** @type {string} */ text) => log(`${version} ${text}`);
      const isServed = config.transport === 'app-server';
      return { life: await startLife(lab, { isServed, log: logOf }), version, bridge, log: logOf };
    }),
  );
