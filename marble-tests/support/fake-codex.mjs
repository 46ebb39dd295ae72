#!/usr/bin/env node
// A codex that does what its prompt says: a JSON array of steps on stdin. `codex --version` works
// as with the real one.
import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

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
  /** Prints one line with a message of so many characters. */
  long: (length) =>
    new Promise((done) =>
      process.stdout.write(
        `{"type":"item.completed","item":{"type":"agent_message","text":"${'x'.repeat(length)}"}}\n`,
        done,
      ),
    ),
  err: (text) => new Promise((done) => process.stderr.write(text, done)),
  /** Says what it was started with, as an agent message. */
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
   * Starts a process that only waits, says its pid as an agent message; `away` gives it a session
   * of its own, `hold` our stdout.
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
  /** Closes its stdout and goes on. */
  mute: () => closeSync(1),
  wait: (ms) => sleep(ms),
  exit: (code) => process.exit(code),
  kill: (signal) => process.kill(process.pid, signal),
};

if (process.argv.includes('--version'))
  console.log(`codex-cli ${process.env.FAKE_CODEX_VERSION ?? '0.169.0'}`);
else if (process.env.FAKE_CODEX_DEAF !== undefined) process.exit(3);
else {
  let prompt = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) prompt += chunk;
  for (const step of JSON.parse(prompt))
    for (const [name, value] of Object.entries(step)) await steps[name](value);
}
