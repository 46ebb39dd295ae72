import path from 'node:path';
import { parseArgs } from 'node:util';
import { type Either, left, right } from 'fp-ts/lib/Either.js';
import { reasonOf } from '../../text/explain.js';

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
  readonly help: boolean;
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
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** Parses the arguments of `say`. Left: why they are rejected. */
export const sayArguments = (
  args: readonly string[],
  cwd: string,
): Either<string, SayArguments> => {
  const read = parse(args);
  if (typeof read === 'string') return left(read);
  const { values, positionals } = read;
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
    help: values.help,
    text,
  });
};

const parse = (args: readonly string[]) => {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    const [sentence = ''] = reasonOf(error).split(/[.\n]/);
    return sentence.startsWith('Unknown option')
      ? `${sentence.replace('Unknown', 'unknown')}; a text that begins with "-" goes after "--"`
      : sentence;
  }
};
