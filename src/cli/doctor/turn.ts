import { map, type Observable, throwError } from 'rxjs';
import { type Check, green, red } from './check.js';
import { type Run, stepFor, type Watched, watchTurn } from './watch-turn.js';

/** What is asked for, and how much of the answer is shown, in characters. */
export const TURN_PROMPT =
  'This is a test of the connection. Use no tools. Answer with the one word: ready';
const SHOWN = 80;

/** A real turn. Emits once, when it has ended; fails only if the turn does. */
export const checkTurn = (model: string, run: Run): Observable<Check> =>
  watchTurn(run, () => throwError(() => new Error('this turn has no tools'))).pipe(
    map((watched) => {
      const problem = problemOf('turn', 'turn', watched);
      if (problem !== undefined) return problem;
      const { firstTextMs } = watched;
      if (firstTextMs === undefined)
        return red(
          'turn',
          'turn',
          `model ${model} gave no text. ${costOf(watched)}`,
          stepFor('internal'),
        );
      return green(
        'turn',
        'turn',
        `model ${model}, first text after ${firstTextMs} ms. ${costOf(watched)}\n${answerOf(watched)}`,
      );
    }),
  );

/** The red check of a turn that did not end well. */
export const problemOf = (
  id: string,
  title: string,
  { terminal, warnings }: Watched,
): Check | undefined => {
  if (terminal?.type === 'message_end' && terminal.stop_reason === 'end_turn') return undefined;
  if (terminal === undefined)
    return red(id, title, 'the turn ended without an end', stepFor('internal'));
  if (terminal.type === 'message_end')
    return red(id, title, 'the turn was interrupted', 'run it again');
  return red(
    id,
    title,
    [`${terminal.kind}: ${terminal.message}`, ...warnings].join('\n'),
    stepFor(terminal.kind),
  );
};

/** Milliseconds and tokens. */
export const costOf = ({ ms, terminal }: Watched): string => {
  const { input_tokens = 0, cached_input_tokens = 0, output_tokens = 0 } = terminal?.usage ?? {};
  return `The whole turn took ${ms} ms; tokens: ${input_tokens} in (${cached_input_tokens} cached), ${output_tokens} out`;
};

export const answerOf = ({ text, warnings }: Watched): string =>
  [`the answer begins: ${JSON.stringify(text.slice(0, SHOWN))}`, ...warnings].join('\n');
