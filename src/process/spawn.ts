import { randomUUID } from 'node:crypto';
import {
  combineLatest,
  concat,
  defer,
  endWith,
  exhaustMap,
  fromEvent,
  ignoreElements,
  map,
  merge,
  mergeMap,
  NEVER,
  type Observable,
  of,
  share,
  shareReplay,
  startWith,
  switchMap,
  take,
  takeUntil,
  tap,
  timer,
  using,
} from 'rxjs';
import { always$, readable } from '../lines/readable.js';
import { inBackground, interrupt, owned, type RunInBackground } from './own-process.js';
import { type Root, rootOf, sweep } from './process-tree.js';
import type { Cancel, Exited, ProcessRun, ProcessSignal } from './run.js';
import { type Child, MARKER, notStarted, startProcess } from './start.js';
import { tail } from './stderr-tail.js';

/**
 * Milliseconds that a pipe may stay silent once its process has exited: one that left the tree may
 * hold it open.
 */
const DRAIN_MS = 1_000;

/** Milliseconds that it may talk on: then it is cut off. */
const CHATTER_MS = 5_000;

/** Milliseconds that a process may live on with its stdout closed: nothing more can come of it. */
const MUTE_MS = 5_000;

/**
 * One codex process.
 *
 * Emits `stdout` chunks as codex writes them, paused while `ready$` is false, then `exited`, once,
 * when no process that it started is alive any more, and completes. The first `cancel$` value ends
 * stdout at once and sends SIGINT; `graceMs` after it, or after a later one if that is sooner, the
 * whole tree gets SIGKILL; so it does 5 s after a process has closed its stdout and lives on. A
 * process that cannot be started is a `SpawnError`; a failing exit is not an error. Each
 * subscription starts a process of its own; while it runs, `recordsFolder` holds what the next
 * plugin needs to end it (`endOrphans`). Unsubscribe cannot wait: it sends SIGINT, and SIGKILL to
 * the tree 5 s later, in the background; `runInBackground` gets that work, which completes when nothing of
 * it is alive.
 */
export const spawnProcess = (
  run: ProcessRun,
  cancel$: Observable<Cancel>,
  ready$: Observable<boolean> = always$,
  recordsFolder?: string,
  runInBackground: RunInBackground = inBackground,
): Observable<ProcessSignal> =>
  defer(() => {
    const marker = randomUUID();
    const child = startProcess(run, marker);
    const { pid } = child;
    if (pid === undefined) return notStarted(child);
    child.stdin.end(run.stdin);
    const root = rootOf(pid, `${MARKER}=${marker}`);
    return using(
      () => {
        const leave = owned(child, root, recordsFolder);
        return { unsubscribe: () => runInBackground(leave()) };
      },
      () => signals(child, root, cancel$, ready$),
    );
  });

const signals = (
  child: Child,
  root: Root,
  cancel$: Observable<Cancel>,
  ready$: Observable<boolean>,
): Observable<ProcessSignal> => {
  let cancelled: Cancel | undefined;
  let stderr: Uint8Array = new Uint8Array();

  const stop$ = defer(() =>
    cancelled !== undefined
      ? of(cancelled)
      : cancel$.pipe(
          take(1),
          tap((cancel) => {
            cancelled = cancel;
          }),
        ),
  );
  const gone$ = exit(child).pipe(
    mergeMap(() => concat(sweep(root), of(true))),
    shareReplay({ bufferSize: 1, refCount: true }),
  );
  const stdout$ = readable(child.stdout, ready$).pipe(share());
  const stderr$ = readable(child.stderr).pipe(
    tail(),
    tap((end) => {
      stderr = end;
    }),
    ignoreElements(),
  );
  // A later cancel, the shutdown, may give less time than the first.
  const hurry$ = cancel$.pipe(mergeMap(({ graceMs }) => timer(graceMs)));
  let muted = false;
  const mute$ = stdout$.pipe(
    ignoreElements(),
    endWith(true),
    switchMap(() => timer(MUTE_MS)),
    tap(() => {
      muted = true;
    }),
  );
  const silent$ = combineLatest([stdout$.pipe(startWith(undefined)), ready$]).pipe(
    switchMap(([, ready]) => (ready ? timer(DRAIN_MS) : NEVER)),
  );
  const chatter$ = ready$.pipe(switchMap((ready) => (ready ? timer(CHATTER_MS) : NEVER)));
  const exited = (): Exited => ({
    type: 'exited',
    code: child.exitCode,
    signal: child.signalCode,
    stderr: Buffer.from(stderr).toString('utf8'),
    ...(cancelled === undefined ? {} : { cancelled }),
  });

  return concat(
    merge(stdout$.pipe(map((chunk) => ({ type: 'stdout', chunk }) as const)), stderr$).pipe(
      takeUntil(merge(stop$, mute$, gone$.pipe(switchMap(() => merge(silent$, chatter$))))),
    ),
    merge(
      merge(
        stop$,
        defer(() => (muted ? of({ graceMs: MUTE_MS }) : NEVER)),
      ).pipe(
        exhaustMap(({ graceMs }) => interrupt(root, merge(timer(graceMs), hurry$))),
        takeUntil(exit(child)),
      ),
      gone$.pipe(map(exited)),
    ),
  );
};

const exit = (child: Child): Observable<unknown> =>
  defer(() =>
    child.exitCode !== null || child.signalCode !== null
      ? of(true)
      : fromEvent(child, 'exit').pipe(take(1)),
  );
