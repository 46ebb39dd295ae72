// A turn on the same app-server as the cell's turn, which must not be disturbed.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { turnParams } from '../lib/host.mjs';
import { within } from '../lib/processes.mjs';
import { LIMIT_MS, limited } from './cell-lab.mjs';
import { NEIGHBOUR } from './descendants.mjs';

/**
 * Starts a turn in another workspace, with a command that runs until the file `go` exists.
 * @param {import('../lib/lab.mjs').Lab} lab @param {import('../lib/lab.mjs').Plugin} plugin
 * @param {string} mark
 */
export const startNeighbour = async (lab, plugin, mark) => {
  const workspace = lab.makeWorkspace(NEIGHBOUR);
  const turn = plugin.stream(turnParams(workspace, JSON.stringify([NEIGHBOUR, mark])));
  await within(() => turn.events.some(({ event }) => event.type === 'tool_call_end'), LIMIT_MS);
  return {
    workspace,
    /** Whether the turn is still running, and then completes. */
    isUntouched: async () => {
      if (turn.events.length !== 4) return false;
      writeFileSync(path.join(workspace, 'go'), '');
      const events = (await limited(turn.ended)) ? turn.events.map(({ event }) => event) : [];
      return (
        events.at(-1)?.stop_reason === 'end_turn' &&
        events.some(({ type, output }) => type === 'tool_result' && output.includes('untouched'))
      );
    },
  };
};
