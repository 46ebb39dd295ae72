import { BehaviorSubject, distinctUntilChanged, type Observable, ReplaySubject, take } from 'rxjs';
import type { ScreenOutput } from './screen.js';

/** stdout and stderr of a command. */
export interface Console {
  readonly write: (output: ScreenOutput) => void;
  /**
   * Whether the reader of stdout keeps up. Emits the state on subscribe, then each change; does not
   * complete.
   */
  readonly ready$: Observable<boolean>;
  /** Emits once when the reader of stdout has closed it, also to late subscribers; completes. */
  readonly closed$: Observable<unknown>;
}

/** Writes to stdout and stderr. Drops what is written to a closed stream, without an error. */
export const createConsole = (
  stdout: NodeJS.WritableStream,
  stderr: NodeJS.WritableStream,
): Console => {
  const flow$ = new BehaviorSubject(true);
  const closed$ = new ReplaySubject<unknown>(1);
  let open = true;
  stdout.on('drain', () => flow$.next(true));
  stdout.on('error', (error) => {
    open = false;
    closed$.next(error);
    flow$.next(true);
  });
  stderr.on('error', () => undefined);
  return {
    write: ({ to, text }) => {
      if (to === 'stderr') stderr.write(text);
      else if (open && !stdout.write(text)) flow$.next(false);
    },
    ready$: flow$.pipe(distinctUntilChanged()),
    closed$: closed$.pipe(take(1)),
  };
};
