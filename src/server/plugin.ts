import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { isLeft } from 'fp-ts/lib/Either.js';
import {
  defer,
  delay,
  EMPTY,
  from,
  fromEvent,
  map,
  merge,
  mergeMap,
  type Observable,
  take,
} from 'rxjs';
import type { createWireCounts as WireCounts } from '../node/drift-file.js';
import { defaultConfig, loadConfig } from '../plexum/config.js';
import type { Greeting } from '../plexum/greeting.js';
import { connectHost, type Host } from '../plexum/host-connection.js';
import { manifest } from '../plexum/manifest.js';
import { configFile, driftFile } from '../plexum/profile.js';
import type { StrangeFrame } from '../plexum/strange-frame.js';
import type { Recorder } from '../record/recorder.js';
import { createWireLog, type WireLog } from '../record/wire-log.js';
import { reasonOf } from '../text/explain.js';
import { redact } from '../text/redact.js';
import { type Serve, serveWhenLoaded } from './serve-when-loaded.js';

export interface PluginOptions {
  readonly version: string;
  readonly env: NodeJS.ProcessEnv;
  /** The plugin's executable, which codex starts as the relay. */
  readonly executable: string;
  /** Emits when the plugin has to exit, on a signal. */
  readonly terminate$: Observable<unknown>;
  /** Whether the plugin is that of a daemon, which also prepares this machine; see `serveHost`. */
  readonly isOfDaemon?: boolean;
  /** The config, where it has been read; by default that of the profile. */
  readonly loaded?: ReturnType<typeof loadConfig>;
  /** The answer to the host's first frame, where it has one already. */
  readonly greeted?: Greeting | undefined;
}

/** The plugin, connected to a host by a pair of streams. */
export interface Plugin {
  readonly host: Host;
  /** See `pluginServer` and `serveWhenLoaded`. */
  readonly server$: Observable<never>;
  /** Completes when the records of all turns are on disk. */
  readonly drained$: Observable<never>;
}

/**
 * Connects the plugin, with the config of the profile, to a host that writes to `input` and reads
 * `output`. With an invalid config, `initialize` fails with its problem.
 */
export const connectPlugin = (
  input: Readable,
  output: Writable,
  { version, env, greeted, loaded = loadConfig(configFile(env)), ...options }: PluginOptions,
): Plugin => {
  const { config, warnings } = isLeft(loaded)
    ? { config: defaultConfig, warnings: [] }
    : loaded.right;
  const problem = isLeft(loaded) ? redact(loaded.left) : undefined;
  const described = manifest(version, config.supportedModels);
  const wireLog = wireLogOf(env, version, (error) =>
    host.log('warning', 'the log of the wire cannot be written', { error: reasonOf(error) }),
  );
  let isNew: ReturnType<typeof WireCounts> | undefined;
  const onStrange = (frame: StrangeFrame): void => {
    // The counts are loaded with the rest of the server: after the answer to the frame.
    void import('./serve-host.js').then(({ createWireCounts }) => {
      isNew ??= createWireCounts(driftFile(env));
      if (isNew(frame)) setImmediate(() => host.log('notice', STRANGE, { ...frame }));
    });
  };
  const about = { manifest: described, problem, warnings, greeted, wireLog, onStrange };
  const host: Host = connectHost(input, output, about);
  let recorder: Recorder | undefined;
  // The first frame is that of `initialize`, whose answer does not wait for the rest.
  const load$ = merge(fromEvent(input, 'data'), host.closed$, options.terminate$).pipe(
    take(1),
    delay(0),
    mergeMap(() => from(import('./serve-host.js'))),
    map(
      ({ serveHost, createRecorder }): Serve =>
        (served, terminate$) => {
          const { recordDir } = config;
          recorder = recordDir === undefined ? undefined : createRecorder({ folder: recordDir });
          const more = { manifest: described, problem, config, recorder };
          return serveHost(served, { ...options, ...more, env, terminate$ });
        },
    ),
  );
  return {
    host,
    server$: serveWhenLoaded(host, options.terminate$, load$),
    drained$: defer(() => merge(recorder?.drained$ ?? EMPTY, wireLog?.drained$ ?? EMPTY)),
  };
};

const STRANGE =
  'the host sent something that this plugin does not know; doctor lists everything of that kind';

/** The log that `PLEXUM_WIRE_LOG` asks for. */
const wireLogOf = (
  env: NodeJS.ProcessEnv,
  version: string,
  onFailure: (error: unknown) => void,
): WireLog | undefined => {
  const file = env['PLEXUM_WIRE_LOG'] ?? '';
  return file === '' ? undefined : createWireLog(path.resolve(file), { version, onFailure });
};
