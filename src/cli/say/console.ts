import { BehaviorSubject, distinctUntilChanged, type Observable, ReplaySubject, take } from 'rxjs';
import type { Written } from './screen.js';

type Output = NodeJS.WritableStream;

/** The two outputs of a command. */
export interface Console {
  readonly write: (written: Written) => void;
  /** False while whoever reads stdout does not. Emits at once, then on change; never completes. */
  readonly ready$: Observable<boolean>;
  /** Emits once when nobody reads stdout any more. */
  readonly closed$: Observable<unknown>;
}

/** Writes to stdout and stderr. That one of them is closed is no error: the rest goes nowhere. */
export const createConsole = (stdout: Output, stderr: Output): Console => {
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
