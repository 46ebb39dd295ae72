import {
  concat,
  defer,
  EMPTY,
  endWith,
  ignoreElements,
  isEmpty,
  map,
  merge,
  mergeMap,
  NEVER,
  type Observable,
  of,
  share,
  shareReplay,
  take,
  takeUntil,
  takeWhile,
  tap,
  timer,
  withLatestFrom,
} from 'rxjs';
import { type EndRequest, killSteps } from './kill-policy.js';
import type { ProcessControl } from './process-control.js';
import type { Cancel, Exited, ProcessSignal } from './run.js';
import { tail } from './stderr-tail.js';
import { cutOff, MUTE_MS, type StdoutEnd } from './stdout-policy.js';

/** A running process, as streams and effects. */
export interface RunningProcess extends ProcessControl {
  /** Completes when the pipe is closed. Paused while `ready$` is false. */
  readonly stdout$: Observable<Uint8Array>;
  readonly stderr$: Observable<Uint8Array>;
  /** Lets the tree end after a normal exit; emits when it is gone. See `letTreeEnd`. */
  readonly letEnd$: Observable<true>;
}

/**
 * Reads a process to the end of its stdout, then waits until its tree is gone.
 *
 * ```
 * cancel$   --------c
 * stdout$   --a--b-----…            cut off by the cancel
 * effects   --------i---k           i SIGINT, k SIGKILL graceMs later, unless it has exited
 * exit$     --------------x
 * emits     --a--b-----------(e|)   e exited, once the tree is gone
 * ```
 *
 * Emits `stdout` for each chunk until both pipes have closed or `cutOff` emits, then `exited` once
 * the tree is gone, and completes. A tree is killed once its process has exited; after exit code 0
 * without a cancel it gets time to end first, see `letTreeEnd`. A cancel, and a process that lives
 * 5 s with its stdout closed, are answered by `killSteps`. Does not fail. Unsubscribe sends no
 * signal.
 */
export const processSignals = (
  { stdout$, stderr$, exit$, interrupt, kill, letEnd$, killUntilGone$ }: RunningProcess,
  cancel$: Observable<Cancel>,
  ready$: Observable<boolean>,
): Observable<ProcessSignal> =>
  defer(() => {
    let stderr: Uint8Array = new Uint8Array();
    const chunk$ = stdout$.pipe(share({ resetOnComplete: false }));
    const gone$ = exit$.pipe(
      mergeMap((status) =>
        concat(
          (status.code === 0 ? letEnd$.pipe(takeUntil(cancel$)) : EMPTY).pipe(
            isEmpty(),
            mergeMap((mayRun) => (mayRun ? killUntilGone$ : EMPTY)),
          ),
          of(status),
        ),
      ),
      shareReplay({ bufferSize: 1, refCount: true }),
    );
    const pipes$ = merge(
      chunk$.pipe(map((chunk) => ({ type: 'stdout', chunk }) as const)),
      stderr$.pipe(
        tail(),
        tap((end) => {
          stderr = end;
        }),
        ignoreElements(),
      ),
    ).pipe(endWith({ type: 'closed' } as const));

    const exited = (end: StdoutEnd): Observable<Exited> => {
      const cancelled$ =
        end.type === 'cancelled'
          ? of(end.cancel)
          : concat(of(undefined), cancel$.pipe(take(1), takeUntil(exit$)));
      return merge(
        killSteps(merge(endRequest(end, cancel$), cancel$)).pipe(
          tap((step) => (step === 'kill' ? kill() : interrupt())),
          ignoreElements(),
          takeUntil(exit$),
        ),
        gone$.pipe(
          withLatestFrom(cancelled$),
          map(([status, cancelled]) => ({
            type: 'exited' as const,
            ...status,
            stderr: Buffer.from(stderr).toString('utf8'),
            ...(cancelled === undefined ? {} : { cancelled }),
          })),
        ),
      );
    };

    return merge(pipes$, cutOff({ stdout$: chunk$, gone$, ready$, cancel$ })).pipe(
      takeWhile(({ type }) => type === 'stdout', true),
      mergeMap((signal) => (signal.type === 'stdout' ? of(signal) : exited(signal))),
    );
  });

/** The request that follows from the end of stdout; none when the process has exited. */
const endRequest = (end: StdoutEnd, cancel$: Observable<Cancel>): Observable<EndRequest> => {
  if (end.type === 'cancelled') return of(end.cancel);
  if (end.type === 'mute') return of({ graceMs: MUTE_MS });
  return end.type === 'closed'
    ? timer(MUTE_MS).pipe(
        map(() => ({ graceMs: MUTE_MS })),
        takeUntil(cancel$),
      )
    : NEVER;
};
