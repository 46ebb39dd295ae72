import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Either, isLeft, left, right } from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { explain, reasonOf } from '../text/explain.js';

export const strings = new t.Type<string[], string[], unknown>(
  'array of strings',
  t.array(t.string).is,
  t.array(t.string).validate,
  t.identity,
);
export const stringMap = new t.Type<Record<string, string>, Record<string, string>, unknown>(
  'object with string values',
  t.record(t.string, t.string).is,
  t.record(t.string, t.string).validate,
  t.identity,
);

/** Whole numbers within bounds, these included. */
export class Whole extends t.Type<number> {
  readonly least: number;
  readonly most: number;

  constructor(unit: string, least: number, most: number) {
    const is = (value: unknown): value is number =>
      typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
    const name = `whole ${unit} from ${least} to ${most}`;
    super(
      name,
      is,
      (value, context) => (is(value) ? t.success(value) : t.failure(value, context)),
      t.identity,
    );
    this.least = least;
    this.most = most;
  }
}

/** The longest that a timer can wait: 24.8 days. */
const MAX_MS = 2 ** 31 - 1;
const milliseconds = (least: 0 | 1) => new Whole('milliseconds', least, MAX_MS);

/** The longest text that V8 can hold. */
const MAX_LINE_BYTES = 2 ** 29 - 24;

const isFolder = (value: unknown): value is string =>
  typeof value === 'string' && /^[^~\0][^\0]*$/.test(value);
export const folder = new t.Type<string, string, unknown>(
  'path of a folder ("~" is not expanded)',
  isFolder,
  (value, context) => (isFolder(value) ? t.success(value) : t.failure(value, context)),
  t.identity,
);

/** What an operator may write into `config.json`. Every key is optional. */
export const ConfigFile = t.partial({
  $schema: t.string,
  binary: t.string,
  extra_args: strings,
  supported_models: strings,
  model_args: stringMap,
  transport: t.keyof({ exec: null, 'app-server': null }, '"exec" or "app-server"'),
  app_server_required: t.boolean,
  app_server_idle_ms: milliseconds(0),
  bridge: t.keyof({ http: null, stdio: null }, '"http" or "stdio"'),
  bridge_required: t.boolean,
  tool_timeout_ms: milliseconds(1),
  first_event_timeout_ms: milliseconds(0),
  idle_timeout_ms: milliseconds(0),
  command_timeout_ms: milliseconds(0),
  turn_timeout_ms: milliseconds(0),
  grace_ms: milliseconds(0),
  max_concurrent_turns: new Whole('turns', 1, 1_000),
  max_line_bytes: new Whole('bytes', 1, MAX_LINE_BYTES),
  record_dir: folder,
});

/** The configuration, with its defaults. */
export interface Config {
  /** A bare name, looked up on PATH, or an absolute path. */
  readonly binary: string;
  /** Arguments for every `codex exec`. */
  readonly extraArgs: readonly string[];
  /** Plexum model ids that the manifest shows. */
  readonly supportedModels: readonly string[];
  /** Plexum model id to the value of `--model`. */
  readonly modelArgs: Readonly<Record<string, string>>;
  /** A process of `codex exec` for each turn, or one `codex app-server` for all. */
  readonly transport: 'exec' | 'app-server';
  /** Whether a turn fails when the app-server cannot start; else it is run by `codex exec`. */
  readonly appServerRequired: boolean;
  /** Milliseconds without a turn after which the app-server is ended. */
  readonly appServerIdleMs: number;
  /** How codex reaches the host's tools. */
  readonly bridge: 'http' | 'stdio';
  /** Whether a turn fails when its tools cannot be offered. */
  readonly bridgeRequired: boolean;
  /** Milliseconds that a tool of the host may take. */
  readonly toolTimeoutMs: number;
  /** Milliseconds after which a turn is ended; 0 is never. */
  readonly deadlines: {
    readonly firstEvent: number;
    readonly idle: number;
    readonly command: number;
    readonly turn: number;
  };
  /** Milliseconds between SIGINT and SIGKILL. */
  readonly graceMs: number;
  /** Turns that run at the same time; twice as many as there are cores when it is not given. */
  readonly maxConcurrentTurns?: number;
  /** Bytes of the longest line of codex that is read. */
  readonly maxLineBytes: number;
  /** Absolute path of the folder for the records of turns; without one none is kept. */
  readonly recordDir?: string;
}

export interface LoadedConfig {
  readonly config: Config;
  /** What is odd and does no harm, a sentence each. */
  readonly warnings: readonly string[];
}

