import { defer, fromEvent, merge, share } from 'rxjs';

/** The signals to end a process. */
const names = ['SIGTERM', 'SIGINT', 'SIGHUP'];

/** Takes them from the launcher, whose handlers only exit. */
export const takeSignals = (): void => {
  for (const name of names) process.removeAllListeners(name);
};

/** Each signal as it comes, to who listens; never completes. */
export const eachSignal$ = merge(...names.map((name) => fromEvent(process, name)));

/**
 * The signals to end this process: emits each as it comes, never completes. From the first
 * subscription on they end nothing by themselves, and their handlers stay: without one a second
 * signal would end the process at once, and leave codex behind.
 */
export const signals$ = defer(() => {
  takeSignals();
  return eachSignal$;
}).pipe(share({ resetOnRefCountZero: false }));

/**
 * From now on a signal ends this process at once, by its exit handlers: when there is nothing left
 * to do but wait for others.
 */
export const exitOnSignal = (): void => {
  for (const name of names) process.on(name, () => process.exit());
};
