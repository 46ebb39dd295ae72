import { randomUUID } from 'node:crypto';
import * as t from 'io-ts';
import {
  defer,
  delay,
  endWith,
  filter,
  fromEvent,
  ignoreElements,
  map,
  merge,
  mergeMap,
  type Observable,
  of,
  ReplaySubject,
  share,
  take,
  takeUntil,
  tap,
  timeout,
  timer,
  using,
} from 'rxjs';
import type { Log } from '../../canonical/notice.js';
import { type Malformed, parseJson } from '../../lines/parse-json.js';
import { readable } from '../../lines/readable.js';
import { splitLines } from '../../lines/split-lines.js';
import { inBackground, owned } from '../../process/own-process.js';
import { killTree, type Root, rootOf } from '../../process/process-tree.js';
import { howEnded, type ProcessRun } from '../../process/run.js';
import { type Child, MARKER, notStarted, startProcess } from '../../process/start.js';
import { tail } from '../../process/stderr-tail.js';
import { fromLastError } from '../events/last-words.js';
import type { AppServer, Gone } from './app-server.js';
import { notificationOf } from './notification.js';
import { unloadThread } from './open-thread.js';
import { AppServerError, createRpc } from './rpc.js';
import { createSubAgents } from './sub-agents.js';
import { createThreads } from './threads.js';

/** Milliseconds that it may take to say hello; it takes 100. */
const HELLO_MS = 20_000;

/**
 * Milliseconds after its last turn at which a thread is let go: nobody else can write it while it
 * is loaded (codex 0.150 and newer).
 */
const THREAD_IDLE_MS = 10_000;

/** Milliseconds after a lost line at which no answer to an open request is waited for. */
const ANSWER_MS = 5_000;

/** Milliseconds that it may live on with its stdout closed. */
const MUTE_MS = 5_000;

/** Milliseconds that its pipes may stay open when it is gone: what it started may hold them. */
const DRAIN_MS = 500;

const Idle = t.type({
  method: t.literal('thread/status/changed'),
  params: t.type({ threadId: t.string, status: t.type({ type: t.literal('idle') }) }),
});

interface Options {
  readonly version: string;
  readonly ready$: Observable<boolean>;
  readonly maxLineBytes: number;
  readonly recordsFolder: string | undefined;
  readonly log: Log;
}

/**
 * A process of `codex app-server`.
 *
 * Emits it once, when it has been initialized; completes when the process is gone. Fails with
 * `SpawnError` or `AppServerError` when it cannot start. Its stdout is read while `ready$` is true.
 * Unsubscribe closes its stdin and asks it to end by SIGINT, then kills what is left.
 */
export const startAppServer = (
  run: ProcessRun,
  { recordsFolder, ...options }: Options,
): Observable<AppServer> =>
  defer(() => {
    const marker = randomUUID();
    const child = startProcess(run, marker);
    if (child.pid === undefined) return notStarted(child);
    const root = rootOf(child.pid, `${MARKER}=${marker}`);
    return using(
      () => {
        const leave = owned(child, root, recordsFolder);
        return {
          unsubscribe: () => {
            child.stdin.end();
            inBackground(leave());
          },
        };
      },
      () => speaking(child, root, options),
    );
  });

const speaking = (
  child: Child,
  root: Root,
  { version, ready$, maxLineBytes, log }: Omit<Options, 'recordsFolder'>,
): Observable<AppServer> => {
  const gone$ = new ReplaySubject<Gone>(1);
  let stderr: Uint8Array = new Uint8Array();
  const parsed$ = readable(child.stdout, ready$).pipe(
    splitLines(maxLineBytes),
    parseJson(),
    share(),
  );
  const frame$ = parsed$.pipe(
    mergeMap((parsed) => (parsed.type === 'json' ? [parsed.value] : [])),
    share(),
  );
  const lost$ = parsed$.pipe(
    mergeMap((parsed) => (parsed.type === 'malformed' ? [unreadable(parsed, maxLineBytes)] : [])),
    tap((reason) => log('warning', reason)),
    share(),
  );
  // Nothing more can come of it then.
  const mute$ = parsed$.pipe(
    ignoreElements(),
    endWith(true),
    delay(MUTE_MS),
    tap(() => killTree(root)),
  );
  const how$ = gone$.pipe(
    map((gone) => `codex app-server ${howEnded(gone)}: ${gone.stderr.trim()}`),
  );
  const rpc = createRpc(
    frame$,
    (frame) => {
      if (child.stdin.writable) child.stdin.write(`${JSON.stringify(frame)}\n`);
    },
    merge(how$, lost$.pipe(delay(ANSWER_MS))),
  );
  const agents = createSubAgents(rpc.request$);
  const threads = createThreads(THREAD_IDLE_MS);
  const server: AppServer = {
    ...rpc,
    notification$: frame$.pipe(
      map(notificationOf),
      filter((notification) => notification !== undefined),
      tap(agents.note),
      share(),
    ),
    endAgents$: agents.end$,
    idle$: frame$.pipe(mergeMap((frame) => (Idle.is(frame) ? [frame.params.threadId] : []))),
    lost$,
    gone$,
    ready$,
    root,
    kill: () => {
      killTree(root);
    },
    threads,
  };
  const exited$ = merge(
    fromEvent(child, 'close'),
    fromEvent(child, 'exit').pipe(delay(DRAIN_MS)),
  ).pipe(
    take(1),
    tap(() => {
      gone$.next({
        code: child.exitCode,
        signal: child.signalCode,
        stderr: lastWords(Buffer.from(stderr).toString('utf8')),
      });
    }),
  );
  const stderr$ = readable(child.stderr).pipe(
    tail(),
    tap((end) => {
      stderr = end;
    }),
  );
  const unused$ = threads.unused$.pipe(mergeMap((threadId) => unloadThread(server, threadId)));
  let greeted = false;
  const hello$ = rpc
    .request$('initialize', {
      clientInfo: { name: 'plexum', title: 'Plexum', version },
      capabilities: { experimentalApi: true },
    })
    .pipe(
      timeout({
        first: HELLO_MS,
        with: () => {
          throw new AppServerError(`codex app-server said nothing for ${HELLO_MS} ms`);
        },
      }),
      map(() => {
        rpc.notify('initialized');
        greeted = true;
        return server;
      }),
    );
  const silent = <T>(source$: Observable<T>): Observable<never> => source$.pipe(ignoreElements());
  return merge(
    ...[rpc.refusals$, stderr$, exited$, unused$, lost$, mute$, server.notification$].map(silent),
    hello$,
  ).pipe(
    // At once, so that nobody gets one that is gone; but whoever waits for its hello gets to know
    // why there is none.
    takeUntil(gone$.pipe(mergeMap(() => (greeted ? of(true) : timer(0))))),
  );
};

/**
 * What it said of its own end. All agents have the same stderr: the rest may be about another one.
 */
const lastWords = (stderr: string): string =>
  fromLastError(stderr.replaceAll(ANSI, '').split('\n'))?.trim() ?? '';
const ANSI = new RegExp(`${String.fromCodePoint(0x1b)}\\[[0-9;]*m`, 'g');

const unreadable = ({ reason, sample }: Malformed, maxLineBytes: number): string =>
  `codex app-server wrote what cannot be read: ${reason}${sample === '' ? `; max_line_bytes in config.json is ${maxLineBytes}` : `: ${sample}`}`;
