import { isTerminal, type TurnOptions, turn$, type Usage } from 'plexum-openai-provider';
import { filter, map, type Observable, reduce } from 'rxjs';

/** The text of codex as it arrives. */
export const text$ = (prompt: string, options: TurnOptions): Observable<string> =>
  turn$(prompt, { endOnSignals: true, ...options }).pipe(
    filter((event) => event.type === 'text_delta'),
    map((event) => event.text),
  );

export interface Answer {
  readonly text: string;
  readonly usage: Usage | undefined;
}

/** The whole answer of codex, when the turn ends. Fails when the turn ends with an error event. */
export const answer$ = (prompt: string, options: TurnOptions): Observable<Answer> =>
  turn$(prompt, { endOnSignals: true, ...options }).pipe(
    reduce(
      (answer: Answer, event) => {
        if (event.type === 'error') throw new Error(event.message);
        if (event.type === 'text_delta') return { ...answer, text: answer.text + event.text };
        return isTerminal(event) ? { ...answer, usage: event.usage } : answer;
      },
      { text: '', usage: undefined },
    ),
  );
