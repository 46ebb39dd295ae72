#!/usr/bin/env node
// A codex that runs the steps of its prompt, a JSON array on stdin. `codex --version` prints a
// version as the real one does.
import { spawn } from 'node:child_process';
import { closeSync, existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { PINNED } from '../../scripts/lib/codexes.mjs';

const steps = {
  /** Prints lines on stdout. */
  out: (lines) =>
    new Promise((done) =>
      process.stdout.write(
        lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''),
        done,
      ),
    ),
  /** Prints bytes, given as base64, on stdout. */
  raw: (base64) => new Promise((done) => process.stdout.write(Buffer.from(base64, 'base64'), done)),
  /** Prints one agent message of `length` characters. */
  long: (length) =>
    new Promise((done) =>
      process.stdout.write(
        `{"type":"item.completed","item":{"type":"agent_message","text":"${'x'.repeat(length)}"}}\n`,
        done,
      ),
    ),
  /** Prints agent messages without end. */
  flood: (text) =>
    new Promise(() => {
      const line = JSON.stringify({
        type: 'item.completed',
        item: { type: 'agent_message', text },
      });
      const pump = () => {
        while (process.stdout.write(`${line}\n`.repeat(300))) continue;
        process.stdout.once('drain', pump);
      };
      pump();
    }),
  err: (text) => new Promise((done) => process.stderr.write(text, done)),
  /** Prints its arguments and its working directory as an agent message. */
  tell: () =>
    steps.out([
      {
        type: 'item.completed',
        item: {
          type: 'agent_message',
          text: JSON.stringify({ argv: process.argv.slice(2), cwd: process.cwd() }),
        },
      },
    ]),
  ignore: (signals) => signals.forEach((signal) => process.on(signal, () => {})),
  /**
   * Starts a process that only waits, and prints its pid as an agent message. `away` starts it in a
   * session of its own; `hold` passes our stdout on to it.
   */
  child: ({ away = false, hold = false, env = process.env }) => {
    const { pid } = spawn(
      process.execPath,
      ['-e', 'setInterval(() => {}, 1e6); process.on("SIGINT", () => {})'],
      {
        detached: away,
        env,
        stdio: ['ignore', hold ? 'inherit' : 'ignore', 'ignore'],
      },
    );
    return steps.out([
      { type: 'item.completed', item: { type: 'agent_message', text: String(pid) } },
    ]);
  },
  /** Calls a tool over the bridge and prints its result as an agent message. */
  call: async (params) => {
    const setting = (name) => {
      const arg = process.argv.find((each) => each.includes(`.${name}=`)) ?? '';
      return JSON.parse(arg.slice(arg.indexOf('=') + 1));
    };
    const response = await fetch(setting('url'), {
      method: 'POST',
      headers: {
        accept: 'application/json, text/event-stream',
        authorization: `Bearer ${process.env[setting('bearer_token_env_var')]}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
    });
    const [frame] = /\{.*\}/s.exec(await response.text());
    const { text } = JSON.parse(frame).result.content[0];
    return steps.out([{ type: 'item.completed', item: { type: 'agent_message', text } }]);
  },
  /** Closes its stdout and keeps running. */
  mute: () => closeSync(1),
  wait: (ms) => sleep(ms),
  /** Waits for a file. */
  until: async (file) => {
    while (!existsSync(file)) await sleep(5);
  },
  exit: (code) => process.exit(code),
  kill: (signal) => process.kill(process.pid, signal),
};

if (process.argv.includes('--version'))
  console.log(`codex-cli ${process.env.FAKE_CODEX_VERSION ?? PINNED}`);
else if (process.env.FAKE_CODEX_DEAF !== undefined) process.exit(3);
else {
  let prompt = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) prompt += chunk;
  for (const step of JSON.parse(prompt))
    for (const [name, value] of Object.entries(step)) await steps[name](value);
}
