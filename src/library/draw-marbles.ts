import { types } from 'node:util';
import * as t from 'io-ts';
import {
  bufferTime,
  concat,
  defer,
  filter,
  map,
  materialize,
  type Observable,
  type ObservableNotification,
  of,
} from 'rxjs';
import { freeLetter } from '../marbles/alphabet.js';
import { marbleGap, marbleGroup } from '../marbles/marble-group.js';

/** The marble diagram of a stream. */
export interface Drawing {
  /**
   * `M-----t--(coE|)`: a dash is 10 ms, ` 1.2s ` a longer gap, `|` the completion, `#` an error.
   * Notifications of the same 10 ms share a group.
   */
  readonly line: string;
  /** The kind and the number of the values of each letter; for `#` the message of the error. */
  readonly legend: Readonly<Record<string, string>>;
}

/** Milliseconds of a dash. */
const DASH_MS = 10;

/**
 * Draws a stream as a marble diagram while it runs.
 *
 * ```
 * source$   M-----t--E|
 * emits     M  -----t  --(E|)  and then the drawing
 * ```
 *
 * Emits each next `{piece}` of the line, at most one in 10 ms. When the source completes or fails,
 * emits the `Drawing` and completes: an error of the source is part of the drawing. Unsubscribe
 * unsubscribes from the source.
 */
export const drawMarbles = (
  source$: Observable<unknown>,
): Observable<{ readonly piece: string } | Drawing> =>
  defer(() => {
    const seen = new Map<string, { readonly letter: string; readonly times: number }>();
    let line = '';
    let last = performance.now();
    let failure: string | undefined;
    const letterOf = (notification: ObservableNotification<unknown>): string => {
      if (notification.kind === 'C') return '|';
      if (notification.kind === 'E') {
        const error: unknown = notification.error;
        failure = types.isNativeError(error) ? error.message : String(error);
        return '#';
      }
      const kind = kindOf(notification.value);
      const taken = [...seen.values()].map(({ letter }) => letter);
      const { letter, times } = seen.get(kind) ?? { letter: freeLetter(kind, taken), times: 0 };
      seen.set(kind, { letter, times: times + 1 });
      return letter;
    };
    const piece$ = source$.pipe(
      materialize(),
      bufferTime(DASH_MS),
      filter((frame) => frame.length > 0),
      map((frame) => {
        const now = performance.now();
        const piece = gap(now - last) + marbleGroup(frame.map(letterOf));
        line += piece;
        last = now;
        return { piece };
      }),
    );
    const drawing$ = defer(() => {
      const values = [...seen].map(
        ([kind, { letter, times }]) => [letter, times === 1 ? kind : `${kind} ×${times}`] as const,
      );
      return of<Drawing>({
        line,
        legend: Object.fromEntries(failure === undefined ? values : [...values, ['#', failure]]),
      });
    });
    return concat(piece$, drawing$);
  });

const gap = (ms: number): string =>
  marbleGap(
    Math.round(ms / DASH_MS) - 1,
    ms < 1_000 ? `${Math.round(ms)}ms` : `${(ms / 1_000).toFixed(1)}s`,
  );

const Typed = t.type({ type: t.string });
const WithItem = t.type({ type: t.string, item: Typed });

/** The `type` of an event, with the `type` of its item; else the type of the value. */
const kindOf = (value: unknown): string => {
  if (WithItem.is(value)) return `${value.type} ${value.item.type}`;
  if (Typed.is(value)) return value.type;
  return value === null ? 'null' : typeof value;
};
