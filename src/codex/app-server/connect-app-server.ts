import {
  concat,
  delay,
  filter,
  ignoreElements,
  map,
  merge,
  type Observable,
  of,
  share,
  shareReplay,
  take,
  tap,
  timer,
} from 'rxjs';
import { wellFormedJson } from '../../lines/well-formed.js';
import { howEnded } from '../../process/run.js';
import { keepTail } from '../../process/stderr-tail.js';
import { during } from '../../streams/during.js';
import { fromLastError, lastWords } from '../events/last-words.js';
import type { AppServer, ConnectOptions, ServerExit, ServerProcess } from './app-server.js';
import { initializeServer } from './initialize-server.js';
import { idleThreadIn, notificationOf, resetIn } from './notification.js';
import { createRpc } from './rpc.js';
import { serverExit } from './server-exit.js';
import { serverFrames } from './server-frames.js';
import { explainStart } from './start-failure.js';
import { createSubAgents } from './sub-agents.js';
import { createThreads } from './threads.js';
import { unloadUnused } from './unload-thread.js';

/**
 * Milliseconds that a thread stays loaded after its last turn. From codex 0.147 on no other process
 * can write a loaded thread.
 */
const THREAD_IDLE_MS = 10_000;

/** Milliseconds after a lost line at which the open requests fail: the line may be their answer. */
const ANSWER_MS = 5_000;

/** Milliseconds that the process may live on with its stdout closed. */
const MUTE_MS = 5_000;

/**
 * Speaks JSON-RPC with the process of an app-server.
 *
 * Emits the app-server once it has answered `initialize`, and completes when the process has
 * exited. Fails with `AppServerError` when there is no answer within 20 s, and with
 * `DiedAtStartError` when the process exits before it. Kills the process 5 s after its stdout has
 * closed. While subscribed, refuses requests of the app-server, logs lines that cannot be read and
 * unloads unused threads. What is written is well-formed: codex answers no other frame.
 */
export const connectAppServer = (
  process: ServerProcess,
  options: ConnectOptions,
): Observable<AppServer> => {
  const { version, keepsThreads = false, ready$, maxLineBytes, log, runInBackground } = options;
  const { frame$, unreadable$ } = serverFrames(process.stdout$, maxLineBytes, log);
  let said: Buffer = Buffer.of();
  let exit: ServerExit | undefined;
  /** Whether a turn has begun: stderr may have words of its tools from then on. */
  let hasRun = false;
  const stderr$ = process.stderr$.pipe(
    tap((chunk) => {
      said = keepTail(said, chunk);
    }),
  );
  const exited$ = serverExit({ ...process, stderr$ }, () => hasRun).pipe(
    tap((ended) => {
      exit = ended;
    }),
    shareReplay({ bufferSize: 1, refCount: true }),
  );
  const exitReason$ = exited$.pipe(
    map((ended) => {
      const words = fromLastError(ended.stderr) ?? lastWords(ended.stderr);
      return `codex app-server ${howEnded(ended)}${words === undefined ? '' : `: ${words}`}`;
    }),
  );
  const rpc = createRpc(
    frame$,
    (frame) => process.write(`${wellFormedJson(frame)}\n`),
    merge(exitReason$, unreadable$.pipe(take(1), delay(ANSWER_MS))),
    ready$,
  );
  const agents = createSubAgents(rpc.request$);
  const threads = createThreads(THREAD_IDLE_MS);
  let resetsAt: number | undefined;
  const limits$ = frame$.pipe(
    tap((frame) => {
      resetsAt = resetIn(frame) ?? resetsAt;
    }),
  );
  const server: AppServer = {
    ...rpc,
    notification$: frame$.pipe(
      map(notificationOf),
      filter((notification) => notification !== undefined),
      tap((notification) => {
        agents.observe(notification);
        hasRun ||= notification.method === 'turn/started';
      }),
      share(),
    ),
    resetsAt: () => resetsAt,
    idleThread$: frame$.pipe(
      map(idleThreadIn),
      filter((threadId) => threadId !== undefined),
    ),
    unreadable$,
    exited$,
    ready$,
    root: process.root,
    kill: process.kill,
    threads,
    keepsFailed: options.keepsFailed,
    isAgentOf: agents.isBelow,
    interruptAgents$: agents.interrupt$,
    runInBackground,
  };
  const mute$ = concat(frame$.pipe(ignoreElements()), timer(MUTE_MS)).pipe(tap(process.kill));
  const housekeeping$ = merge(
    exited$,
    rpc.refusals$,
    unloadUnused(threads, rpc, keepsThreads),
    unreadable$,
    mute$,
    limits$,
    server.notification$,
  ).pipe(ignoreElements());
  return during(merge(housekeeping$, of(server)), () =>
    concat(
      initializeServer(rpc, version).pipe(
        map(() => server),
        explainStart(() => ({ exit, stderr: said.toString('utf8'), isCodex: options.isCodex })),
      ),
      exited$.pipe(ignoreElements()),
    ),
  );
};
