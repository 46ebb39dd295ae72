import { defer, finalize, ignoreElements, merge, type Observable, ReplaySubject } from 'rxjs';
import type { RunInBackground } from './own-process.js';

/** What the turns of each workspace have left behind when they were given up. */
export interface BackgroundWork {
  /** Subscribes to the work now, whoever else does later. It does not fail. */
  readonly runInBackground: (workspace: string) => RunInBackground;
  /**
   * Completes when nothing of it is left in the workspace; emits nothing. Unsubscribe ends no work.
   */
  readonly drained$: (workspace: string) => Observable<never>;
}

export const createBackgroundWork = (): BackgroundWork => {
  const works = new Map<string, Set<Observable<unknown>>>();
  return {
    runInBackground: (workspace) => (work$) => {
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
    drained$: (workspace) =>
      defer(() => merge(...(works.get(workspace) ?? []))).pipe(ignoreElements()),
  };
};
