import {
  asyncScheduler,
  defer,
  finalize,
  type MonoTypeOperatorFunction,
  map,
  merge,
  type Observable,
  Subject,
  type TimestampProvider,
  tap,
} from 'rxjs';
import type { Notice, TransportName } from '../canonical/notice.js';
import type { TurnEvent } from '../canonical/turn-event.js';
import { redactMember } from '../text/redact.js';

/** The writer of one record. Its functions neither throw nor wait. */
export interface Recording {
  /**
   * Writes a line that ends with LF. Returns false when the buffer is full: the line is dropped.
   */
  readonly write: (line: string) => boolean;
  /** Ends the record with `last`, which is never dropped. */
  readonly end: (last: string) => void;
}

/** What the first line of a record says about its turn. */
export interface RecordedTurn {
  readonly agentId: string;
  readonly modelId: string;
  readonly workspace: string;
  readonly text: string;
  /** The configured transport. */
  readonly transport: TransportName;
}

/** The most characters of the prompt in a record. */
const MAX_PROMPT = 200;

/**
 * Writes the notices of a turn to a record.
 *
 * Mirrors the source, whether or not the record can be written. On subscribe it writes a line that
 * describes the turn, then one line for each notice, with the milliseconds since the subscription
 * and without secrets. The record ends when the source completes or fails, or on unsubscribe; its
 * last line then counts the dropped lines, if there are any.
 */
export const recordNotices =
  (
    { agentId, modelId, workspace, text, transport }: RecordedTurn,
    begin: () => Recording,
    clock: TimestampProvider = performance,
  ): MonoTypeOperatorFunction<Notice> =>
  (source$) =>
    defer(() => {
      const recording = begin();
      const began = clock.now();
      let dropped = 0;
      const lineOf = (notice: object): string | undefined =>
        recordLine(clock.now() - began, notice);
      const write = (notice: object): void => {
        const line = lineOf(notice);
        if (line === undefined || !recording.write(line)) dropped += 1;
      };
      write({
        turn: {
          version: 1,
          at: new Date(asyncScheduler.now()).toISOString(),
          agent_id: agentId,
          model: modelId,
          workspace,
          transport,
          text: text.slice(0, MAX_PROMPT),
        },
      });
      return source$.pipe(
        tap((notice) => write(notice)),
        finalize(() =>
          recording.end(dropped === 0 ? '' : (lineOf({ dropped: { lines: dropped } }) ?? '')),
        ),
      );
    });

/** The most characters of one string in a record. */
export const MAX_TEXT = 100_000;

/**
 * A line of a record: milliseconds with one decimal, and a notice without secrets. Strings are cut
 * at `MAX_TEXT` characters. `undefined`: the notice cannot be written as JSON.
 */
export const recordLine = (ms: number, notice: object): string | undefined => {
  const text = (key: string, value: unknown): unknown =>
    typeof value === 'string' ? recordText(key, value) : value;
  try {
    return `${JSON.stringify({ ms: Math.round(ms * 10) / 10, ...notice }, text)}\n`;
  } catch {
    return undefined;
  }
};

/** A text of a record: cut, and without secrets. */
export const recordText = (key: string, text: string): string =>
  redactMember(
    key,
    text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}… (cut: ${text.length} characters)` : text,
  );

/**
 * The events and the notices of a turn as one stream, in their order.
 *
 * Emits each notice that `run` passes to `onNotice`, and each event of the turn as `{event}`.
 * Completes and fails with the turn; later notices are ignored. Each subscription runs the turn
 * again. Unsubscribe unsubscribes from the turn.
 */
export const noticesOf = <More = never>(
  run: (onNotice: (notice: Notice | More) => void) => Observable<TurnEvent>,
): Observable<Notice | More> =>
  defer(() => {
    const noticed$ = new Subject<Notice | More>();
    const event$ = defer(() => run((notice) => noticed$.next(notice))).pipe(
      map((event): Notice => ({ event })),
      finalize(() => noticed$.complete()),
    );
    return merge(noticed$, event$);
  });
