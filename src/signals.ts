import { defer, fromEvent, merge, share } from 'rxjs';

/**
 * The signals to end this process: emits each as it comes, never completes. From the first subscription on they end nothing by themselves, and their handlers
 * stay: without one a second signal would end the process at once, and leave codex behind.
 */
export const signals$ = defer(() => {
  const names = ['SIGTERM', 'SIGINT', 'SIGHUP'];
  // The launcher's, which only exit.
  for (const name of names) process.removeAllListeners(name);
  return merge(...names.map((name) => fromEvent(process, name)));
}).pipe(share({ resetOnRefCountZero: false }));
