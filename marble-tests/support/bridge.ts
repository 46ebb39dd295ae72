import { turnParams, withTools } from '../../scripts/lib/host.mjs';
import type { ModelRequest, Step } from '../../scripts/lib/model-server.mjs';
import type { Lab } from './lab.js';

const AGENT = 'mcp__plexum_host_demo_agent';
/** A tool of the host. */
export const tool = (name: string, more: object = {}) => ({
  name,
  description: `the tool ${name}`,
  inputSchema: { type: 'object' },
  ...more,
});
/** The result of a tool: a text. */
export const text = (value: string) => ({ content: [{ type: 'text', text: value }] });
/** The outputs of calls in a request to the model, as JSON. */
export const outputs = (request: ModelRequest | undefined): string[] =>
  (request?.input ?? [])
    .filter(({ type }) => type?.endsWith('_call_output'))
    .map(({ output }) => JSON.stringify(output));
/** What codex offers the model in a request: plain tools, or tools in the input. */
export const inFront = (request: ModelRequest | undefined): string =>
  JSON.stringify([request?.tools, request?.input]);
/** The namespace of the host's tools in a request. */
export const namespaceIn = (request: ModelRequest): string =>
  /"name":"(mcp__plexum_host_\w*)"/.exec(inFront(request))?.[1] ?? '';
/** Makes these calls in the first response, and says "done" when their outputs are there. */
export const calls =
  (...made: { name: string; arguments: unknown; namespace?: string }[]) =>
  (request: ModelRequest): Step[] =>
    outputs(request).length > 0
      ? [{ text: 'done' }]
      : made.map((call) => ({ call: { namespace: AGENT, ...call } }));
/** A turn with tools of the host. */
export const turnWith = (lab: Lab, tools: unknown[], model = 'gpt-5.5', agentId = 'demo-agent') =>
  withTools(turnParams(lab.workspace, 'go', model), tools, agentId);
