import { defer, map, type Observable, of } from 'rxjs';
import type { HostCall } from '../../bridge/tool-bridge.js';
import { type Check, green, red } from './check.js';
import { answerOf, costOf, problemOf } from './turn.js';
import { type Run, watchTurn } from './watch-turn.js';

/** The one tool of the turn. It gives back a word that the model cannot know. */
export const PROBE = {
  name: 'doctor_probe',
  description: 'Gives back the word of this test.',
  inputSchema: { type: 'object', properties: {}, additionalProperties: false },
} as const;

export const TOOLS_PROMPT = `This is a test of the connection. Call the tool ${PROBE.name} once, with no arguments, and use no other tool. Then answer with exactly the text that it gives back.`;

const MEND =
  'run it again, since a model may do something else; if it stays so try the other "bridge" in config.json';

/**
 * A real turn that has to call a tool over the bridge; the tool answers with `word`. Emits once,
 * when the turn has ended: green when the call has arrived and the word came back, in codex's
 * record of the call or in the answer. Fails only if the turn does.
 */
export const checkTools = (bridge: string, word: string, run: Run): Observable<Check> =>
  defer(() => {
    const calls: HostCall[] = [];
    const callTool$ = (call: HostCall): Observable<unknown> =>
      defer(() => {
        calls.push(call);
        return of({ content: [{ type: 'text', text: word }] });
      });
    return watchTurn(run, callTool$).pipe(
      map((watched) => {
        const problem = problemOf('tools', 'tools', watched);
        if (problem !== undefined) return problem;
        const said = `${costOf(watched)}\n${answerOf(watched)}`;
        if (!calls.some(({ name }) => name === PROBE.name))
          return red('tools', 'tools', `the model called no tool over "${bridge}". ${said}`, MEND);
        return [watched.text, ...watched.outputs].some((text) => text.includes(word))
          ? green(
              'tools',
              'tools',
              `the call came over "${bridge}", and its result came back. ${said}`,
            )
          : red(
              'tools',
              'tools',
              `the call came over "${bridge}", and its result did not come back. ${said}`,
              MEND,
            );
      }),
    );
  });
