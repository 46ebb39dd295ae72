import type { Either } from 'fp-ts/lib/Either.js';
import type { Observable } from 'rxjs';
import type { CodexAnswer } from '../../codex/exec/ask-codex.js';
import type { DriftCount, WireCount } from '../../node/drift-file.js';
import type { Config, LoadedConfig } from '../../plexum/config.js';
import type { Manifest } from '../../plexum/manifest.js';
import type { CodexSays } from './ask-app-server.js';
import type { CheckedCodex } from './codex-checks.js';
import type { WrittenFolder } from './folders-check.js';
import type { DaemonFile, Folder } from './install-checks.js';
import type { LoginNeeds } from './login-check.js';
import type { OrphanPorts } from './orphan-checks.js';
import type { SessionPorts } from './session-check.js';
import type { Run } from './watch-turn.js';

/** The flags of the command. */
export interface DoctorOptions {
  readonly workspaces: readonly string[];
  readonly turn: boolean;
  readonly tools: boolean;
  readonly mend: boolean;
  /** Whether an app-server of codex is asked: for the models, the limits and the hooks. */
  readonly appServer: boolean;
}

/** A turn that doctor runs. */
export interface OwnTurn {
  readonly modelId: string;
  readonly prompt: string;
  readonly tools: readonly unknown[];
}

/** The effects that the checks use. Streams are cold; functions may throw. */
export interface DoctorPorts {
  readonly nodeVersion: string;
  readonly configFile: string;
  readonly readConfig: () => {
    readonly isThere: boolean;
    readonly loaded: Either<string, LoadedConfig>;
  };
  /** Throws `BinaryError`. */
  readonly findCodex: (binary: string) => CheckedCodex;
  readonly version$: (binary: string) => Observable<string | undefined>;
  readonly loginStatus$: (binary: string) => Observable<CodexAnswer>;
  /** Emits what codex says of itself once; see `askAppServer`. Nothing is asked without it. */
  readonly codexSays$?: (config: Config, workspaces: readonly string[]) => Observable<CodexSays>;
  readonly loginNeeds: (extraArgs: readonly string[]) => LoginNeeds;
  readonly folders: () => readonly Folder[];
  readonly writtenFolders: (config: Config) => readonly WrittenFolder[];
  /** plexum.json of the daemon, manifest.json of the plugin, and the manifest it should hold. */
  readonly plexumJson: () => DaemonFile;
  readonly manifestJson: () => DaemonFile;
  readonly manifest: (config: Config) => Manifest;
  /** Emits the path of a listening socket. Unsubscribe removes the socket. */
  readonly listen$: Observable<string>;
  readonly session: SessionPorts;
  readonly orphans: OrphanPorts;
  readonly driftFile: string;
  readonly readDrift: () => readonly DriftCount[];
  readonly readWireCounts: () => readonly WireCount[];
  readonly run: (config: Config, turn: OwnTurn) => Run;
  /** Returns a word that nobody can guess. */
  readonly word: () => string;
}
