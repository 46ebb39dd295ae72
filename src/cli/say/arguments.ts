import path from 'node:path';
import { type Either, isLeft, left, right } from 'fp-ts/lib/Either.js';
import { EXECUTABLE } from '../../plexum/methods.js';
import { readCommandLine } from '../command-line.js';

/** What `say --help` prints. */
export const SAY_HELP = `Usage: ${EXECUTABLE} say [options] ["text"]

Runs one turn of codex without a daemon. Writes the text to stdout as it arrives and everything else to stderr. Without a text, or with "-", reads the text from stdin.

Options:
  --workspace FOLDER  the folder that codex works in, and whose thread the turn resumes (default: this folder)
  --agent-id ID       the agent (default: say)
  --model ID          a model id of the manifest (default: codex's own choice)
  --new               begin a new thread, which replaces the thread of the workspace
  --tools FILE        tools that the model may call: [{"name", "description", "inputSchema", "command": ["program", "argument", …]}, …]
                      a command reads the arguments of the call as JSON on stdin; its stdout is the result
  --schema FILE       a JSON Schema: print the answer as JSON that fits it; exit code 1 when it does not
                      (the API of OpenAI takes objects with "additionalProperties": false and every property in "required")
  --json              print one canonical event per line instead of the text
  --thinking          print the model's thinking on stderr
  --record FILE       append everything that happens to FILE, with times
  -h, --help          print this

Ctrl-C cancels the turn; a second Ctrl-C exits at once. Exit code: 0 completed, 1 failed, 2 wrong arguments, 130 cancelled.
`;

/** The arguments of `say`. */
export interface SayArguments {
  readonly agentId: string;
  /** Absolute path. */
  readonly workspace: string;
  /** The Plexum model id. "codex" is codex's own choice. */
  readonly modelId: string;
  /** Paths of files as they were given. */
  readonly tools: string | undefined;
  readonly schema: string | undefined;
  readonly record: string | undefined;
  readonly isNew: boolean;
  readonly json: boolean;
  readonly thinking: boolean;
  /** The text of the turn; "-" or `undefined` to read it from stdin. */
  readonly text: string | undefined;
}

const options = {
  'agent-id': { type: 'string', default: 'say' },
  workspace: { type: 'string', default: '.' },
  model: { type: 'string', default: 'codex' },
  tools: { type: 'string' },
  schema: { type: 'string' },
  record: { type: 'string' },
  new: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  thinking: { type: 'boolean', default: false },
} as const;

/** Parses the arguments of `say`. Left: why they are rejected. */
export const sayArguments = (
  args: readonly string[],
  cwd: string,
): Either<string, 'help' | SayArguments> => {
  const read = readCommandLine({ args: [...args], options, allowPositionals: true });
  if (isLeft(read)) return left(withDash(read.left));
  if (read.right === 'help') return right('help');
  const { values, positionals } = read.right;
  const empty = Object.entries(values).find(
    ([, value]) => typeof value === 'string' && (value === '' || value.includes('\0')),
  );
  if (empty !== undefined) return left(`--${empty[0]} needs a value`);
  const [text, ...more] = positionals;
  if (more.length > 0)
    return left(
      `one text is said in a turn, and these are ${positionals.length}: put it in quotes`,
    );
  if (text?.trim() === '') return left('the text is empty');
  return right({
    agentId: values['agent-id'],
    workspace: path.resolve(cwd, values.workspace),
    modelId: values.model,
    tools: values.tools,
    schema: values.schema,
    record: values.record,
    isNew: values.new,
    json: values.json,
    thinking: values.thinking,
    text,
  });
};

const withDash = (why: string): string =>
  why.startsWith('unknown option') ? `${why}; a text that begins with "-" goes after "--"` : why;
