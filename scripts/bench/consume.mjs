// One measurement against codex-sdk, in a process of its own: reads a turn of a fake codex to its
// end, or to a number of messages.
import { readFileSync } from 'node:fs';
import { Writable } from 'node:stream';
import { loadSdk } from './codex-sdk.mjs';
import { loadChain } from './load-chain.mjs';

/**
 * `pauseMs`: what the reader takes for an event; `limit`: the messages that it reads.
 * @typedef {'ours' | 'sdk'} Side
 * @typedef {{ side: Side, bundle: string, sdk: string, codex: string, workspace: string,
 *   pauseMs?: number, limit?: number }} Job
 * @typedef {{ ms: number, messages: number, chars: number, peakMiB: number }} Measured
 */

/** @type {Job} */
const job = JSON.parse(process.argv[2] ?? '');
const { pauseMs = 0, limit = Infinity } = job;

/**
 * Events that wait for a slow reader before codex is paused. The plugin pauses it earlier, since
 * its stdout holds 16 KiB.
 */
const WAITING = 16;

let messages = 0;
let chars = 0;
const count = (/** @type {number} */ length) => {
  messages += 1;
  chars += length;
};

/** @returns {Promise<number>} milliseconds */
const ours = async () => {
  const { runTurn, nodePorts, defaultConfig, warmUp, BehaviorSubject, NEVER } = loadChain(
    job.bundle,
  );
  const ready$ = new BehaviorSubject(true);
  const config = { ...defaultConfig, binary: job.codex };
  const log = (/** @type {string} */ level, /** @type {string} */ msg) => {
    if (level === 'warning') process.stderr.write(`${msg}\n`);
  };
  const ports = nodePorts({ config, env: process.env, log, ready$ });
  // The plugin warms up when it starts, before its first turn.
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
    // We put a blank line between two messages.
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

/** On Linux `maxRSS` begins with the peak of the parent process, `VmHWM` does not. */
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
