import { type LocalTool, type TurnOptions, turn$ } from 'plexum-openai-provider';
import { delay, filter, map, type Observable, of } from 'rxjs';

const colours: Readonly<Record<string, string>> = { teal: '#008080', navy: '#000080' };

/** A tool that codex may call during the turn. It runs in this process. */
export const lookUp: LocalTool = {
  name: 'look_up',
  description: 'The hex code of a colour.',
  inputSchema: {
    type: 'object',
    properties: { colour: { type: 'string' } },
    required: ['colour'],
  },
  // The Observable is unsubscribed when codex cancels the call.
  run: ({ colour }) => of(colours[String(colour)] ?? 'no such colour').pipe(delay(10)),
};

/** The text of a turn in which codex may call `lookUp`. */
export const textWithTools$ = (prompt: string, options: TurnOptions): Observable<string> =>
  turn$(prompt, { endOnSignals: true, ...options, tools: [lookUp] }).pipe(
    filter((event) => event.type === 'text_delta'),
    map((event) => event.text),
  );
