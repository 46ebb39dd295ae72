import path from 'node:path';
import { isLeft, right } from 'fp-ts/lib/Either.js';
import {
  defaultIfEmpty,
  defer,
  finalize,
  from,
  map,
  merge,
  mergeMap,
  type Observable,
  of,
  skip,
  take,
  takeUntil,
} from 'rxjs';
import { warmUp } from '../../codex/exec/find-codex.js';
import { type ModelChoice, modelFlag } from '../../codex/exec/model-flag.js';
import { type LoadedConfig, loadConfig } from '../../plexum/config.js';
import { EXECUTABLE } from '../../plexum/methods.js';
import { configFile } from '../../plexum/profile.js';
import { exitOnSignal, terminate$ } from '../../process/exit-signals.js';
import type { Cancel } from '../../process/run.js';
import { replayDuring } from '../../streams/replay-during.js';
import { turnEnd$ } from '../../streams/turn-end.js';
import { printable } from '../../text/printable.js';
import { type Command, INTERRUPTED, MISUSED, printed, refuseArguments } from '../command.js';
import { SAY_HELP, type SayArguments, sayArguments } from './arguments.js';
import { createConsole } from './console.js';
import { readText } from './read-text.js';
import { type AnswerSchema, compileSchema } from './schema-option.js';
import { screenOptions } from './screen-options.js';
import { type CommandTool, readTools } from './tools-file.js';

/**
 * `say`: runs one turn without a daemon. Emits the exit code when the turn has completed, then
 * completes. The first signal cancels the turn; the second one exits the process.
 */
export const say: Command = (args) =>
  defer(() => {
    const asked = sayArguments(args, process.cwd());
    if (isLeft(asked)) return refuseArguments('say', asked.left);
    return asked.right === 'help' ? printed(process.stdout, SAY_HELP, 0) : start(asked.right);
  });

const start = (asked: SayArguments): Observable<number> => {
  const loaded = loadConfig(configFile(process.env));
  if (isLeft(loaded)) return refuse(loaded.left, 1);
  const tools = asked.tools === undefined ? right([]) : readTools(path.resolve(asked.tools));
  if (isLeft(tools)) return refuse(tools.left);
  const flag = modelFlag(asked.modelId, loaded.right.config.modelArgs);
  if ('refused' in flag) return refuse(flag.refused);
  if (asked.text === undefined && process.stdin.isTTY)
    return refuseArguments('say', 'there is no text');
  const setup = { ...loaded.right, choice: flag, tools: tools.right };
  return asked.schema === undefined
    ? run(asked, setup)
    : compileSchema(path.resolve(asked.schema)).pipe(
        mergeMap((schema) =>
          isLeft(schema) ? refuse(schema.left) : run(asked, setup, schema.right),
        ),
      );
};

/** What the arguments name, read and checked. */
interface Setup extends LoadedConfig {
  readonly choice: ModelChoice;
  readonly tools: readonly CommandTool[];
}

const run = (asked: SayArguments, setup: Setup, answered?: AnswerSchema): Observable<number> => {
  const { config, tools, choice } = setup;
  const output = createConsole(process.stdout, process.stderr);
  const warnings = [...setup.warnings, ...(answered?.warnings ?? [])];
  const turn = (text: string, cancel$: Observable<Cancel>): Observable<number> =>
    from(import('./say-turn.js')).pipe(
      mergeMap(({ sayTurn }) =>
        sayTurn(
          {
            ...asked,
            text,
            images: [],
            tools,
            model: choice.model,
            modelArgs: choice.args,
            outputSchema: answered?.schema,
          },
          { ...asked, config, warnings, tools, misfit: answered?.misfit },
          cancel$,
          { ...output, screen: screenOptions(asked) },
        ),
      ),
    );
  const stop$ = merge(terminate$, output.closed$);
  const cancel$ = stop$.pipe(
    take(1),
    map((): Cancel => ({ reason: 'host', graceMs: config.graceMs })),
  );
  // Replayed for the turn and its tools, which start later.
  // A codex that has to be asked for its version says it while the turn is loaded.
  const code$ = merge(
    warmUp(config.binary, process.env),
    replayDuring(cancel$, (replayed$) =>
      turnEnd$.pipe(mergeMap(() => answer(asked.text, turn, replayed$))),
    ),
  ).pipe(takeUntil(stop$.pipe(skip(1))));
  return code$.pipe(
    defaultIfEmpty(undefined),
    // No exit code: a second signal. The exit handlers kill every process that was started.
    map((code) => code ?? process.exit(INTERRUPTED)),
    finalize(exitOnSignal),
  );
};

/** Runs the turn once its text is known. Emits the exit code. */
const answer = (
  text: string | undefined,
  turn: (text: string, cancel$: Observable<Cancel>) => Observable<number>,
  cancel$: Observable<Cancel>,
): Observable<number> =>
  (text !== undefined && text !== '-' ? of(text) : stdinText(cancel$)).pipe(
    mergeMap((known) => (known.trim() === '' ? refuse('the text is empty') : turn(known, cancel$))),
    defaultIfEmpty(INTERRUPTED),
  );

/** Emits the text of stdin; completes without a value when `cancel$` emits first. */
const stdinText = (cancel$: Observable<unknown>): Observable<string> =>
  readText(process.stdin).pipe(
    takeUntil(cancel$),
    finalize(() => process.stdin.destroy()),
  );

const refuse = (message: string, code = MISUSED): Observable<number> =>
  printed(process.stderr, printable(`${EXECUTABLE}: ${message}\n`), code);
