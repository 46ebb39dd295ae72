import { randomUUID } from 'node:crypto';
import * as t from 'io-ts';
import {
  defer,
  delay,
  filter,
  fromEvent,
  ignoreElements,
  map,
  merge,
  mergeMap,
  type Observable,
  ReplaySubject,
  share,
  Subject,
  take,
  takeUntil,
  tap,
  timeout,
  timer,
  using,
} from 'rxjs';
import type { Log } from '../../log.js';
import { parseJson } from '../../lines/parse-json.js';
import { readable } from '../../lines/readable.js';
import { splitLines } from '../../lines/split-lines.js';
import { type CodexRun, howEnded } from '../exec/codex-run.js';
import { owned } from '../exec/own-process.js';
import { killTree, type Root, rootOf } from '../exec/process-tree.js';
import { type Child, MARKER, notStarted, startCodex } from '../exec/start-codex.js';
import { tail } from '../exec/stderr-tail.js';
import { idleThreads, type ThreadUse } from './idle-threads.js';
import { Notification } from './notification.js';
import { left } from './open-thread.js';
import { AppServerError, createRpc, type Rpc } from './rpc.js';

/** How an app-server went. */
export interface Gone {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stderr: string;
}

/** A running app-server. */
export interface AppServer extends Rpc {
  /** The notifications of all threads; hot. */
  readonly notification$: Observable<Notification>;
  /** The threads that have nothing to do any more, as it tells; hot. */
  readonly idle$: Observable<string>;
  /** Why a line of it could not be read: whatever stood there is lost; hot. */
  readonly lost$: Observable<string>;
  /** Emits once when the process is gone, at once when it is already. */
  readonly gone$: Observable<Gone>;
  /** Whether its lines are read; emits at once. */
  readonly ready$: Observable<boolean>;
  /** Its process. */
  readonly root: Root;
  /** Ends it now: it does not do what it is asked. */
  readonly kill: () => void;
  /** The threads that it has loaded; see `openThread`. */
  readonly threads: Map<string, LoadedThread>;
  /** Told when a turn of a thread begins, and when it is over: a thread without turns is let go after 10 s. */
  readonly use$: Subject<ThreadUse>;
  /** Of threads whose turn was given up: each completes when nothing of that turn is left. */
  readonly settling: Map<string, Observable<unknown>>;
}

export interface LoadedThread {
  /** With what it was loaded. */
  readonly settings: string;
  /** The marker of its commands. */
  readonly marker: string;
  /** Which of them were seen, with their start times. */
  readonly seen: Root['seen'];
  /** The state of its rollout after our last turn; nothing when that is not known. */
  file?: string | undefined;
}

/** Milliseconds that it may take to say hello; it takes 100. */
const HELLO_MS = 20_000;

/** Milliseconds after its last turn at which a thread is let go: nobody else can write it while it is loaded (codex 0.150 and newer). */
const THREAD_IDLE_MS = 10_000;

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
 * Emits it once, when it has been initialized; completes when the process is gone. Fails with `SpawnError` or `AppServerError` when it cannot start. Its stdout is read while `ready$` is true.
 * Unsubscribe closes its stdin and asks it to end by SIGINT, then kills what is left.
 */
export const appServer = (run: CodexRun, { recordsFolder, ...options }: Options): Observable<AppServer> =>
  defer(() => {
    const marker = randomUUID();
    const child = startCodex(run, marker);
    if (child.pid === undefined) return notStarted(child);
    const root = rootOf(child.pid, `${MARKER}=${marker}`);
    return using(
      () => {
        const leave = owned(child, root, recordsFolder);
        return {
          unsubscribe: () => {
            child.stdin.end();
            leave();
          },
        };
      },
      () => speaking(child, root, options),
    );
  });

const speaking = (child: Child, root: Root, { version, ready$, maxLineBytes, log }: Omit<Options, 'recordsFolder'>): Observable<AppServer> => {
  const gone$ = new ReplaySubject<Gone>(1);
  let stderr: Uint8Array = new Uint8Array();
  const line$ = readable(child.stdout, ready$).pipe(splitLines(maxLineBytes), share());
  const frame$ = line$.pipe(
    parseJson(),
    mergeMap((parsed) => (parsed.type === 'json' ? [parsed.value] : [])),
    share(),
  );
  const lost$ = line$.pipe(
    mergeMap((line) =>
      typeof line === 'string' ? [] : [`codex app-server wrote a line of ${line.overlong} bytes; max_line_bytes in config.json is ${maxLineBytes}`],
    ),
    tap((reason) => log('warning', reason)),
    share(),
  );
  const how$ = gone$.pipe(map((gone) => `codex app-server ${howEnded(gone)}: ${gone.stderr.trim()}`));
  const rpc = createRpc(
    frame$,
    (frame) => {
      if (child.stdin.writable) child.stdin.write(`${JSON.stringify(frame)}\n`);
    },
    merge(how$, lost$),
  );
  const server: AppServer = {
    ...rpc,
    notification$: frame$.pipe(filter(Notification.is), share()),
    idle$: frame$.pipe(mergeMap((frame) => (Idle.is(frame) ? [frame.params.threadId] : []))),
    lost$,
    gone$,
    ready$,
    root,
    kill: () => {
      killTree(root);
    },
    threads: new Map(),
    use$: new Subject(),
    settling: new Map(),
  };
  const exited$ = merge(fromEvent(child, 'close'), fromEvent(child, 'exit').pipe(delay(DRAIN_MS))).pipe(
    take(1),
    tap(() => {
      gone$.next({ code: child.exitCode, signal: child.signalCode, stderr: Buffer.from(stderr).toString('utf8') });
    }),
  );
  const stderr$ = readable(child.stderr).pipe(
    tail(),
    tap((end) => {
      stderr = end;
    }),
  );
  const unused$ = server.use$.pipe(
    idleThreads(THREAD_IDLE_MS),
    filter((threadId) => server.threads.delete(threadId)),
    mergeMap((threadId) => left(server, threadId)),
  );
  const hello$ = rpc
    .request$('initialize', { clientInfo: { name: 'plexum', title: 'Plexum', version }, capabilities: { experimentalApi: true } })
    .pipe(
      timeout({
        first: HELLO_MS,
        with: () => {
          throw new AppServerError(`codex app-server said nothing for ${HELLO_MS} ms`);
        },
      }),
      map(() => {
        rpc.notify('initialized');
        return server;
      }),
    );
  const silent = <T>(source$: Observable<T>): Observable<never> => source$.pipe(ignoreElements());
  return merge(...[rpc.refusals$, stderr$, exited$, unused$].map(silent), hello$).pipe(takeUntil(gone$.pipe(mergeMap(() => timer(0)))));
};
