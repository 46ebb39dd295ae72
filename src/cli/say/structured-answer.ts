import { concatMap, defer, EMPTY, type Observable, type OperatorFunction, of } from 'rxjs';
import { isTerminal, type Terminal } from '../../canonical/turn-event.js';
import type { ScreenNotice } from './screen.js';

export interface AnswerOptions {
  /** Why a value does not fit the schema; absent without one: any answer is right. */
  readonly misfit: ((value: unknown) => string | undefined) | undefined;
  /** Whether the events of the turn stay as they are. */
  readonly json: boolean;
  /** Called before the end of a turn whose answer does not fit. */
  readonly onMisfit: () => void;
}

/**
 * Shows the JSON of a turn instead of its texts.
 *
 * ```
 * source   t--t--n--E|      t text_delta  n another notice  E message_end
 * emits    ------n--(jE|)   j one text_delta with the JSON of the last message, if it fits
 * ```
 *
 * Emits each other notice at once. Before the end of a completed turn, emits one text with the
 * JSON; a warning with the reason and the text when it is no JSON or does not fit. A failed or
 * cancelled turn has neither. With `json` every notice stays, and only the warning is added.
 * Mirrors the source without a schema. Completes and fails with the source. Unsubscribe
 * unsubscribes from the source.
 */
export const structuredAnswer =
  ({ misfit, json, onMisfit }: AnswerOptions): OperatorFunction<ScreenNotice, ScreenNotice> =>
  (notice$) => {
    if (misfit === undefined) return notice$;
    return defer(() => {
      let text = '';
      return notice$.pipe(
        concatMap((notice): Observable<ScreenNotice> => {
          if (!('event' in notice)) return of(notice);
          const { event } = notice;
          if (event.type === 'text_delta') {
            text += event.text;
            return json ? of(notice) : EMPTY;
          }
          if (!isTerminal(event) || !isCompleted(event)) return of(notice);
          const found = jsonIn(text);
          const problem = found === undefined ? 'it is no JSON' : misfit(found.value);
          if (problem === undefined)
            return json ? of(notice) : of(textNotice(`${found?.json ?? ''}\n`), notice);
          onMisfit();
          const shown = json ? '' : `\n${text}`;
          return of({ warning: `the answer does not fit the schema: ${problem}${shown}` }, notice);
        }),
      );
    });
  };

const isCompleted = (end: Terminal): boolean =>
  end.type === 'message_end' && end.stop_reason === 'end_turn';

const textNotice = (text: string): ScreenNotice => ({ event: { type: 'text_delta', text } });

/**
 * The JSON of the last message in the text of a turn, as it was written. A blank line separates
 * messages, and a model may comment before its answer; the longest end of the text counts, from the
 * whole text or from one of its last 100 blank lines. Takes time in proportion to the text.
 */
export const jsonIn = (
  text: string,
): { readonly json: string; readonly value: unknown } | undefined => {
  const starts = Array.from(text.matchAll(/\n\n\s*/g), ({ 0: gap, index }) => index + gap.length);
  for (const start of [0, ...starts.slice(-MAX_STARTS)]) {
    const json = text.slice(start).trim();
    try {
      const value: unknown = JSON.parse(json);
      return { json, value };
    } catch {
      // The answer may begin later.
    }
  }
  return undefined;
};

const MAX_STARTS = 100;
