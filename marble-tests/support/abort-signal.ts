import { getEventListeners } from 'node:events';
import { ignoreElements, type Observable, tap } from 'rxjs';

/**
 * A signal that aborts at each value of a source, with the value as its reason. Subscribe to
 * `abort$` for the life of the test. `listeners` counts the listeners of the signal.
 */
export const abortedBy = (source$: Observable<unknown>) => {
  const controller = new AbortController();
  const { signal } = controller;
  const abort$ = source$.pipe(
    tap((reason) => controller.abort(reason)),
    ignoreElements(),
  );
  return { signal, abort$, listeners: () => getEventListeners(signal, 'abort').length };
};
