// A model on loopback: the OpenAI Responses API over SSE, as far as codex needs it, no WebSocket.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { writeResponse } from './model-response.mjs';

/**
 * One step of a reply: `{text, deltas?, pauseMs?}` an assistant message, streamed in `deltas`
 * pieces `pauseMs` apart; `{reasoning: [summary, …], encrypted?}` a reasoning item; `{call: {name,
 * namespace?, arguments | json, call_id?}}` a call; `{custom: {name, input, call_id?}}` a custom
 * tool call; `{status, body, headers?}` an HTTP error instead of a stream; `{tokens}` the input
 * tokens of the request, 100 without; `{failed: {code, message}}` a `response.failed` event; `{cut:
 * true}` the connection breaks off; `{hang: true}` silence until codex leaves.
 * @typedef {{ text?: string, deltas?: number, pauseMs?: number, reasoning?: string[],
 *   encrypted?: string,
 *   call?: { name: string, namespace?: string, arguments?: unknown, json?: string,
 *     call_id?: string },
 *   custom?: { name: string, input: string, call_id?: string },
 *   status?: number, body?: unknown, headers?: Record<string, string>,
 *   failed?: { code: string, message: string }, cut?: boolean, hang?: boolean,
 *   tokens?: number }} Step
 * @typedef {{ type?: string, role?: string, content?: unknown, output?: unknown, call_id?: string
 * }} InputItem
 * @typedef {{ model?: string, input: InputItem[], tools?: unknown[], instructions?: string }}
 * ModelRequest
 * @typedef {{ input_tokens: number, input_tokens_details: { cached_tokens: number }, output_tokens:
 * number,
 *   output_tokens_details: { reasoning_tokens: number }, total_tokens: number }} WireUsage
 * @typedef {{ url: string, port: number, requests: ModelRequest[], configToml: string, close: () =>
 * Promise<void> }} ModelServer
 */

/**
 * The texts of the user's own messages in a request, oldest first, without the context that codex
 * adds.
 * @param {ModelRequest} request @returns {string[]}
 */
export const userTexts = (request) =>
  request.input
    .filter((item) => item.role === 'user' && Array.isArray(item.content))
    .map((item) => partTexts(item.content).join(''))
    .filter((text) => !/^<[a-z_]+>|^# AGENTS\.md/.test(text));

/** @param {unknown} content @returns {string[]} */
const partTexts = (content) =>
  Array.isArray(content)
    ? content.flatMap((part) => (typeof part?.text === 'string' ? [part.text] : []))
    : [];

/**
 * The outputs of the tool calls since the user last spoke, as JSON.
 * @param {ModelRequest} request @returns {string[]}
 */
export const outputsSince = ({ input }) =>
  input
    .slice(input.findLastIndex(({ role }) => role === 'user') + 1)
    .filter(({ type }) => type?.endsWith('_call_output'))
    .map(({ output }) => JSON.stringify(output));

/**
 * Answers with what the user said now and before, so that a reader sees whether the thread goes on.
 * @param {ModelRequest} request @returns {Step[]}
 */
export const echo = (request) => {
  const [now = '', ...before] = userTexts(request).reverse();
  const memory =
    before.length === 0
      ? 'This thread is new to me.'
      : `Earlier you said: ${before
          .reverse()
          .map((t) => `"${t}"`)
          .join(', ')}.`;
  return [
    { reasoning: ['**Looking back**\n\nWhat was said in this thread?'] },
    { text: `You said "${now}". ${memory}`, deltas: 12, pauseMs: 20 },
  ];
};

/**
 * Starts the server on a free port of 127.0.0.1.
 * @param {{ reply?: (request: ModelRequest, nth: number, login: string) => Step[] |
 * Promise<Step[]> }} [options] `nth` counts requests from 0; `login` is the request's authorization
 * @returns {Promise<ModelServer>} `requests` grows with each; `configToml` lets codex use only this
 */
export const startModelServer = async ({ reply = echo } = {}) => {
  /** @type {ModelRequest[]} */ const requests = [];
  const server = createServer((request, response) => {
    void (async () => {
      let body = '';
      request.setEncoding('utf8');
      for await (const chunk of request) body += String(chunk);
      if (request.method !== 'POST' || !request.url?.endsWith('/responses'))
        return void response.writeHead(request.headers.upgrade === undefined ? 404 : 426).end();
      const asked = JSON.parse(body);
      const nth = requests.push(asked) - 1;
      await writeResponse(
        response,
        await reply(asked, nth, request.headers.authorization ?? ''),
        nth,
      );
    })().catch((/** @type {unknown} */ error) =>
      response.headersSent
        ? response.destroy()
        : writeResponse(response, [failure(error)], 0).catch(() => response.destroy()),
    );
  });
  // codex does not send a request again whose connection is closed at that moment.
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const url = `http://127.0.0.1:${port}/v1`;
  return {
    url,
    port,
    requests,
    configToml: configFor(url),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};

/**
 * Says why `reply` failed, where a connection that breaks off would look like a network without a
 * model. @param {unknown} error @returns {Step}
 */
const failure = (error) => ({
  status: 500,
  body: { error: { message: `the model on loopback cannot answer: ${String(error)}` } },
});

/** @param {string} url */
const configFor = (url) => `model = "gpt-5.5"
model_provider = "loopback"
[model_providers.loopback]
name = "loopback"
base_url = ${JSON.stringify(url)}
wire_api = "responses"
request_max_retries = 0
stream_max_retries = 0
supports_websockets = false
[features]
plugins = false
shell_snapshot = false
[analytics]
enabled = false
`;
