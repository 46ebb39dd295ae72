// What both sides of the kill matrix share: the lab of a cell, and the bound of every wait.
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { openLab } from '../lib/lab.mjs';
import { processesOrWith } from '../lib/processes.mjs';
import { serverOf } from './descendants.mjs';

/**
 * @typedef {import('./descendants.mjs').Kind} Kind
 * @typedef {import('../lib/processes.mjs').Process} Process
 * @typedef {{ survivors: Process[], ms: number, left?: number, problem?: string }} Outcome `left`:
 * by a plugin that was killed, for the next one
 * @typedef {{ base: import('../lib/lab.mjs').Base, version: string, native: string, configToml:
 * string, kind: Kind, mark: string, transport: string, env: Record<string, string> } &
 * Pick<ReturnType<typeof import('./descendants.mjs').director>, 'endedAt' | 'whenUp'>} Cell
 */

/** Milliseconds after which an end that has not come is none. */
export const LIMIT_MS = 15_000;
/** @param {Promise<unknown>} end @returns {Promise<boolean>} */
export const limited = (end) =>
  Promise.race([end.then(() => true), sleep(LIMIT_MS, false, { ref: false })]);

/** @param {Cell} cell @param {object} [config] */
export const labOf = ({ base, native, configToml, kind, mark, env }, config = {}) => {
  const lab = openLab(base, { name: `m${mark}`, native, configToml, config, env });
  const addServer = () => appendFileSync(lab.at('codex/config.toml'), serverOf(kind, mark));
  return {
    lab,
    workspace: lab.makeWorkspace('workspace'),
    addServer,
    find: () => processesOrWith(lab.home, [mark]),
  };
};
