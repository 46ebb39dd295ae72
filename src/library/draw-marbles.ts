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
  timeInterval,
} from 'rxjs';

/** A stream as it was seen. */
export interface Drawing {
  /**
   * `M-----t--(coE|)`: a dash is 10 ms, ` 1.2s ` a longer time, `|` the end, `#` an error; what
   * came within 10 ms stands in brackets.
   */
  readonly line: string;
  /**
   * What the letters stand for: the kind of the values, how many they were, and the message of the
   * error for `#`.
   */
  readonly legend: Readonly<Record<string, string>>;
}

/** Milliseconds of a dash, and how many dashes there are in a row. */
const DASH_MS = 10;
const MOST_DASHES = 30;

/**
 * The letters that the diagrams of this package have. Any other kind gets the first free letter of
 * its name.
 */
const letters: ReadonlyMap<string, string> = new Map([
  ['message_start', 'M'],
  ['text_delta', 't'],
  ['thinking_delta', 'h'],
  ['tool_call_start', 'c'],
  ['tool_call_delta', 'd'],
  ['tool_call_end', 'e'],
  ['tool_result', 'o'],
  ['message_end', 'E'],
  ['error', 'X'],
  ['thread.started', 'T'],
  ['turn.started', 'S'],
  ['turn.completed', 'C'],
  ['turn.failed', 'F'],
  ['exited', 'x'],
]);

/**
 * Draws a stream as marbles while it runs.
 *
 * ```
 * source$   M-----t--E|
 * emits     M  -----t  --(E|)  and then the drawing
 * ```
 *
 * Emits `{piece}`s of the line as values come, at most one in 10 ms, and last the `Drawing`; then
 * completes. An error of the source is a part of the drawing. Unsubscribe unsubscribes from the
 * source.
 */
export const drawMarbles = (
  source$: Observable<unknown>,
): Observable<{ readonly piece: string } | Drawing> =>
  defer(() => {
    const seen = new Map<string, { readonly letter: string; times: number }>();
    let line = '';
    let failure: string | undefined;
    const signOf = (notification: ObservableNotification<unknown>): string => {
      if (notification.kind === 'C') return '|';
      if (notification.kind === 'E') {
        const error: unknown = notification.error;
        failure = types.isNativeError(error) ? error.message : String(error);
        return '#';
      }
      const name = kindOf(notification.value);
      const known = seen.get(name) ?? {
        letter: freeLetter(
          name,
          [...seen.values()].map(({ letter }) => letter),
        ),
        times: 0,
      };
      known.times += 1;
      seen.set(name, known);
      return known.letter;
    };
    const piece$ = source$.pipe(
      materialize(),
      bufferTime(DASH_MS),
      filter((frame) => frame.length > 0),
      timeInterval(),
      map(({ value: frame, interval }) => {
        const signs = frame.map(signOf);
        const piece = gap(interval) + (signs.length === 1 ? signs.join('') : `(${signs.join('')})`);
        line += piece;
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

const gap = (ms: number): string => {
  const dashes = Math.max(0, Math.round(ms / DASH_MS) - 1);
  return dashes > MOST_DASHES
    ? ` ${ms < 1_000 ? `${Math.round(ms)}ms` : `${(ms / 1_000).toFixed(1)}s`} `
    : '-'.repeat(dashes);
};

const Typed = t.type({ type: t.string });
const WithItem = t.type({ type: t.string, item: Typed });

/** `type`, of an item with that of the item; else what kind of value it is. */
const kindOf = (value: unknown): string => {
  if (WithItem.is(value)) return `${value.type} ${value.item.type}`;
  if (Typed.is(value)) return value.type;
  return value === null ? 'null' : typeof value;
};

const ALL = Array.from('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ');

const freeLetter = (kind: string, taken: readonly string[]): string => {
  const own = letters.get(kind);
  const wanted = [own ?? '', ...Array.from(kind.split(' ').at(-1) ?? ''), ...ALL];
  return wanted.find((letter) => /^[A-Za-z]$/.test(letter) && !taken.includes(letter)) ?? '?';
};
