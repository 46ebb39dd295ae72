import { concat, map, mergeMap, type Observable, of, takeWhile, timer } from 'rxjs';

/** What is sent: SIGINT to the process, or SIGKILL to its whole tree. */
export type KillStep = 'interrupt' | 'kill';

/** A request to end a process. */
export interface EndRequest {
  /** Milliseconds between SIGINT and SIGKILL. */
  readonly graceMs: number;
}

/**
 * Decides when a process is interrupted and when it is killed.
 *
 * ```
 * request$  --a--b------      a graceMs 8, b graceMs 3
 * emits     --i-----(k|)      i interrupt, k kill
 * ```
 *
 * Emits `interrupt` at the first request, then `kill` once the grace period of any request has
 * expired: a later request may shorten the grace period, never extend it. Completes after `kill`,
 * or with a source that is empty. Fails with the source. Unsubscribe, when the process has exited,
 * stops the timers.
 */
export const killSteps = (request$: Observable<EndRequest>): Observable<KillStep> =>
  request$.pipe(
    mergeMap(({ graceMs }, index) => {
      const kill$ = timer(graceMs).pipe(map(() => 'kill' as const));
      return index === 0 ? concat(of('interrupt' as const), kill$) : kill$;
    }),
    takeWhile((step) => step !== 'kill', true),
  );
