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
import { redact } from '../text/redact.js';

/** Where the lines of one record go; nothing of it throws, waits or fails. */
export interface Recording {
  /**
   * Takes a line, which ends with a line feed. False when there is no room for it: it is dropped.
   */
  readonly write: (line: string) => boolean;
  /** Nothing comes after `last`, for which there is always room. */
  readonly end: (last: string) => void;
}

/** The turn that is recorded. */
export interface RecordedTurn {
  readonly agentId: string;
  readonly modelId: string;
  readonly workspace: string;
  readonly text: string;
  /** By which it is to run. */
  readonly transport: TransportName;
}

/** Characters of the prompt that a record keeps. */
const MAX_PROMPT = 200;

/**
 * Writes down what is told of a turn: a line that begins it, on subscribe, then a line for each
 * value, with the milliseconds since then, without secrets.
 *
 * Emits, completes, fails and is unsubscribed with the source, whatever becomes of the record. Each
 * way the record ends then, with a line that counts the lines that were dropped, if there are any.
 */
export const recorded =
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
      const line = (what: object): string | undefined => recordLine(clock.now() - began, what);
      const write = (what: object): void => {
        const written = line(what);
        if (written === undefined || !recording.write(written)) dropped += 1;
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
        tap((what) => write(what)),
        finalize(() =>
          recording.end(dropped === 0 ? '' : (line({ dropped: { lines: dropped } }) ?? '')),
        ),
      );
    });

/** Characters that a record keeps of one text. */
export const MAX_TEXT = 100_000;

/**
 * A line of a record: milliseconds with one decimal, and what is told, without secrets; a very long
 * text is cut. Nothing for what cannot be written as JSON.
 */
export const recordLine = (ms: number, what: object): string | undefined => {
  try {
    return `${JSON.stringify({ ms: Math.round(ms * 10) / 10, ...what }, (key, value: unknown) => (typeof value === 'string' ? kept(key, value) : value))}\n`;
  } catch {
    return undefined;
  }
};

const kept = (key: string, text: string): string => {
  const cut =
    text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}… (cut: ${text.length} characters)` : text;
  // A password is known by its key.
  const named = redact(`${key}: ${cut}`);
  return named.startsWith(`${key}: `) ? named.slice(key.length + 2) : redact(cut);
};

/**
 * A turn with everything that is noticed of it, in the order in which it happens.
 *
 * Emits what `run` tells, and its events as `{event}`. Completes and fails with the turn; what is
 * told later goes nowhere. Each subscription is a turn; unsubscribe unsubscribes from it.
 */
export const told = <More = never>(
  run: (onNotice: (what: Notice | More) => void) => Observable<TurnEvent>,
): Observable<Notice | More> =>
  defer(() => {
    const noticed$ = new Subject<Notice | More>();
    const event$ = defer(() => run((what) => noticed$.next(what))).pipe(
      map((event): Notice => ({ event })),
      finalize(() => noticed$.complete()),
    );
    return merge(noticed$, event$);
  });
