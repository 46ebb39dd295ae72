// Row "tools": turns of the real codex without tools, with tools over HTTP, and with tools over the
// relay; and the cost of one call.
import path from 'node:path';
import { turnParams, withTools } from '../lib/host.mjs';
import { openPlace, startTimed } from './real-codex.mjs';
import { inTurns } from './rounds.mjs';
import { canMeasureTrees, peakDuring } from './tree-memory.mjs';

/**
 * @typedef {import('./real-codex.mjs').Times} Times
 * @typedef {import('./table.mjs').Line} Line
 * @typedef {import('../lib/model-server.mjs').ModelRequest} ModelRequest
 * @typedef {import('../lib/model-server.mjs').Step} Step
 */

export const TOOLS = 10;

const MODEL = 'gpt-5.5';
const AGENT = 'demo-agent';
const SAY = 'Say one word.';
const CALL = 'Call a tool.';
const WAYS = /** @type {const} */ (['none', 'http', 'stdio']);
/** @typedef {typeof WAYS[number]} Way */

const tools = Array.from({ length: TOOLS }, (_, i) => ({
  name: `look_up_${i}`,
  description: `Looks a word up in the dictionary number ${i}.`,
  inputSchema: {
    type: 'object',
    properties: { word: { type: 'string', description: 'The word.' } },
    required: ['word'],
  },
}));

/** @param {ModelRequest} request @returns {Step[]} */
const reply = ({ input }) => {
  const isAsked = JSON.stringify(input).includes(CALL);
  const isDone = input.some(({ type }) => type === 'function_call_output');
  const call = {
    namespace: 'mcp__plexum_host_demo_agent',
    name: 'look_up_0',
    arguments: { word: 'teal' },
  };
  return isAsked && !isDone ? [{ call }] : [{ text: 'Done.' }];
};

/**
 * @param {{ root: string, temporary: string, rounds: number }} options
 * @returns {Promise<Line[]>}
 */
export const measureTools = async ({ root, temporary, rounds }) => {
  const place = await openPlace({ dir: path.join(temporary, 'tools'), reply });
  let calls = 0;
  const onTool = () => {
    calls += 1;
    return { content: [{ type: 'text', text: 'a colour' }] };
  };
  const start = (/** @type {Way} */ way) =>
    startTimed({
      root,
      place,
      profile: way,
      config: way === 'none' ? {} : { bridge: way, bridge_required: true },
      onTool,
    });
  const plugins = {
    none: await start('none'),
    http: await start('http'),
    stdio: await start('stdio'),
  };

  /** @param {Way} way @param {string} prompt */
  const turn = async (way, prompt) => {
    const params = turnParams(await place.workspace(), prompt, MODEL);
    place.model.requests.length = 0;
    calls = 0;
    const times = await plugins[way].turn(
      way === 'none' ? params : withTools(params, tools, AGENT),
    );
    const offered =
      JSON.stringify(place.model.requests[0]?.tools).match(/"look_up_\d+"/g)?.length ?? 0;
    const expected = {
      requests: prompt === CALL ? 2 : 1,
      offered: way === 'none' ? 0 : TOOLS,
      calls: prompt === CALL ? 1 : 0,
    };
    const seen = { requests: place.model.requests.length, offered, calls };
    if (JSON.stringify(seen) !== JSON.stringify(expected))
      throw new Error(`tools: a turn over ${way} was ${JSON.stringify(seen)}`);
    return times;
  };

  /** @type {Record<Way, Times[]>} */
  const said = { none: [], http: [], stdio: [] };
  /** @type {Record<'http' | 'stdio', Times[]>} */
  const called = { http: [], stdio: [] };
  /** @type {Record<Way, number[]>} */
  const peaks = { none: [], http: [], stdio: [] };
  /** @type {(() => Promise<unknown>)[]} */
  const round = [
    ...WAYS.map((way) => async () => said[way].push(await turn(way, SAY))),
    .../** @type {const} */ (['http', 'stdio']).map(
      (way) => async () => called[way].push(await turn(way, CALL)),
    ),
  ];
  // The first turns fill caches and make codex's databases.
  for (const way of WAYS) await turn(way, SAY);
  for (let nth = 0; nth < rounds; nth += 1) {
    for (const one of inTurns(round, nth)) await one();
  }
  // In rounds of their own, since sampling costs time.
  for (let nth = 0; canMeasureTrees && nth < Math.ceil(rounds / 5); nth += 1) {
    for (const way of inTurns(WAYS, nth))
      peaks[way].push(await peakDuring(plugins[way].child.pid ?? 0, () => turn(way, SAY)));
  }
  for (const way of WAYS) await plugins[way].stop();
  await place.model.close();

  /**
   * @param {string} measure @param {number[]} ours @param {number[]} peer @param {number} [aim]
   * @returns {Line}
   */
  const line = (measure, ours, peer, aim) => ({
    row: 'tools',
    measure,
    ours,
    peer,
    by: 'difference',
    better: 'lower',
    aim,
    digits: 0,
  });
  const texts = (/** @type {Way} */ way) => said[way].map(({ text }) => text);
  const ends = (/** @type {Way} */ way) => said[way].map(({ end }) => end);
  const ofCall = (/** @type {'http' | 'stdio'} */ way) => called[way].map(({ end }) => end);
  const memory = (/** @type {Way} */ way, /** @type {Way} */ other) =>
    canMeasureTrees ? [line(`${way} - ${other}, peak memory, MiB`, peaks[way], peaks[other])] : [];
  return [
    line('http - none, first text, ms', texts('http'), texts('none'), 20),
    line('http - none, end of turn, ms', ends('http'), ends('none'), 20),
    ...memory('http', 'none'),
    line('stdio - none, first text, ms', texts('stdio'), texts('none')),
    line('stdio - none, end of turn, ms', ends('stdio'), ends('none')),
    ...memory('stdio', 'none'),
    line('http, with a call - without, end of turn, ms', ofCall('http'), ends('http')),
    line('stdio, with a call - without, end of turn, ms', ofCall('stdio'), ends('stdio')),
  ];
};
