import { randomUUID } from 'node:crypto';
import {
  defer,
  delay,
  filter,
  fromEvent,
  map,
  merge,
  mergeMap,
  type Observable,
  ReplaySubject,
  share,
  take,
  takeUntil,
  tap,
  timeout,
  timer,
  using,
} from 'rxjs';
import { parseJson } from '../../lines/parse-json.js';
import { readable } from '../../lines/readable.js';
import { splitLines } from '../../lines/split-lines.js';
import type { CodexRun } from '../exec/codex-run.js';
import { owned } from '../exec/own-process.js';
import { killTree, type Root, rootOf } from '../exec/process-tree.js';
import { type Child, MARKER, notStarted, startCodex } from '../exec/start-codex.js';
import { tail } from '../exec/stderr-tail.js';
import { Notification } from './notification.js';
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
  /** Emits once when the process is gone, at once when it is already. */
  readonly gone$: Observable<Gone>;
  /** Its process. */
  readonly root: Root;
  /** Ends it now: it does not do what it is asked. */
  readonly kill: () => void;
  /** The threads that it has loaded; see `openThread`. */
  readonly threads: Map<string, LoadedThread>;
}

export interface LoadedThread {
  /** With what it was loaded. */
  readonly settings: string;
  /** The marker of its commands. */
  readonly marker: string;
  /** The state of its rollout after our last turn; nothing when that is not known. */
  file?: string | undefined;
}

/** Milliseconds that it may take to say hello; it takes 100. */
const HELLO_MS = 20_000;

/** Milliseconds that its pipes may stay open when it is gone: what it started may hold them. */
const DRAIN_MS = 500;

interface Options {
  readonly version: string;
  readonly ready$: Observable<boolean>;
  readonly maxLineBytes: number;
  readonly recordsFolder: string | undefined;
}

/**
 * A process of `codex app-server`.
 *
 * Emits it once, when it has been initialized; completes when the process is gone. Fails with `SpawnError` or `AppServerError` when it cannot start. Its stdout is read while `ready$` is true.
 * Unsubscribe closes its stdin and asks it to end by SIGINT, then kills what is left.
 */
export const appServer = (run: CodexRun, { version, ready$, maxLineBytes, recordsFolder }: Options): Observable<AppServer> =>
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
      () => speaking(child, root, { version, ready$, maxLineBytes }),
    );
  });

const speaking = (child: Child, root: Root, { version, ready$, maxLineBytes }: Omit<Options, 'recordsFolder'>): Observable<AppServer> => {
  const gone$ = new ReplaySubject<Gone>(1);
  let stderr: Uint8Array = new Uint8Array();
  const frame$ = readable(child.stdout, ready$).pipe(
    splitLines(maxLineBytes),
    parseJson(),
    mergeMap((parsed) => (parsed.type === 'json' ? [parsed.value] : [])),
    share(),
  );
  const how$ = gone$.pipe(
    map(
      ({ code, signal, stderr: said }) =>
        `codex app-server ${signal === null ? `exited with code ${code}` : `was ended by ${signal}`}: ${said.trim()}`,
    ),
  );
  const rpc = createRpc(
    frame$,
    (frame) => {
      if (child.stdin.writable) child.stdin.write(`${JSON.stringify(frame)}\n`);
    },
    how$,
  );
  const server: AppServer = {
    ...rpc,
    notification$: frame$.pipe(filter(Notification.is)),
    gone$,
    root,
    kill: () => {
      killTree(root);
    },
    threads: new Map(),
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
  const silent = <T>(source$: Observable<T>): Observable<never> => source$.pipe(mergeMap(() => []));
  return merge(silent(rpc.refusals$), silent(stderr$), silent(exited$), hello$).pipe(takeUntil(gone$.pipe(mergeMap(() => timer(0)))));
};
