import { type Either, isLeft } from 'fp-ts/lib/Either.js';
import { redact } from '../../lines/redact.js';
import { type Config, defaultConfig, type LoadedConfig } from '../../plexum/config.js';
import { type Check, green, red, yellow } from './check.js';

/**
 * The settings by their keys in config.json; one that is not set and has no fixed default says what
 * it comes to.
 */
const settings = (config: Config): Readonly<Record<string, unknown>> => ({
  binary: config.binary,
  extra_args: config.extraArgs,
  supported_models: config.supportedModels,
  model_args: config.modelArgs,
  transport: config.transport,
  app_server_required: config.appServerRequired,
  app_server_idle_ms: config.appServerIdleMs,
  bridge: config.bridge,
  bridge_required: config.bridgeRequired,
  tool_timeout_ms: config.toolTimeoutMs,
  first_event_timeout_ms: config.deadlines.firstEvent,
  idle_timeout_ms: config.deadlines.idle,
  command_timeout_ms: config.deadlines.command,
  turn_timeout_ms: config.deadlines.turn,
  grace_ms: config.graceMs,
  max_concurrent_turns: config.maxConcurrentTurns ?? '2 for each core',
  max_line_bytes: config.maxLineBytes,
  record_dir: config.recordDir ?? 'none',
});

const lines = (config: Config): string[] => {
  const defaults = settings(defaultConfig);
  return Object.entries(settings(config)).map(([key, value]) => {
    const text = JSON.stringify(value);
    return `${key} = ${redact(text)}${text === JSON.stringify(defaults[key]) ? ' (default)' : ''}`;
  });
};

/** config.json: whether it can be read, and every setting with its value. */
export const checkConfig = (
  file: string,
  isThere: boolean,
  loaded: Either<string, LoadedConfig>,
): Check => {
  const title = 'config';
  if (isLeft(loaded))
    return red(
      'config',
      title,
      redact(loaded.left),
      `mend ${file}; no turn runs before. What is said below holds for the defaults`,
    );
  const { config, warnings } = loaded.right;
  const values = [isThere ? file : `${file} does not exist, which is fine`, ...lines(config)];
  return warnings.length === 0
    ? green('config', title, values.join('\n'))
    : yellow('config', title, values.join('\n'), warnings.map(redact).join('\n'));
};
