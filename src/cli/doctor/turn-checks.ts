import { asyncScheduler, defer, map, type Observable, of, reduce, throwError } from 'rxjs';
import type { BridgePorts, HostCall } from '../../bridge/tool-bridge.js';
import type { Log } from '../../canonical/notice.js';
import {
  type ErrorKind,
  isTerminal,
  type Terminal,
  type TurnEvent,
} from '../../canonical/turn-event.js';
import { WHAT_A_LOGIN_SERVES } from '../../codex/events/failure.js';
import { redact } from '../../text/redact.js';
import { type Check, green, red } from './check.js';

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

/** What stands for the daemon in a turn of the doctor's own. */
export interface Stage {
  readonly callTool$: BridgePorts['callTool$'];
  readonly log: Log;
}

/** Runs a turn: see `runTurn`. */
export type Run = (stage: Stage) => Observable<TurnEvent>;

/** What a turn came to. */
export interface Watched {
  readonly terminal?: Terminal;
  readonly text: string;
  /** Milliseconds from the begin to the first text, and to the end. */
  readonly firstTextMs?: number;
  readonly ms: number;
  /** Outputs of tools, as codex recorded them. */
  readonly outputs: readonly string[];
  /** What the plugin would have told the daemon, from `notice` on. */
  readonly warnings: readonly string[];
}

/**
 * Runs a turn to its end. Emits once, with the completion of the turn; fails with it. Unsubscribe
 * ends it.
 */
export const watchTurn = (run: Run, callTool$: BridgePorts['callTool$']): Observable<Watched> =>
  defer(() => {
    const began = asyncScheduler.now();
    const since = (): number => asyncScheduler.now() - began;
    const warnings: string[] = [];
    const log: Log = (level, msg, fields) => {
      if (level !== 'debug' && level !== 'info')
        warnings.push(redact(fields === undefined ? msg : `${msg} ${JSON.stringify(fields)}`));
    };
    return run({ callTool$, log }).pipe(
      reduce((seen: Omit<Watched, 'ms' | 'warnings'>, event: TurnEvent) => {
        if (event.type === 'text_delta')
          return {
            ...seen,
            text: seen.text + event.text,
            firstTextMs: seen.firstTextMs ?? since(),
          };
        if (event.type === 'tool_result')
          return { ...seen, outputs: [...seen.outputs, event.output] };
        return isTerminal(event) ? { ...seen, terminal: event } : seen;
      }, NOTHING),
      map((seen) => ({ ...seen, ms: since(), warnings })),
    );
  });

const NOTHING: Omit<Watched, 'ms' | 'warnings'> = { text: '', outputs: [] };

const LOGIN = 'log codex in ("codex login") as the user of the daemon, with its CODEX_HOME';

const ACCOUNT = 'wait, or use another account or plan';

const BY_HAND = 'try the same by hand: codex exec --skip-git-repo-check "say ready"';

const steps: Readonly<Partial<Record<ErrorKind, string>>> = {
  auth: LOGIN,
  rate_limit: ACCOUNT,
  usage_limit: ACCOUNT,
  quota: ACCOUNT,
  model_unsupported: WHAT_A_LOGIN_SERVES,
  overloaded: 'try again later',
  network: 'see whether this machine reaches the provider: DNS, proxy (HTTPS_PROXY), firewall',
  config: "correct extra_args in config.json, or codex's own config.toml",
  binary: 'install codex, or set "binary" in config.json to its absolute path',
  mcp_startup:
    "see the reason: the bridge of config.json, or an MCP server that codex's config.toml calls required",
  timeout:
    'see whether this machine reaches the provider, or raise the limit that it names in config.json',
};

/** What to do after a turn that failed. */
export const stepFor = (kind: ErrorKind): string => steps[kind] ?? BY_HAND;
