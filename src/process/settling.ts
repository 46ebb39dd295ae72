import { defer, finalize, ignoreElements, merge, type Observable, ReplaySubject } from 'rxjs';
import type { Settle } from './own-process.js';

/** What the turns of each workspace have left behind when they were given up. */
export interface Settling {
  /** Subscribes to the work now, whoever else does later. It does not fail. */
  readonly settle: (workspace: string) => Settle;
  /**
   * Completes when nothing of it is left in the workspace; emits nothing. Unsubscribe ends no work.
   */
  readonly settled$: (workspace: string) => Observable<never>;
}

export const createSettling = (): Settling => {
  const works = new Map<string, Set<Observable<unknown>>>();
  return {
    settle: (workspace) => (work$) => {
      const here = works.get(workspace) ?? new Set();
      works.set(workspace, here);
      const done$ = new ReplaySubject<unknown>(1);
      here.add(done$);
      work$
        .pipe(
          finalize(() => {
            here.delete(done$);
            if (here.size === 0) works.delete(workspace);
          }),
        )
        .subscribe(done$);
    },
    settled$: (workspace) =>
      defer(() => merge(...(works.get(workspace) ?? []))).pipe(ignoreElements()),
  };
};
