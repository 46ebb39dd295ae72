import path from 'node:path';
import type { Readable } from 'node:stream';
import { isLeft } from 'fp-ts/lib/Either.js';
import {
  defaultIfEmpty,
  defer,
  finalize,
  map,
  merge,
  mergeMap,
  type Observable,
  of,
  scan,
  skip,
  startWith,
  take,
  takeLast,
  takeUntil,
  takeWhile,
} from 'rxjs';
import { modelFlag } from '../../codex/exec/model-flag.js';
import { readable } from '../../lines/readable.js';
import { loadConfig } from '../../plexum/config.js';
import { EXECUTABLE } from '../../plexum/methods.js';
import { configFile } from '../../plexum/profile.js';
import { exitOnSignal, terminate$ } from '../../process/exit-signals.js';
import type { Cancel } from '../../process/run.js';
import { replayDuring } from '../../streams/replay-during.js';
import { MAX_PROMPT_CHARS } from '../../turn/prompt.js';
import { type Command, wantsColor } from '../command.js';
import { type SayArguments, sayArguments } from './arguments.js';
import { createConsole } from './console.js';
import { sayTurn } from './say-turn.js';
import type { ScreenOptions } from './screen.js';
import { readTools } from './tools-file.js';

const HELP = `Usage: ${EXECUTABLE} say [options] ["text"]

One turn of codex without a daemon. Its text goes to stdout as it comes, everything else to stderr. Without a text, or with "-", the text is read from stdin.

Options:
  --workspace FOLDER  where codex works, and whose thread goes on (default: this folder)
  --agent-id ID       the agent (default: say)
  --model ID          a model id as the daemon would give it (default: codex's own choice)
  --new               begin a new thread; it takes the place of the workspace's
  --tools FILE        tools for the model: [{"name", "description", "inputSchema", "command": ["program", "argument", …]}, …]
                      a command gets the arguments of the call as JSON on stdin; its stdout is the result
  --json              print the canonical events, one a line, instead of the text
  --thinking          print the model's thinking on stderr
  --record FILE       append everything that happens to a file, with times
  -h, --help          print this

Ctrl-C ends the turn; a second one leaves at once. Exit code: 0 completed, 1 failed, 130 cancelled.
`;

/** `say`: one turn without a daemon. */
export const say: Command = (args) =>
  defer(() => {
    const asked = sayArguments(args, process.cwd());
    if (isLeft(asked)) return refused(`${asked.left}; see say --help`);
    if (!asked.right.help) return begun(asked.right);
    process.stdout.write(HELP);
    return of(0);
  });

const begun = (asked: SayArguments): Observable<number> => {
  const loaded = loadConfig(configFile(process.env));
  if (isLeft(loaded)) return refused(loaded.left);
  const tools = asked.tools === undefined ? undefined : readTools(path.resolve(asked.tools));
  if (tools !== undefined && isLeft(tools)) return refused(tools.left);
  const flag = modelFlag(asked.modelId, loaded.right.config.modelArgs);
  if ('refused' in flag) return refused(flag.refused);
  if (asked.text === undefined && process.stdin.isTTY)
    return refused('there is no text; see say --help');
  const { config, warnings } = loaded.right;
  const output = createConsole(process.stdout, process.stderr);
  const turn = (text: string, cancel$: Observable<Cancel>): Observable<number> =>
    sayTurn(
      { ...asked, model: flag.model, text, images: [], tools: tools?.right ?? [] },
      { config, warnings, isNew: asked.isNew, record: asked.record, tools: tools?.right ?? [] },
      cancel$,
      { ...output, look: lookOf(asked) },
    );
  const stop$ = merge(terminate$, output.closed$);
  const cancel$ = stop$.pipe(
    take(1),
    map((): Cancel => ({ reason: 'host', graceMs: config.graceMs })),
  );
  // Replayed for the turn and the tools, which start later.
  const code$ = replayDuring(cancel$, (replayed$) => answered(asked.text, turn, replayed$)).pipe(
    takeUntil(stop$.pipe(skip(1))),
  );
  return code$.pipe(
    defaultIfEmpty(undefined),
    // Cut off: with this process goes, by its exit handlers, all that it has started.
    map((code) => code ?? process.exit(CANCELLED)),
    finalize(exitOnSignal),
  );
};

/** Of a terminal that has not told its size. */
const UNKNOWN_COLUMNS = 80;

const lookOf = ({ json, thinking }: SayArguments): ScreenOptions => {
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

/** What a shell gives a program that Ctrl-C has ended. */
const CANCELLED = 130;

/** Has the text answered, once it is known. Emits the exit code. */
const answered = (
  text: string | undefined,
  turn: (text: string, cancel$: Observable<Cancel>) => Observable<number>,
  cancel$: Observable<Cancel>,
): Observable<number> =>
  (text !== undefined && text !== '-' ? of(text) : stdinText(cancel$)).pipe(
    mergeMap((known) =>
      known.trim() === '' ? refused('the text is empty') : turn(known, cancel$),
    ),
    defaultIfEmpty(CANCELLED),
  );

/** Empty when it is cancelled. Whoever writes to stdin is not waited for. */
const stdinText = (cancel$: Observable<unknown>): Observable<string> =>
  readText(process.stdin).pipe(
    takeUntil(cancel$),
    finalize(() => process.stdin.destroy()),
  );

const refused = (message: string): Observable<number> =>
  defer(() => {
    process.stderr.write(`${EXECUTABLE}: ${message}\n`);
    return of(1);
  });

/** Bytes that are too many for any prompt: four a character, and a line feed. */
const TOO_MANY = 4 * MAX_PROMPT_CHARS + 3;

/**
 * All of a stream as text, without the line feed at its end; of what is too long for a prompt only
 * so much is read that it shows. Emits once and completes; does not fail.
 */
export const readText = (stream: Readable): Observable<string> =>
  readable(stream).pipe(
    scan(
      ({ chunks, size }: Read, chunk) => ({
        chunks: [...chunks, chunk],
        size: size + chunk.length,
      }),
      NOTHING,
    ),
    startWith(NOTHING),
    takeWhile(({ size }) => size < TOO_MANY, true),
    takeLast(1),
    map(({ chunks }) =>
      Buffer.concat(chunks)
        .toString('utf8')
        .replace(/\r?\n$/, ''),
    ),
  );

interface Read {
  readonly chunks: readonly Uint8Array[];
  readonly size: number;
}

const NOTHING: Read = { chunks: [], size: 0 };
