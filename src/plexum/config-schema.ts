import * as t from 'io-ts';
import { ConfigFile, folder, stringMap, strings, Whole } from './config.js';

/** What the README and an editor say of a key of `config.json`. */
interface ConfigKey {
  /** Markdown, one line. */
  readonly about: string;
  /** What holds when the key is not there: a value, or words where it depends on the machine. */
  readonly byDefault: { readonly value: unknown } | { readonly words: string };
  /** What the codec leaves to `parseConfig`. */
  readonly more?: Readonly<Record<string, unknown>>;
}

const value = (given: unknown): ConfigKey['byDefault'] => ({ value: given });

/** Every key but `$schema`, in the README's order. */
export const configKeys: Readonly<
  Record<Exclude<keyof typeof ConfigFile.props, '$schema'>, ConfigKey>
> = {
  binary: {
    byDefault: value('codex'),
    about:
      'codex: an absolute path, or a bare name that is looked up on PATH, which is short under systemd',
  },
  extra_args: {
    byDefault: value([]),
    about:
      'arguments for every codex, as `["-c", "model_reasoning_effort=\\"high\\""]`; not `--`, and none that is empty',
    more: { items: { type: 'string', not: { enum: ['--', ''] } } },
  },
  supported_models: { byDefault: value(['codex']), about: 'the model ids that the manifest shows' },
  model_args: {
    byDefault: value({}),
    about:
      'model id of the manifest → value of `--model`; an id that is not mapped is passed on as it is',
  },
  transport: {
    byDefault: value('exec'),
    about:
      '`"exec"`: a process for each turn; `"app-server"`: one warm process for all, which streams text as it is written',
  },
  app_server_required: {
    byDefault: value(false),
    about:
      'whether a turn fails when the app-server cannot start; otherwise `codex exec` runs it, with a warning',
  },
  app_server_idle_ms: {
    byDefault: value(600_000),
    about: 'milliseconds without a turn after which the app-server is ended',
  },
  bridge: {
    byDefault: value('http'),
    about:
      'how codex reaches the daemon\'s tools: `"http"` (no process of its own) or `"stdio"` (a relay process)',
  },
  bridge_required: {
    byDefault: value(false),
    about:
      'whether a turn fails when its tools cannot be offered; otherwise it goes on without them, with a warning',
  },
  tool_timeout_ms: {
    byDefault: value(600_000),
    about: 'milliseconds that a tool of the daemon may take, 1 to 2147483647',
  },
  first_event_timeout_ms: {
    byDefault: value(120_000),
    about: 'milliseconds from the start of codex to its first event; 0 is no limit',
  },
  idle_timeout_ms: {
    byDefault: value(600_000),
    about: 'milliseconds without an event while no tool runs; 0 is no limit',
  },
  command_timeout_ms: {
    byDefault: value(3_600_000),
    about: 'milliseconds without an event while a tool or command runs; 0 is no limit',
  },
  turn_timeout_ms: { byDefault: value(0), about: 'milliseconds for the whole turn; 0 is no limit' },
  grace_ms: { byDefault: value(5_000), about: 'milliseconds between SIGINT and SIGKILL' },
  max_concurrent_turns: {
    byDefault: { words: '2 for each core' },
    about:
      'turns that run at the same time; of those that wait, one of the agent with the fewest running is next',
  },
  max_line_bytes: {
    byDefault: value(134_217_728),
    about: 'bytes of the longest line of codex that is read; of a longer one only the size is kept',
  },
  record_dir: {
    byDefault: { words: 'none' },
    about:
      'a folder for the records of turns, absolute or from the folder of `config.json`; it is made when it is missing',
  },
};

/** The type of a key's codec, as JSON Schema has it. Throws for a codec that it does not know. */
const typeOf = (codec: t.Mixed): Record<string, unknown> => {
  if (codec instanceof Whole) return { type: 'integer', minimum: codec.least, maximum: codec.most };
  if (codec instanceof t.BooleanType) return { type: 'boolean' };
  if (codec instanceof t.StringType) return { type: 'string' };
  if (codec === folder) return { type: 'string', pattern: '^[^~\\u0000][^\\u0000]*$' };
  if (isKeyof(codec)) return { enum: Object.keys(codec.keys) };
  if (codec === strings) return { type: 'array', items: { type: 'string' } };
  if (codec === stringMap) return { type: 'object', additionalProperties: { type: 'string' } };
  throw new Error(`no schema for ${codec.name}`);
};

const isKeyof = (codec: t.Mixed): codec is t.KeyofC<Record<string, unknown>> =>
  codec instanceof t.KeyofType;

const propertyOf = (name: string, codec: t.Mixed): [string, unknown] => {
  const key = entries.get(name);
  if (key === undefined)
    return [
      name,
      { ...typeOf(codec), description: 'where this schema lies, for editors; it changes nothing' },
    ];
  const { about, byDefault, more } = key;
  return [
    name,
    {
      ...typeOf(codec),
      ...more,
      description: about,
      ...('value' in byDefault ? { default: byDefault.value } : {}),
    },
  ];
};
const entries = new Map<string, ConfigKey>(Object.entries(configKeys));

/** JSON Schema (draft-07, the newest that every editor takes) of `config.json`. */
export const configSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'config.json of plexum-openai-provider',
  description:
    'Every key is optional. A key that is not listed is ignored, with a warning in the log of the daemon.',
  type: 'object',
  properties: Object.fromEntries(
    Object.entries<t.Mixed>(ConfigFile.props).map(([name, codec]) => propertyOf(name, codec)),
  ),
  additionalProperties: true,
};
