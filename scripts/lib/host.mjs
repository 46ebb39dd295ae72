// The daemon's side of the wire, as far as a demo and the tests need it: starts the plugin and
// speaks JSON-RPC with it over stdio.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * @typedef {Record<string, any>} Frame
 * @typedef {{ response: Promise<Frame>, events: Frame[], id: string | number, ended: Promise<Frame>
 * }} OpenTurn
 */

/**
 * Starts the plugin and initializes it. `onTool` runs the host's tools.
 * @param {string} executable
 * @param {{ env: Record<string, string>, cwd?: string, onEvent?: (event: Frame, requestId: unknown)
 * => void, onLog?: (params: Frame) => void, onTool?: (params: Frame) => Frame | Promise<Frame> |
 * undefined, initialize?: boolean }} options
 */
export const startPlugin = async (
  executable,
  { env, cwd, onEvent = () => {}, onLog = () => {}, onTool = () => undefined, initialize = true },
) => {
  const child = spawn(executable, [], { env, cwd, stdio: ['pipe', 'pipe', 'pipe'] });
  /** @type {Frame[]} */ const frames = [];
  /** @type {Frame[]} */ const logs = [];
  /** @type {Map<string, (frame: Frame) => void>} */ const waiting = new Map();
  /** @type {Map<string, { events: Frame[], end: (event: Frame) => void }>} */ const turns =
    new Map();
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (/** @type {string} */ text) => (stderr += text));
  child.stdin.on('error', () => {});

  /** @param {Frame} frame */
  const take = (frame) => {
    frames.push(frame);
    if (frame.method === 'notifications/message') {
      logs.push(frame.params);
      onLog(frame.params);
    } else if (frame.method === 'notifications/plexum/provider/event') {
      const { request_id, event } = frame.params;
      const turn = turns.get(JSON.stringify(request_id));
      turn?.events.push(frame.params);
      onEvent(event, request_id);
      if (event.type === 'message_end' || event.type === 'error') turn?.end(event);
    } else if (frame.method === 'plexum/host/tool/execute') {
      // A frame `{error}` is the host's refusal; no frame at all is a host that never answers.
      void (async () => {
        const answer = await onTool(frame.params);
        if (answer !== undefined)
          send({
            jsonrpc: '2.0',
            id: frame.id,
            ...('error' in answer ? answer : { result: answer }),
          });
      })();
    } else if ('id' in frame && !('method' in frame)) {
      waiting.get(JSON.stringify(frame.id))?.(frame);
      waiting.delete(JSON.stringify(frame.id));
    }
  };
  /** @type {string[]} */ let rest = [];
  child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
    const lines = text.split('\n');
    const last = lines.pop() ?? '';
    if (lines.length > 0) {
      lines[0] = `${rest.join('')}${lines[0]}`;
      rest = [];
      for (const line of lines) take(JSON.parse(line));
    }
    rest.push(last);
  });
  const exited = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
  void exited.then(({ code, signal }) => {
    for (const answer of waiting.values())
      answer({
        error: { message: `the plugin is gone (code ${code}, signal ${signal}): ${stderr}` },
      });
  });
  const closed = once(child, 'close').then(() => {});

  /** @param {unknown} frame */
  const send = (frame) => child.stdin.write(`${JSON.stringify(frame)}\n`);
  let nextId = 0;
  /**
   * @param {string} method @param {unknown} [params] @param {string | number} [id] @returns
   * {Promise<Frame>}
   */
  const request = (method, params = {}, id = nextId++) => {
    const response = new Promise((resolve) => waiting.set(JSON.stringify(id), resolve));
    send({ jsonrpc: '2.0', id, method, params });
    return response;
  };
  /** @param {unknown} params @param {string | number} [id] @returns {OpenTurn} */
  const stream = (params, id = nextId++) => {
    /** @type {Frame[]} */ const events = [];
    /** @type {Promise<Frame>} */ const ended = new Promise((end) =>
      turns.set(JSON.stringify(id), { events, end }),
    );
    return { id, events, ended, response: request('plexum/provider/stream', params, id) };
  };
  if (initialize) {
    await request(
      'initialize',
      {
        protocolVersion: '2025-06-18',
        capabilities: {},
        clientInfo: { name: 'host', version: '0' },
      },
      'init',
    );
    send({ jsonrpc: '2.0', method: 'notifications/initialized' });
  }
  return {
    child,
    frames,
    logs,
    stderr: () => stderr,
    send,
    request,
    stream,
    /** @param {string | number} requestId */
    cancel: (requestId) =>
      send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } }),
    exited,
    closed,
    /** Closes stdin and waits for the end. */
    stop: async () => {
      child.stdin.end();
      await closed;
      return exited;
    },
  };
};

/** @param {string} workspace @param {unknown} content @param {string} [model] */
export const turnParams = (workspace, content, model = 'codex') => ({
  model_id: model,
  agent: { agent_id: 'demo-agent', workspace },
  request: { messages: [{ role: 'user', content }] },
});

/**
 * The same turn with tools of the host.
 * @param {ReturnType<typeof turnParams>} params @param {unknown[]} tools @param {string} [agentId]
 */
export const withTools = (params, tools, agentId = params.agent.agent_id) => ({
  ...params,
  agent: { ...params.agent, agent_id: agentId },
  request: { ...params.request, tools },
});
