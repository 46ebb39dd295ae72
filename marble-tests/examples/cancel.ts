import { type TurnEvent, type TurnOptions, turn$ } from 'plexum-openai-provider';
import { last, map, type Observable } from 'rxjs';

/** Runs a turn for at most `ms` milliseconds. It still ends with a terminal event. */
export const within$ = (ms: number, prompt: string, options: TurnOptions): Observable<TurnEvent> =>
  turn$(prompt, { endOnSignals: true, ...options, signal: AbortSignal.timeout(ms) });

/** How a turn ended: "end_turn", "cancelled", or the kind of its error. */
export const outcome$ = (events$: Observable<TurnEvent>): Observable<string> =>
  events$.pipe(
    last(),
    map((end) => {
      if (end.type === 'error') return end.kind;
      return end.type === 'message_end' ? end.stop_reason : 'unfinished';
    }),
  );
