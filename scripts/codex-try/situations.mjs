// The situations that are recorded: what the model answers, and how codex is asked.
import { fileURLToPath } from 'node:url';
import { outputsSince, userTexts } from '../lib/model-server.mjs';

/**
 * @typedef {import('../lib/model-server.mjs').Step} Step
 * @typedef {import('../lib/model-server.mjs').ModelRequest} ModelRequest
 * @typedef {{ name: string, reply: (request: ModelRequest, nth: number) => Step[], models?:
 * (string | undefined)[], config?: readonly string[], interruptAt?: string }} Situation `models`
 * has the model of each turn, `undefined` for the default one; `config` are overrides;
 * `interruptAt` is a file of the workspace: when it is there, the turn is interrupted
 */

const ECHO = fileURLToPath(new URL('echo-server.mjs', import.meta.url));
const MCP = [
  `mcp_servers.lab.command=${JSON.stringify(process.execPath)}`,
  `mcp_servers.lab.args=${JSON.stringify([ECHO])}`,
  'mcp_servers.lab.default_tools_approval_mode="approve"',
];
const USED = {
  error: {
    type: 'usage_limit_reached',
    message: 'The usage limit has been reached',
    plan_type: 'plus',
  },
};

/** Makes the calls, and is done when it has their outputs. @param {Step[]} steps */
const then =
  (...steps) =>
  (/** @type {ModelRequest} */ request) =>
    outputsSince(request).length > 0 ? [{ text: 'done' }] : steps;
/** @param {string} name @param {unknown} args @param {string} [namespace] @returns {Step} */
const call = (name, args, namespace) => ({
  call: { name, arguments: args, ...(namespace === undefined ? {} : { namespace }) },
});
const shell = (/** @type {string} */ cmd) => call('exec_command', { cmd });
const script = (/** @type {string} */ input) => ({ custom: { name: 'exec', input } });
const PATCH = '*** Begin Patch\n*** Add File: new.txt\n+hello\n*** End Patch\n';
const DEFAULT = [undefined];

/** @type {readonly Situation[]} */
export const SITUATIONS = [
  { name: 'plain', reply: () => [{ text: 'hello', deltas: 3 }] },
  { name: 'default-model', models: DEFAULT, reply: () => [{ text: 'hello' }] },
  { name: 'messages', reply: () => [{ text: 'one' }, { text: 'two' }] },
  { name: 'nothing', reply: () => [] },
  { name: 'reasoning', reply: () => [{ reasoning: ['**a**\n\nb'] }, { text: 'hello' }] },
  { name: 'resume', models: ['gpt-5.5', 'gpt-5.5'], reply: () => [{ text: 'hello' }] },
  { name: 'model-changed', models: ['gpt-5.5', undefined], reply: () => [{ text: 'hello' }] },
  { name: 'exec-ok', reply: then({ text: 'now' }, shell('echo hi')) },
  { name: 'exec-fail', reply: then(shell('echo bad >&2; exit 3')) },
  { name: 'exec-parallel', reply: then(shell('echo a'), shell('echo b')) },
  { name: 'patch', reply: then({ custom: { name: 'apply_patch', input: PATCH } }) },
  { name: 'patch-fail', reply: then({ custom: { name: 'apply_patch', input: 'no patch' } }) },
  {
    name: 'plan',
    reply: then(call('update_plan', { plan: [{ step: 'look', status: 'in_progress' }] })),
  },
  { name: 'unknown-tool', reply: then(call('no_such_tool', {})) },
  { name: 'mcp', config: MCP, reply: then(call('echo', { a: 1 }, 'mcp__lab')) },
  { name: 'mcp-fail', config: MCP, reply: then(call('echo', { fail: true }, 'mcp__lab')) },
  {
    name: 'mcp-required',
    config: ['mcp_servers.lab.command="/nowhere"', 'mcp_servers.lab.required=true'],
    reply: () => [{ text: 'hello' }],
  },
  {
    name: 'code-mode',
    models: DEFAULT,
    reply: then(script('text(JSON.stringify(await tools.exec_command({"cmd":"echo hi"})))')),
  },
  {
    name: 'async-message',
    models: DEFAULT,
    reply: then({ text: 'now' }, call('send_message_to_user_async', { message: 'later' })),
  },
  {
    name: 'agents',
    reply: (request) =>
      userTexts(request).includes('child')
        ? [{ text: 'hello' }]
        : then(call('spawn_agent', { message: 'child' }, 'multi_agent_v1'))(request),
  },
  {
    name: 'goal',
    // It goes on without being asked, until the goal is reached.
    reply: (_, nth) =>
      nth === 0 ? [call('create_goal', { objective: 'go on' })] : [{ text: 'done' }],
  },
  {
    name: 'compact',
    models: ['gpt-5.5', 'gpt-5.5'],
    config: ['model_auto_compact_token_limit=200'],
    reply: (_, nth) => [{ text: `answer ${nth}` }, { tokens: nth === 0 ? 900 : 100 }],
  },
  { name: 'refused-login', reply: () => [{ status: 401, body: { error: { message: 'no' } } }] },
  { name: 'usage-limit', reply: () => [{ status: 429, body: USED }] },
  { name: 'server-error', reply: () => [{ status: 500, body: { error: { message: 'no' } } }] },
  {
    name: 'context-window',
    reply: () => [{ failed: { code: 'context_length_exceeded', message: 'too long' } }],
  },
  { name: 'cut', reply: () => [{ text: 'half' }, { cut: true }] },
  {
    name: 'interrupted',
    interruptAt: 'started',
    reply: then(shell('touch started; sleep 30')),
  },
];
