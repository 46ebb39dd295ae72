// The tool of the demo's daemon, and the embedded model that calls it.
import { echo, outputsSince } from '../lib/model-server.mjs';

/** The tool that the daemon runs. */
export const lookUp = {
  name: 'look_up_colour',
  description: "Looks a colour up in the daemon's own table.",
  inputSchema: {
    type: 'object',
    properties: { name: { type: 'string' } },
    required: ['name'],
    additionalProperties: false,
  },
};
const colours = new Map([
  ['teal', '#008080'],
  ['coral', '#ff7f50'],
]);

/** The answer of the tool. @param {string} name @returns {string} */
export const colourOf = (name) => colours.get(name) ?? 'not in the table';

/**
 * The answers of the embedded model: it calls the tool if it is offered, and repeats its result;
 * otherwise it repeats the prompts.
 * @param {import('../lib/model-server.mjs').ModelRequest} request
 */
export const reply = (request) => {
  if (!JSON.stringify(request.tools).includes(lookUp.name)) return echo(request);
  const [result] = outputsSince(request);
  return result === undefined
    ? [
        {
          call: {
            namespace: 'mcp__plexum_host_demo_agent',
            name: lookUp.name,
            arguments: { name: 'teal' },
          },
        },
      ]
    : [{ text: `The daemon's tool says: ${/#\w+/.exec(result)?.[0]}.`, deltas: 6, pauseMs: 20 }];
};
