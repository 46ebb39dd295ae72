// What a turn of codex may start and leave, each kind with a mark in its arguments by which it is
// found.
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { outputsSince, userTexts } from '../lib/model-server.mjs';
import { processesOrWith, within } from '../lib/processes.mjs';

/**
 * @typedef {{ name: string, count: number, command?: (mark: string) => string, server?: boolean,
 * finishes?: boolean, detaches?: boolean, escapes?: boolean }} Kind `count` processes that bear the
 * mark; `finishes` when the command ends before the turn; `detaches` when codex itself leaves it;
 * `escapes` when it has left its session and cleared its environment on purpose
 * @typedef {import('../lib/model-server.mjs').Step} Step
 * @typedef {import('../lib/model-server.mjs').ModelRequest} ModelRequest
 */

const stubborn = fileURLToPath(new URL('stubborn-mcp.mjs', import.meta.url));

/** @type {readonly Kind[]} */
export const KINDS = [
  { name: 'shell tree', count: 2, command: (mark) => `sleep ${mark}1 & sleep ${mark}2` },
  {
    name: 'traps signals',
    count: 2,
    command: (mark) => `trap "" INT TERM HUP; sleep ${mark}1 & sleep ${mark}2; wait`,
  },
  {
    name: 'background job',
    count: 1,
    command: (mark) => `sleep ${mark}1 > /dev/null 2>&1 & sleep 0.5`,
    finishes: true,
  },
  {
    name: 'setsid daemon',
    count: 1,
    command: (mark) => `nohup setsid sleep ${mark}1 > /dev/null 2>&1 & sleep 0.5`,
    finishes: true,
    detaches: true,
  },
  {
    name: 'env -i daemon',
    count: 1,
    command: (mark) => `nohup setsid env -i sleep ${mark}1 > /dev/null 2>&1 & sleep 0.5`,
    finishes: true,
    escapes: true,
  },
  { name: 'MCP deaf to EOF', count: 1, server: true },
];

/** In place of a kind: a command that runs until there is a file `go`. */
export const NEIGHBOUR = 'neighbour';
const waits = 'until [ -e go ]; do sleep 0.05; done; echo untouched';

/** @param {Kind} kind @param {string} mark @returns {string} for config.toml */
export const serverOf = ({ server = false }, mark) =>
  server
    ? `[mcp_servers.stubborn]\ncommand = ${JSON.stringify(process.execPath)}\nargs = ${JSON.stringify([stubborn, mark])}\n`
    : '';

/** @param {string} home @param {string} mark */
const marked = (home, mark) =>
  processesOrWith(home, [mark]).filter(
    ({ args }) =>
      /^sleep$|^node$/.test(path.basename(args[0] ?? '')) &&
      args.some((arg) => arg.startsWith(mark)),
  );

/** @param {Kind} kind @param {string} home @param {string} mark */
const isUp = ({ count }, home, mark) => marked(home, mark).length === count;

/** Milliseconds that codex has to start what it was told. */
const UP_MS = 15_000;

/**
 * A model that is told by the prompt `[kind, mark, home, end]` which kind to start, and then is
 * silent or ends the turn. `whenUp` waits for that kind, and tells whether it came; `endedAt` is
 * when the model said the end.
 */
export const director = () => {
  /** @type {Set<string>} */ const finished = new Set();
  /** @type {Map<string, number>} */ const ends = new Map();
  /** @param {ModelRequest} request @returns {Promise<Step[]>} */
  const reply = async (request) => {
    const [name = '', mark = '', home = '', end = ''] = JSON.parse(
      userTexts(request).at(-1) ?? '[]',
    );
    if (name === NEIGHBOUR)
      return outputsSince(request).length > 0
        ? [{ text: 'done' }]
        : [{ call: { name: 'exec_command', arguments: { cmd: waits, yield_time_ms: 30_000 } } }];
    const kind = KINDS.find((each) => each.name === name);
    if (kind === undefined) throw new Error(`there is no kind ${name}`);
    if (kind.command !== undefined && outputsSince(request).length === 0)
      return [
        {
          call: {
            name: 'exec_command',
            arguments: {
              cmd: kind.command(mark),
              yield_time_ms: end === 'ends' && !kind.finishes ? 500 : 30_000,
            },
          },
        },
      ];
    finished.add(mark);
    if (end !== 'ends') return [{ hang: true }];
    if (kind.server) await within(() => isUp(kind, home, mark), UP_MS);
    await sleep(200);
    ends.set(mark, performance.now());
    return [{ text: 'done' }];
  };
  return {
    reply,
    endedAt: (/** @type {string} */ mark) => ends.get(mark) ?? NaN,
    /** @param {Kind} kind @param {string} home @param {string} mark */
    whenUp: async (kind, home, mark) =>
      (await within(() => isUp(kind, home, mark), UP_MS)) &&
      (!kind.finishes || (await within(() => finished.has(mark), UP_MS))),
  };
};
