import { filter, map, type Observable, share, tap } from 'rxjs';
import type { Log } from '../../canonical/notice.js';
import { createNewReasons, type Malformed, parseJson } from '../../lines/parse-json.js';
import { splitLines } from '../../lines/split-lines.js';

/** The lines of an app-server: each is in one of both streams, which share the source. */
interface ServerFrames {
  /** Emits each JSON value. Completes and fails with the source; hot. */
  readonly frame$: Observable<unknown>;
  /**
   * Emits the reason for each line that cannot be read; logs the first line of each reason, 20 at
   * most. Ends as `frame$`; hot.
   */
  readonly unreadable$: Observable<string>;
}

/** Reads the stdout of an app-server, while one of the streams is subscribed. */
export const serverFrames = (
  stdout$: Observable<Uint8Array>,
  maxLineBytes: number,
  log: Log,
): ServerFrames => {
  const isNew = createNewReasons();
  const line$ = stdout$.pipe(splitLines(maxLineBytes), parseJson(), share());
  return {
    frame$: line$.pipe(
      filter((line) => line.type === 'json'),
      map(({ value }) => value),
      share(),
    ),
    unreadable$: line$.pipe(
      filter((line) => line.type === 'malformed'),
      tap((line) => {
        if (isNew(line)) log('warning', reasonFor(line, maxLineBytes));
      }),
      map((line) => reasonFor(line, maxLineBytes)),
      share(),
    ),
  };
};

const reasonFor = ({ reason, sample }: Malformed, maxLineBytes: number): string =>
  `codex app-server wrote what cannot be read: ${reason}${sample === '' ? `; max_line_bytes in config.json is ${maxLineBytes}` : `: ${sample}`}`;
