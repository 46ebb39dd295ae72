import { defer, map, type Observable, of, throwError } from 'rxjs';
import type { HostCall } from '../../bridge/answer-call.js';
import type { ErrorKind } from '../../canonical/turn-event.js';
import { splitStep } from '../../codex/events/advice.js';
import { saysStep } from '../../codex/events/failure.js';
import { STEPS } from '../../codex/events/failure-steps.js';
import { type Check, checkOf } from './check.js';
import { type Run, type TurnSummary, watchTurn } from './watch-turn.js';

export const TURN_PROMPT =
  'This is a test of the connection. Use no tools. Answer with the one word: ready';
/** Characters of the answer that the check shows. */
const SHOWN = 80;

/**
 * Runs a real turn without tools. Emits one check when the turn completes, then completes. Fails
 * when `run` fails. Unsubscribe ends the turn.
 */
export const checkTurn = (model: string, run: Run): Observable<Check> =>
  watchTurn(run, () => throwError(() => new Error('this turn has no tools'))).pipe(
    map((summary) => {
      const { green, red } = checkOf('turn');
      const problem = problemOf('turn', summary);
      if (problem !== undefined) return problem;
      const { firstTextMs } = summary;
      if (firstTextMs === undefined)
        return red(`model ${model} gave no text. ${costOf(summary)}`, stepFor('internal'));
      return green(
        `model ${model}, first text after ${firstTextMs} ms. ${costOf(summary)}\n${answerOf(summary)}`,
      );
    }),
  );

/** The red check of a turn that failed or was interrupted; `undefined` for any other. */
export const problemOf = (id: string, { terminal, warnings }: TurnSummary): Check | undefined => {
  if (terminal?.type === 'message_end' && terminal.stop_reason === 'end_turn') return undefined;
  const { red } = checkOf(id);
  if (terminal === undefined) return red('the turn ended without an end', stepFor('internal'));
  if (terminal.type === 'message_end') return red('the turn was interrupted', 'run it again');
  const { reason, step } = splitStep(terminal);
  return red(
    [`${terminal.kind}: ${reason}`, ...warnings].join('\n'),
    stepOf(terminal.kind, reason, step),
  );
};

/** The duration and the tokens of a turn, in words. */
const costOf = ({ ms, terminal }: TurnSummary): string => {
  const { input_tokens = 0, cached_input_tokens = 0, output_tokens = 0 } = terminal?.usage ?? {};
  return `The whole turn took ${ms} ms; tokens: ${input_tokens} in (${cached_input_tokens} cached), ${output_tokens} out`;
};

const answerOf = ({ text, warnings }: TurnSummary): string =>
  [`the answer begins: ${JSON.stringify(text.slice(0, SHOWN))}`, ...warnings].join('\n');

/** The only tool of the turn. It returns a word that the model cannot know. */
export const PROBE = {
  name: 'doctor_probe',
  description: 'Gives back the word of this test.',
  inputSchema: { type: 'object', properties: {}, additionalProperties: false },
} as const;

export const TOOLS_PROMPT = `This is a test of the connection. Call the tool ${PROBE.name} once, with no arguments, and use no other tool. Then answer with exactly the text that it gives back.`;

const TOOLS_STEP =
  'run it again, since a model may do something else; if that does not help, try the other "bridge" in config.json';

/**
 * Runs a real turn that has to call a tool over the bridge; the tool returns `word`. Emits one
 * check when the turn completes, then completes. The check is green when the call arrived and
 * `word` is in the recorded result of the call or in the answer. Fails when `run` fails.
 * Unsubscribe ends the turn.
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
      map((summary) => {
        const { green, red } = checkOf('tools');
        const problem = problemOf('tools', summary);
        if (problem !== undefined) return problem;
        const said = `${costOf(summary)}\n${answerOf(summary)}`;
        if (!calls.some(({ name }) => name === PROBE.name))
          return red(`the model called no tool over "${bridge}". ${said}`, TOOLS_STEP);
        return [summary.text, ...summary.outputs].some((text) => text.includes(word))
          ? green(`the call came over "${bridge}", and its result came back. ${said}`)
          : red(
              `the call came over "${bridge}", and its result did not come back. ${said}`,
              TOOLS_STEP,
            );
      }),
    );
  });

const BY_HAND = 'try the same by hand: codex exec --skip-git-repo-check "say ready"';

/** Kinds without a reason: their advice names this command. */
const REASONLESS: ReadonlySet<ErrorKind> = new Set([
  'internal',
  'process_died',
  'stream_interrupted',
]);

const stepOf = (kind: ErrorKind, reason: string, step = STEPS[kind]): string =>
  saysStep(reason)
    ? 'do what it says, then run doctor again'
    : step === STEPS[kind]
      ? stepFor(kind)
      : step;

/** What the operator can do about an error of this kind. */
export const stepFor = (kind: ErrorKind): string => (REASONLESS.has(kind) ? BY_HAND : STEPS[kind]);
