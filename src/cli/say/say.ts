import path from 'node:path';
import { isLeft, right } from 'fp-ts/lib/Either.js';
import {
  defaultIfEmpty,
  defer,
  finalize,
  map,
  merge,
  mergeMap,
  type Observable,
  of,
  skip,
  take,
  takeUntil,
} from 'rxjs';
import { modelFlag } from '../../codex/exec/model-flag.js';
import { loadConfig } from '../../plexum/config.js';
import { EXECUTABLE } from '../../plexum/methods.js';
import { configFile } from '../../plexum/profile.js';
import { exitOnSignal, terminate$ } from '../../process/exit-signals.js';
import type { Cancel } from '../../process/run.js';
import { replayDuring } from '../../streams/replay-during.js';
import { printable } from '../../text/printable.js';
import { type Command, wantsColor } from '../command.js';
import { type SayArguments, sayArguments } from './arguments.js';
import { createConsole } from './console.js';
import { readText } from './read-text.js';
import { sayTurn } from './say-turn.js';
import { readSchema } from './schema-option.js';
import type { ScreenOptions } from './screen.js';
import { readTools } from './tools-file.js';

const HELP = `Usage: ${EXECUTABLE} say [options] ["text"]

Runs one turn of codex without a daemon. Writes the text to stdout as it arrives and everything else to stderr. Without a text, or with "-", reads the text from stdin.

Options:
  --workspace FOLDER  the folder that codex works in, and whose thread the turn resumes (default: this folder)
  --agent-id ID       the agent (default: say)
  --model ID          a model id of the manifest (default: codex's own choice)
  --new               begin a new thread, which replaces the thread of the workspace
  --tools FILE        tools that the model may call: [{"name", "description", "inputSchema", "command": ["program", "argument", …]}, …]
                      a command reads the arguments of the call as JSON on stdin; its stdout is the result
  --schema FILE       a JSON Schema: print the answer as JSON that fits it; exit code 1 when it does not
  --json              print one canonical event per line instead of the text
  --thinking          print the model's thinking on stderr
  --record FILE       append everything that happens to FILE, with times
  -h, --help          print this

Ctrl-C cancels the turn; a second Ctrl-C exits at once. Exit code: 0 completed, 1 failed, 130 cancelled.
`;

/**
 * `say`: runs one turn without a daemon. Emits the exit code when the turn has completed, then
 * completes. The first signal cancels the turn; the second one exits the process.
 */
export const say: Command = (args) =>
  defer(() => {
    const asked = sayArguments(args, process.cwd());
    if (isLeft(asked)) return refuse(`${asked.left}; see say --help`);
    if (!asked.right.help) return start(asked.right);
    process.stdout.write(HELP);
    return of(0);
  });

const start = (asked: SayArguments): Observable<number> => {
  const loaded = loadConfig(configFile(process.env));
  if (isLeft(loaded)) return refuse(loaded.left);
  const tools = asked.tools === undefined ? right([]) : readTools(path.resolve(asked.tools));
  if (isLeft(tools)) return refuse(tools.left);
  const schema =
    asked.schema === undefined ? right(undefined) : readSchema(path.resolve(asked.schema));
  if (isLeft(schema)) return refuse(schema.left);
  const flag = modelFlag(asked.modelId, loaded.right.config.modelArgs);
  if ('refused' in flag) return refuse(flag.refused);
  if (asked.text === undefined && process.stdin.isTTY)
    return refuse('there is no text; see say --help');
  const { config, warnings } = loaded.right;
  const output = createConsole(process.stdout, process.stderr);
  const given = { ...asked, outputSchema: schema.right, images: [], tools: tools.right };
  const turn = (text: string, cancel$: Observable<Cancel>): Observable<number> =>
    sayTurn(
      { ...given, text, model: flag.model, modelArgs: flag.args },
      { config, warnings, isNew: asked.isNew, record: asked.record, tools: tools.right },
      cancel$,
      { ...output, screen: screenOptions(asked) },
    );
  const stop$ = merge(terminate$, output.closed$);
  const cancel$ = stop$.pipe(
    take(1),
    map((): Cancel => ({ reason: 'host', graceMs: config.graceMs })),
  );
  // Replayed for the turn and its tools, which start later.
  const code$ = replayDuring(cancel$, (replayed$) => answer(asked.text, turn, replayed$)).pipe(
    takeUntil(stop$.pipe(skip(1))),
  );
  return code$.pipe(
    defaultIfEmpty(undefined),
    // No exit code: a second signal. The exit handlers kill every process that was started.
    map((code) => code ?? process.exit(CANCELLED)),
    finalize(exitOnSignal),
  );
};

/** The width of a terminal that reports none. */
const UNKNOWN_COLUMNS = 80;

const screenOptions = ({ json, thinking }: SayArguments): ScreenOptions => {
  const { env, stdout, stderr } = process;
  return {
    json,
    thinking,
    stdout: stdout.isTTY,
    stderr: stderr.isTTY && env['TERM'] !== 'dumb',
    colour: wantsColor(stderr.isTTY, env),
    columns: () => stderr.columns || UNKNOWN_COLUMNS,
  };
};

/** The exit code of a shell for a program that Ctrl-C ended. */
const CANCELLED = 130;

/** Runs the turn once its text is known. Emits the exit code. */
const answer = (
  text: string | undefined,
  turn: (text: string, cancel$: Observable<Cancel>) => Observable<number>,
  cancel$: Observable<Cancel>,
): Observable<number> =>
  (text !== undefined && text !== '-' ? of(text) : stdinText(cancel$)).pipe(
    mergeMap((known) => (known.trim() === '' ? refuse('the text is empty') : turn(known, cancel$))),
    defaultIfEmpty(CANCELLED),
  );

/** Emits the text of stdin; completes without a value when `cancel$` emits first. */
const stdinText = (cancel$: Observable<unknown>): Observable<string> =>
  readText(process.stdin).pipe(
    takeUntil(cancel$),
    finalize(() => process.stdin.destroy()),
  );

const refuse = (message: string): Observable<number> =>
  defer(() => {
    process.stderr.write(printable(`${EXECUTABLE}: ${message}\n`));
    return of(1);
  });
