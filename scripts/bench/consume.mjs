// One measurement in a process of its own: a turn of a fake codex, read to its end or to a number
// of messages.
import { readFileSync } from 'node:fs';
import { Writable } from 'node:stream';
import { loadChain } from './chain.mjs';
import { loadSdk } from './codex-sdk.mjs';

/**
 * @typedef {'ours' | 'sdk'} Side
 * @typedef {{ side: Side, bundle: string, sdk: string, codex: string, workspace: string, pauseMs?:
 * number, limit?: number }} Job
 * @typedef {{ ms: number, messages: number, chars: number, peakMiB: number }} Measured
 */

/** @type {Job} */
const job = JSON.parse(process.argv[2] ?? '');
const { pauseMs = 0, limit = Infinity } = job;

/**
 * Events that may wait for a slow reader before codex is paused: the plugin's stdout, with 16 KiB,
 * pauses it earlier.
 */
const WAITING = 16;

/** Those of the plugin. */
const DEADLINES = {
  firstEvent: 120_000,
  idle: 600_000,
  command: 3_600_000,
  reconnect: 30_000,
  turn: 0,
};

let messages = 0;
let chars = 0;
const count = (/** @type {number} */ length) => {
  messages += 1;
  chars += length;
};

/** @returns {Promise<number>} milliseconds */
const ours = async () => {
  const { runTurn, nodePorts, warmUp, BehaviorSubject, NEVER } = loadChain(job.bundle);
  const ready$ = new BehaviorSubject(true);
  const config = {
    binary: job.codex,
    extraArgs: [],
    bridge: /** @type {const} */ ('http'),
    bridgeRequired: false,
    toolTimeoutMs: 600_000,
    deadlines: DEADLINES,
    graceMs: 5_000,
    transport: /** @type {const} */ ('exec'),
    appServerRequired: false,
    appServerIdleMs: 0,
    maxLineBytes: 128 * 1024 * 1024,
  };
  const log = (/** @type {string} */ level, /** @type {string} */ msg) => {
    if (level === 'warning') process.stderr.write(`${msg}\n`);
  };
  const ports = nodePorts({ config, env: process.env, log, ready$ });
  // The plugin does this when it starts, before it is asked for a turn.
  await new Promise((resolve, reject) =>
    warmUp(job.codex, process.env).subscribe({ complete: () => resolve(true), error: reject }),
  );

  const turn = {
    agentId: 'bench',
    modelId: 'codex',
    model: undefined,
    workspace: job.workspace,
    text: 'go',
    images: [],
    tools: [],
  };
  const take = (/** @type {import('../../src/canonical/turn-event.js').TurnEvent} */ event) => {
    // What is set apart from the message before it begins with a blank line of ours.
    if (event.type === 'text_delta') count(event.text.length - (messages === 0 ? 0 : 2));
    if (event.type === 'error') throw new Error(event.message);
  };
  const start = performance.now();
  await new Promise((resolve, reject) => {
    const slow = new Writable({
      objectMode: true,
      highWaterMark: WAITING,
      write: (event, _encoding, done) => {
        take(event);
        if (messages >= limit) resolve(true);
        else setTimeout(done, pauseMs);
      },
    });
    slow
      .on('drain', () => ready$.next(true))
      .on('finish', resolve)
      .on('error', reject);
    runTurn(turn, NEVER, ports).subscribe({
      next:
        pauseMs === 0
          ? take
          : (event) => {
              if (!slow.write(event)) ready$.next(false);
            },
      complete: pauseMs === 0 ? () => resolve(true) : () => slow.end(),
      error: reject,
    });
  });
  return performance.now() - start;
};

/** @returns {Promise<number>} milliseconds */
const sdk = async () => {
  const { Codex } = await loadSdk(job.sdk);
  const thread = new Codex({ codexPathOverride: job.codex }).startThread({
    workingDirectory: job.workspace,
    skipGitRepoCheck: true,
  });
  const start = performance.now();
  const { events } = await thread.runStreamed('go');
  for await (const { type, item } of events) {
    if (type === 'item.completed') count(item?.text?.length ?? 0);
    if (messages >= limit) break;
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  return performance.now() - start;
};

/**
 * On Linux `maxRSS` begins with the peak of the process that started this one, `VmHWM` does not.
 */
const peakKiB = () => {
  try {
    return Number(/VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
  } catch {
    return process.resourceUsage().maxRSS;
  }
};

const ms = await (job.side === 'ours' ? ours() : sdk());
/** @type {Measured} */
const measured = { ms, messages, chars, peakMiB: peakKiB() / 1024 };
process.stdout.write(JSON.stringify(measured), () => process.exit());
