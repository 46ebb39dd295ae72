// Row "agents": the descriptors of the plugin with tools on the app-server, by the number of
// workspaces.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { turnParams, withTools } from '../lib/host.mjs';
import { outputsSince } from '../lib/model-server.mjs';
import { openPlace, startTimed } from './real-codex.mjs';

/** @typedef {import('./table.mjs').Line} Line */

export const WORKSPACES = 28;
const MODEL = 'gpt-5.5';
const SERVED = { transport: 'app-server', app_server_required: true, bridge_required: true };
const TOOL = { name: 'look_up', description: 'Looks a word up.', inputSchema: { type: 'object' } };
const LISTENS = '0A';

/** What a process has open. @param {number} pid */
const opened = (pid) => {
  const folder = `/proc/${pid}/fd`;
  const targets = readdirSync(folder).flatMap((name) => {
    try {
      return [readlinkSync(path.join(folder, name))];
    } catch {
      return [];
    }
  });
  const ports = readFileSync('/proc/net/tcp', 'latin1')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state]) => state === LISTENS)
    .filter((fields) => targets.includes(`socket:[${fields[9]}]`));
  return { descriptors: targets.length, ports: ports.length };
};

/**
 * @param {{ root: string, temporary: string, rounds: number }} options @returns {Promise<Line[]>}
 */
export const measureAgents = async ({ root, temporary, rounds }) => {
  const place = await openPlace({
    dir: path.join(temporary, 'agents'),
    reply: (request) =>
      outputsSince(request).length > 0
        ? [{ text: 'Done.' }]
        : [{ call: { namespace: 'mcp__plexum_host_demo_agent', name: TOOL.name, arguments: {} } }],
  });
  let calls = 0;
  /** @param {number} workspaces */
  const openAfter = async (workspaces) => {
    const plugin = await startTimed({
      root,
      place,
      profile: 'profile',
      config: SERVED,
      onTool: () => {
        calls += 1;
        return { content: [{ type: 'text', text: 'a colour' }] };
      },
    });
    calls = 0;
    for (let nth = 0; nth < workspaces; nth += 1)
      await plugin.turn(
        withTools(turnParams(await place.workspace(), 'Call a tool.', MODEL), [TOOL]),
      );
    if (calls !== workspaces) throw new Error(`agents: ${calls} of ${workspaces} calls were made`);
    const open = opened(plugin.child.pid ?? 0);
    await plugin.stop();
    return open;
  };
  /** @type {ReturnType<typeof opened>[]} */ const many = [];
  /** @type {ReturnType<typeof opened>[]} */ const one = [];
  for (let nth = 0; nth < rounds; nth += 1) {
    many.push(await openAfter(WORKSPACES));
    one.push(await openAfter(1));
  }
  await place.model.close();
  /**
   * @param {string} measure @param {'descriptors' | 'ports'} key @param {number} aim
   * @returns {Line}
   */
  const line = (measure, key, aim) => ({
    row: 'agents',
    measure,
    ours: many.map((open) => open[key]),
    peer: one.map((open) => open[key]),
    by: 'difference',
    better: 'lower',
    aim,
    digits: 0,
  });
  return [
    line('open descriptors', 'descriptors', 2 * WORKSPACES),
    line('ports that listen', 'ports', 1),
  ];
};
