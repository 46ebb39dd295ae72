import type { Observable } from 'rxjs';
import type { Log } from '../canonical/notice.js';
import type { ImageBlock } from '../canonical/turn-request.js';
import type { Config } from '../plexum/config.js';
import type { Ports } from '../ports.js';
import type { LocalTool } from './local-tools.js';

/** What a run of codex needs besides its text. All is optional. */
export interface CodexOptions {
  /**
   * Where codex works and where its thread is stored; the current folder when it is not given. A
   * relative path begins there.
   */
  readonly workspace?: string | undefined;
  /** A Plexum model id, see `model_args` of the config; codex's own choice when it is not given. */
  readonly model?: string | undefined;
  /** Begin a new thread instead of going on with that of the workspace. */
  readonly newThread?: boolean | undefined;
  /** Keys that count more than those of the profile's `config.json`. */
  readonly config?: Partial<Config> | undefined;
  /** Its first value ends codex: SIGINT, then SIGKILL after the config's `graceMs`. */
  readonly cancel$?: Observable<unknown> | undefined;
  /** Takes the log of the run; without it warnings and errors are warnings of the process. */
  readonly log?: Log | undefined;
  /**
   * The environment: of codex, and where the profile is (`PLEXUM_PROFILE_ROOT`); `process.env` when
   * it is not given.
   */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Effects in place of those of this machine, for tests. */
  readonly ports?: Partial<Ports> | undefined;
}

/** What a turn needs besides its text. All is optional. */
export interface TurnOptions extends CodexOptions {
  /** By which codex knows the tools: `plexum-host-<agent id>`. */
  readonly agentId?: string | undefined;
  readonly images?: readonly ImageBlock[] | undefined;
  /** What codex may call in this turn. */
  readonly tools?: readonly LocalTool[] | undefined;
  /**
   * The plugin's executable, which codex starts where the config's `bridge` is "stdio"; that of
   * this package when it is not given.
   */
  readonly executable?: string | undefined;
}
