import * as t from 'io-ts';
import {
  concat,
  delay,
  filter,
  ignoreElements,
  map,
  merge,
  mergeMap,
  type Observable,
  of,
  share,
  shareReplay,
  tap,
  timer,
} from 'rxjs';
import type { Log } from '../../canonical/notice.js';
import { type Malformed, parseJson } from '../../lines/parse-json.js';
import { splitLines } from '../../lines/split-lines.js';
import { wellFormedJson } from '../../lines/well-formed.js';
import type { RunInBackground } from '../../process/background-work.js';
import type { Root } from '../../process/process-tree.js';
import { howEnded } from '../../process/run.js';
import { during } from '../../streams/during.js';
import type { AppServer } from './app-server.js';
import { initializeServer } from './initialize-server.js';
import { notificationOf, resetIn } from './notification.js';
import { createRpc } from './rpc.js';
import { type ExitSources, serverExit } from './server-exit.js';
import { createSubAgents } from './sub-agents.js';
import { createThreads } from './threads.js';
import { unloadUnused } from './unload-thread.js';

/**
 * Milliseconds that a thread stays loaded after its last turn. From codex 0.150 on no other process
 * can write a loaded thread.
 */
const THREAD_IDLE_MS = 10_000;

/** Milliseconds after a lost line at which the open requests fail: the line may be their answer. */
const ANSWER_MS = 5_000;

/** Milliseconds that the process may live on with its stdout closed. */
const MUTE_MS = 5_000;

/** The process of an app-server, as streams. */
export interface ServerProcess extends ExitSources {
  readonly root: Root;
  readonly stdout$: Observable<Uint8Array>;
  readonly write: (line: string) => void;
  /** Sends SIGKILL to the process tree. */
  readonly kill: () => void;
}

export interface ConnectOptions {
  /** The version of this client, which codex puts into its own requests. */
  readonly version: string;
  /** Whether this codex keeps a thread, and its lock, until it exits. */
  readonly keepsThreads?: boolean;
  readonly ready$: Observable<boolean>;
  readonly maxLineBytes: number;
  readonly log: Log;
  readonly runInBackground: RunInBackground;
}

const IdleThread = t.type({
  method: t.literal('thread/status/changed'),
  params: t.type({ threadId: t.string, status: t.type({ type: t.literal('idle') }) }),
});

/**
 * Speaks JSON-RPC with the process of an app-server.
 *
 * Emits the app-server once it has answered `initialize`, and completes when the process has
 * exited. Fails with `AppServerError` when there is no answer within 20 s, or the process exits
 * before it. Kills the process 5 s after its stdout has closed. While subscribed, refuses requests
 * of the app-server, logs lines that cannot be read and unloads unused threads. What is written is
 * well-formed: codex does not answer a frame that it cannot read.
 */
export const connectAppServer = (
  process: ServerProcess,
  { version, keepsThreads = false, ready$, maxLineBytes, log, runInBackground }: ConnectOptions,
): Observable<AppServer> => {
  const line$ = process.stdout$.pipe(splitLines(maxLineBytes), parseJson(), share());
  const frame$ = line$.pipe(
    mergeMap((line) => (line.type === 'json' ? [line.value] : [])),
    share(),
  );
  const unreadable$ = line$.pipe(
    mergeMap((line) => (line.type === 'malformed' ? [reasonFor(line, maxLineBytes)] : [])),
    tap((reason) => log('warning', reason)),
    share(),
  );
  const exited$ = serverExit(process).pipe(shareReplay({ bufferSize: 1, refCount: true }));
  const exitReason$ = exited$.pipe(
    map((exit) => `codex app-server ${howEnded(exit)}: ${exit.stderr.trim()}`),
  );
  const rpc = createRpc(
    frame$,
    (frame) => process.write(`${wellFormedJson(frame)}\n`),
    merge(exitReason$, unreadable$.pipe(delay(ANSWER_MS))),
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
      tap(agents.observe),
      share(),
    ),
    resetsAt: () => resetsAt,
    idleThread$: frame$.pipe(
      mergeMap((frame) => (IdleThread.is(frame) ? [frame.params.threadId] : [])),
    ),
    unreadable$,
    exited$,
    ready$,
    root: process.root,
    kill: process.kill,
    threads,
    isAgentOf: agents.isBelow,
    interruptAgents$: agents.interrupt$,
    runInBackground,
  };
  const mute$ = concat(line$.pipe(ignoreElements()), timer(MUTE_MS)).pipe(tap(process.kill));
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
    concat(initializeServer(rpc, version).pipe(map(() => server)), exited$.pipe(ignoreElements())),
  );
};

const reasonFor = ({ reason, sample }: Malformed, maxLineBytes: number): string =>
  `codex app-server wrote what cannot be read: ${reason}${sample === '' ? `; max_line_bytes in config.json is ${maxLineBytes}` : `: ${sample}`}`;
