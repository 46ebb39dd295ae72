import * as t from 'io-ts';
import {
  argumentSchema,
  argumentsMap,
  folder,
  milliseconds,
  strings,
  Whole,
} from './config-codecs.js';
import { optional, setting } from './config-setting.js';
import { conversationSettings } from './conversation-settings.js';
import { deadlineSettings } from './deadline-settings.js';

/** The longest string of V8, in bytes of ASCII. */
const MAX_LINE_BYTES = 2 ** 29 - 24;

/** The key by which editors find the JSON Schema. It is no setting. */
export const schemaSetting = optional({
  key: '$schema',
  codec: t.string,
  unset: 'none',
  about: 'the location of this schema, for editors; it changes nothing',
});

/**
 * Every key of `config.json` but `$schema`, in the order of the documentation, by its name in
 * `Config`. The codec, the defaults, the JSON Schema and the documentation are derived from it.
 */
export const settings = {
  binary: setting({
    key: 'binary',
    codec: t.string,
    default: 'codex',
    about:
      'the codex executable: an absolute path, or a name that is looked up on PATH; under systemd PATH is short',
  }),
  extraArgs: setting({
    key: 'extra_args',
    codec: strings,
    default: [],
    about:
      'arguments for every codex process, for example `["-c", "model_reasoning_effort=\\"high\\""]`; an argument that codex would refuse in every turn is an error of the config',
    schema: { items: argumentSchema },
  }),
  supportedModels: setting({
    key: 'supported_models',
    codec: strings,
    default: ['codex'],
    about: 'the model ids in the manifest',
  }),
  modelArgs: setting({
    key: 'model_args',
    codec: argumentsMap,
    default: {},
    about:
      'maps a model id of the manifest to the value of `--model`, or to a list of arguments for its turns; an id without an entry is passed unchanged',
  }),
  transport: setting({
    key: 'transport',
    codec: t.keyof({ exec: null, 'app-server': null }, '"exec" or "app-server"'),
    default: 'exec',
    about:
      '`"exec"`: one process per turn; `"app-server"`: one warm process for all turns, which streams text as it is written',
  }),
  appServerRequired: setting({
    key: 'app_server_required',
    codec: t.boolean,
    default: false,
    about:
      'whether a turn fails when the app-server cannot start; otherwise `codex exec` runs the turn, with a warning',
  }),
  appServerIdleMs: setting({
    key: 'app_server_idle_ms',
    codec: milliseconds(0),
    default: 600_000,
    about: 'milliseconds without a turn after which the app-server is stopped',
  }),
  bridge: setting({
    key: 'bridge',
    codec: t.keyof({ http: null, stdio: null }, '"http" or "stdio"'),
    default: 'http',
    about:
      'how codex reaches the daemon\'s tools: `"http"` (no extra process) or `"stdio"` (a relay process)',
  }),
  bridgeRequired: setting({
    key: 'bridge_required',
    codec: t.boolean,
    default: false,
    about:
      'whether a turn fails when its tools cannot be offered; otherwise the turn runs without them, with a warning',
  }),
  toolTimeoutMs: setting({
    key: 'tool_timeout_ms',
    codec: milliseconds(1),
    default: 600_000,
    about: "milliseconds that a call of one of the daemon's tools may take, 1 to 2147483647",
  }),
  ...deadlineSettings,
  graceMs: setting({
    key: 'grace_ms',
    codec: milliseconds(0),
    default: 5_000,
    about: 'milliseconds between SIGINT and SIGKILL',
  }),
  maxConcurrentTurns: optional({
    key: 'max_concurrent_turns',
    codec: new Whole('turns', 1, 1_000),
    unset: '2 for each core',
    about:
      'turns that run concurrently; a free slot goes to the agent with the fewest running turns',
  }),
  maxLineBytes: setting({
    key: 'max_line_bytes',
    codec: new Whole('bytes', 1, MAX_LINE_BYTES),
    default: 128 * 1024 * 1024,
    about:
      'the longest line of codex that is read, in bytes; a longer line is reported by its size only',
  }),
  ...conversationSettings,
  recordDir: optional({
    key: 'record_dir',
    codec: folder,
    unset: 'none',
    about:
      'the folder for the records of turns, absolute or relative to the folder of `config.json`; it is created when it is missing',
  }),
};