/** What counts where `config.json` says nothing. */
export const defaultConfig: Config = {
  binary: 'codex',
  extraArgs: [],
  supportedModels: ['codex'],
  modelArgs: {},
  transport: 'exec',
  appServerRequired: false,
  appServerIdleMs: 600_000,
  bridge: 'http',
  bridgeRequired: false,
  toolTimeoutMs: 600_000,
  deadlines: { firstEvent: 120_000, idle: 600_000, command: 3_600_000, turn: 0 },
  graceMs: 5_000,
  maxLineBytes: 128 * 1024 * 1024,
};

/**
 * Reads a config file; one that is absent is the default. Left: the file and the reason, in one
 * sentence.
 */
export const loadConfig = (file: string): Either<string, LoadedConfig> => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      return right({ config: defaultConfig, warnings: [] });
    return left(`${file} cannot be read: ${String(error)}`);
  }
  return parseConfig(file, text);
};

/** Reads the text of a config file, see `loadConfig`. */
export const parseConfig = (file: string, text: string): Either<string, LoadedConfig> => {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    return left(`${file} is not JSON: ${reasonOf(error)}`);
  }
  if (!t.UnknownRecord.is(value) || Array.isArray(value))
    return left(
      `${file}: expected an object, got ${Array.isArray(value) ? 'an array' : JSON.stringify(value)}`,
    );
  const read = ConfigFile.decode(value);
  if (isLeft(read)) return left(`${file}: ${explain(read.left)}`);
  const {
    binary,
    extra_args,
    supported_models,
    model_args,
    bridge,
    bridge_required,
    tool_timeout_ms,
    ...limits
  } = read.right;
  if (extra_args?.some((arg) => arg === '--' || arg === ''))
    return left(`${file}: extra_args: "--" and "" would take the place of the prompt`);
  return right({
    config: {
      binary: binary ?? defaultConfig.binary,
      extraArgs: extra_args ?? defaultConfig.extraArgs,
      supportedModels: supported_models ?? defaultConfig.supportedModels,
      modelArgs: model_args ?? defaultConfig.modelArgs,
      transport: limits.transport ?? defaultConfig.transport,
      appServerRequired: limits.app_server_required ?? defaultConfig.appServerRequired,
      appServerIdleMs: limits.app_server_idle_ms ?? defaultConfig.appServerIdleMs,
      bridge: bridge ?? defaultConfig.bridge,
      bridgeRequired: bridge_required ?? defaultConfig.bridgeRequired,
      toolTimeoutMs: tool_timeout_ms ?? defaultConfig.toolTimeoutMs,
      deadlines: {
        firstEvent: limits.first_event_timeout_ms ?? defaultConfig.deadlines.firstEvent,
        idle: limits.idle_timeout_ms ?? defaultConfig.deadlines.idle,
        command: limits.command_timeout_ms ?? defaultConfig.deadlines.command,
        turn: limits.turn_timeout_ms ?? defaultConfig.deadlines.turn,
      },
      graceMs: limits.grace_ms ?? defaultConfig.graceMs,
      maxLineBytes: limits.max_line_bytes ?? defaultConfig.maxLineBytes,
      ...(limits.max_concurrent_turns === undefined
        ? {}
        : { maxConcurrentTurns: limits.max_concurrent_turns }),
      // Beside the config file, when it is relative.
      ...(limits.record_dir === undefined
        ? {}
        : { recordDir: path.resolve(path.dirname(file), limits.record_dir) }),
    },
    warnings: [
      ...unknownKeys(value, file),
      ...deafMapping(model_args, file),
      ...deafProfile(extra_args, file),
    ],
  });
};

const unknownKeys = (value: Readonly<Record<string, unknown>>, file: string): string[] =>
  Object.keys(value)
    .filter((key) => !Object.hasOwn(ConfigFile.props, key))
    .map(
      (key) =>
        `${file}: the key ${JSON.stringify(key)} is not known and is ignored; known keys are ${Object.keys(ConfigFile.props).join(', ')}`,
    );

const deafMapping = (modelArgs: Record<string, string> | undefined, file: string): string[] =>
  modelArgs !== undefined && Object.hasOwn(modelArgs, 'codex')
    ? [`${file}: model_args.codex is ignored, "codex" is always codex's own choice of model`]
    : [];

/** A profile may choose a sandbox, and whether it does is known to codex only. */
const deafProfile = (extraArgs: readonly string[] = [], file: string): string[] =>
  extraArgs.some((arg) => /^(-p|--profile)/.test(arg)) &&
  !extraArgs.some((arg) => /^(-s|--sandbox)/.test(arg))
    ? [
        `${file}: a sandbox that the profile in extra_args chooses does not count; add "--sandbox" with its mode to extra_args if it should`,
      ]
    : [];
