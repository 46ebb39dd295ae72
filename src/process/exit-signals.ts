import { defer, fromEvent, merge, share } from 'rxjs';

/** The signals that ask a process to end. */
const NAMES = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'];

/** Removes the handlers of the launcher, which only exit. */
export const removeSignalHandlers = (): void => {
  for (const name of NAMES) process.removeAllListeners(name);
};

/**
 * Emits the number of each signal that asks this process to end, while subscribed; never completes.
 */
export const exitSignals$ = merge(
  ...NAMES.map((name) => fromEvent(process, name, (_name: string, number: number) => number)),
);

/**
 * Takes over the signals that ask this process to end.
 *
 * Emits each of them; never completes. From the first subscription on, and also after an
 * unsubscribe, no signal ends the process by itself: without a handler a second signal would do so
 * at once and leave the children behind.
 */
export const terminate$ = defer(() => {
  removeSignalHandlers();
  return exitSignals$;
}).pipe(share({ resetOnRefCountZero: false }));

/** From now on a signal exits at once; the exit handlers kill the children that are running. */
export const exitOnSignal = (): void => {
  for (const name of NAMES) process.on(name, () => process.exit());
};
