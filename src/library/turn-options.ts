import { concat, map, merge, NEVER, type Observable, take } from 'rxjs';
import type { Log } from '../canonical/notice.js';
import type { ImageBlock } from '../canonical/turn-request.js';
import type { OutputSchema } from '../codex/output-schema.js';
import type { Config } from '../plexum/config.js';
import type { Ports } from '../ports.js';
import type { Cancel } from '../process/run.js';
import { fromAbort } from '../streams/from-abort.js';
import { endOnSignals } from './end-on-signals.js';
import type { LocalTool } from './local-tools.js';

/** Options of a run of `codex exec`. All are optional. */
export interface CodexOptions {
  /**
   * The folder in which codex works, and where its thread is stored. Relative to the current
   * folder, which is the default. It has to exist: unlike the plugin, the library creates none.
   */
  readonly workspace?: string | undefined;
  /** A Plexum model id, see `model_args` of the config. Default: codex's own choice. */
  readonly model?: string | undefined;
  /** Start a new thread instead of resuming the thread of the workspace. */
  readonly newThread?: boolean | undefined;
  /**
   * Overrides keys of the profile's `config.json`, for this run: with `maxConcurrentTurns` it waits
   * while so many runs of this process are going on, whatever the limit of those.
   */
  readonly config?: Partial<Config> | undefined;
  /** Its first value cancels the run: SIGINT, then SIGKILL after the config's `graceMs`. */
  readonly cancel$?: Observable<unknown> | undefined;
  /** Cancels the run when it aborts, as a value of `cancel$` does. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether the run also ends when this process gets SIGINT (Ctrl-C), SIGTERM, SIGHUP or SIGQUIT:
   * it is cancelled, and the process exits after it, with 128 and the number of the signal. Without
   * it Node exits at once, and leaves what codex has started. Default: false.
   */
  readonly endOnSignals?: boolean | undefined;
  /** Receives the log of the run. Default: warnings and errors become process warnings. */
  readonly log?: Log | undefined;
  /**
   * The environment of codex, and of the profile (`PLEXUM_PROFILE_ROOT`). Default: `process.env`.
   */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Replaces effects of this machine, for tests. */
  readonly ports?: Partial<Ports> | undefined;
}

/** Options of a turn. All are optional. */
export interface TurnOptions extends CodexOptions {
  /** codex sees the tools as the MCP server `plexum-host-<agent id>`. Default: "local". */
  readonly agentId?: string | undefined;
  readonly images?: readonly ImageBlock[] | undefined;
  /**
   * A JSON Schema, as the API of the model takes it: the last message of the turn is JSON that fits
   * it.
   */
  readonly outputSchema?: OutputSchema | undefined;
  /** The tools that codex may call in this turn. */
  readonly tools?: readonly LocalTool[] | undefined;
  /**
   * The plugin's executable, which codex starts if the config's `bridge` is "stdio". Default: the
   * executable of this package.
   */
  readonly executable?: string | undefined;
}

/** Each option, for programs without types. */
export const knownOptions: Readonly<Record<keyof TurnOptions, true>> = {
  workspace: true,
  model: true,
  newThread: true,
  config: true,
  cancel$: true,
  signal: true,
  endOnSignals: true,
  log: true,
  env: true,
  ports: true,
  agentId: true,
  images: true,
  outputSchema: true,
  tools: true,
  executable: true,
};

/** Runs a source whose options have the signals of this process as a cancel, if they ask for it. */
export const withSignals = <O extends CodexOptions, T>(
  options: O,
  run: (options: O) => Observable<T>,
): Observable<T> =>
  options.endOnSignals === true
    ? endOnSignals((signal$) =>
        run({ ...options, cancel$: merge(options.cancel$ ?? NEVER, signal$) }),
      )
    : run(options);

/**
 * The host's cancel of a turn, from `cancel$` and `signal` of its options.
 *
 * Emits once, at the first value of `cancel$` or when `signal` aborts, whichever comes first.
 * Never completes without a cancel. Fails with `cancel$`. Unsubscribe unsubscribes from `cancel$`
 * and removes the listener of `signal`.
 */
export const cancelRequest = (
  { cancel$ = NEVER, signal }: Pick<CodexOptions, 'cancel$' | 'signal'>,
  graceMs: number,
): Observable<Cancel> =>
  concat(merge(cancel$, signal === undefined ? NEVER : fromAbort(signal)), NEVER).pipe(
    take(1),
    map(() => ({ reason: 'host', graceMs })),
  );
