import { readFileSync, statSync } from 'node:fs';
import { defer, EMPTY, fromEvent, merge, share } from 'rxjs';

/** The signals that ask a process to end. */
const NAMES = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const;

/**
 * Emits the number of each signal that asks this process to end, while subscribed; never completes.
 */
export const exitSignals$ = merge(
  ...NAMES.map((name) => fromEvent(process, name, (_name: string, number: number) => number)),
);

const handlersOf = () => NAMES.map((name) => ({ name, handlers: process.listeners(name) }));

/** As `exitSignals$`. On subscribe it removes the handlers of the launcher, which only exit. */
export const takeOverSignals$ = defer(() => {
  const before = handlersOf();
  // After the new ones: with its last handler Node drops a signal that has just come.
  const removed$ = defer(() => {
    for (const { name, handlers } of before)
      for (const handler of handlers) process.off(name, handler);
    return EMPTY;
  });
  return merge(exitSignals$, removed$);
});

/**
 * Takes over the signals that ask this process to end.
 *
 * Emits each of them; never completes. From the first subscription on, and also after an
 * unsubscribe, no signal ends the process by itself: without a handler a second signal would do so
 * at once and leave the children behind.
 */
export const terminate$ = takeOverSignals$.pipe(share({ resetOnRefCountZero: false }));

/** From now on a signal exits at once; the exit handlers kill the children that are running. */
export const exitOnSignal = (): void => {
  for (const name of NAMES) process.on(name, () => process.exit());
};

const readText = (file: string): string => readFileSync(file, 'utf8');

/**
 * Reads a file that may be a pipe, which waits for another program. Meanwhile a signal ends this
 * process as it ends one without handlers, which would run only after the read. Those of a regular
 * file stay: a signal that came while this program was loaded would be lost with them.
 */
export const readInterruptibly = (file: string, read = readText): string => {
  if (statSync(file, { throwIfNoEntry: false })?.isFile() ?? true) return read(file);
  const before = handlersOf();
  for (const { name, handlers } of before)
    for (const handler of handlers) process.off(name, handler);
  try {
    return read(file);
  } finally {
    for (const { name, handlers } of before)
      for (const handler of handlers) process.on(name, handler);
  }
};
