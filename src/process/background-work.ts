import { defer, ignoreElements, merge, type Observable, Subject } from 'rxjs';

/** Subscribes to work that has to go on after the subscription that started it has ended. */
export type RunInBackground = (work$: Observable<unknown>) => void;

/** The one owner of work that outlives its subscription, by workspace. */
export interface BackgroundWork {
  /** Subscribes to the work at once, and to nothing else. The work must not fail. */
  readonly runInBackground: (workspace: string) => RunInBackground;
  /**
   * Completes when the work that runs in the workspace at the time of the subscription has
   * completed; emits nothing. Unsubscribe does not end the work.
   */
  readonly drained$: (workspace: string) => Observable<never>;
}

export const createBackgroundWork = (): BackgroundWork => {
  const works = new Map<string, Set<Observable<never>>>();
  return {
    runInBackground: (workspace) => (work$) => {
      const drained$ = new Subject<never>();
      // Not in the set yet: the work may begin with a wait for the rest of the set.
      const subscription = work$.pipe(ignoreElements()).subscribe(drained$);
      const running = works.get(workspace) ?? new Set();
      works.set(workspace, running.add(drained$));
      subscription.add(() => {
        running.delete(drained$);
        if (running.size === 0) works.delete(workspace);
      });
    },
    drained$: (workspace) => defer(() => merge(...(works.get(workspace) ?? []))),
  };
};

/** The owner for callers that have none of their own. */
export const defaultBackground = createBackgroundWork();
