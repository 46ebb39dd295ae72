import type { Writable } from 'node:stream';
import { BehaviorSubject, distinctUntilChanged, type Observable } from 'rxjs';
import { exactJson } from './exact-json.js';

/** Size of the lines that the peer has not read, from which on its requests wait: 16 MiB. */
export const MAX_UNSENT = 16 * 1024 * 1024;

/** What a line takes in memory beside its text, at least. */
export const LINE_BYTES = 100;

/**
 * Writes JSON to a pipe, one value a line. The first line of a turn of the event loop is written at
 * once, those after it together at its end, or when they fill the buffer of the pipe: a chunk of
 * codex holds hundreds of events, and a write for each takes longer than all that comes before it.
 */
export interface LineWriter {
  /** Drops the value once the pipe is closed, and one that the peer `hasIt` already. */
  readonly write: (value: unknown, hasIt?: boolean) => void;
  /**
   * Whether the peer reads: false from a write that filled the pipe until the pipe has drained.
   * Emits on subscribe, then on change; never completes.
   */
  readonly ready$: Observable<boolean>;
  /**
   * Whether too much is unsent: true from more than `MAX_UNSENT` until the pipe has drained. Emits
   * on subscribe, then on change; never completes.
   */
  readonly full$: Observable<boolean>;
  readonly isFull: () => boolean;
}

/** `onLine` gets each line, without its LF, before it is written, and those that the peer has. */
export const lineWriter = (output: Writable, onLine?: (line: string) => void): LineWriter => {
  const ready$ = new BehaviorSubject(true);
  const full$ = new BehaviorSubject(false);
  let lines = 0;
  let isCorked = false;
  const uncork = (): void => {
    if (!isCorked) return;
    isCorked = false;
    output.uncork();
  };
  const cork = (): void => {
    if (isCorked) return;
    isCorked = true;
    output.cork();
    process.nextTick(uncork);
  };
  output.on('drain', () => {
    lines = 0;
    ready$.next(true);
    full$.next(false);
  });
  return {
    write: (value, hasIt = false) => {
      if (!output.writable) return;
      const line = exactJson(value);
      onLine?.(line);
      if (hasIt) return;
      if (output.write(`${line}\n`)) {
        cork();
        return;
      }
      // The buffer is full, unless the pipe takes its lines at once.
      uncork();
      if (output.writableLength < output.writableHighWaterMark) return;
      lines += 1;
      ready$.next(false);
      if (output.writableLength + lines * LINE_BYTES > MAX_UNSENT) full$.next(true);
    },
    ready$: ready$.pipe(distinctUntilChanged()),
    full$: full$.pipe(distinctUntilChanged()),
    isFull: () => full$.value,
  };
};
