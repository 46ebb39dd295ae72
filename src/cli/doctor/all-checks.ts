import { type Either, isLeft } from 'fp-ts/lib/Either.js';
import { catchError, concat, defer, EMPTY, from, map, mergeMap, type Observable, of } from 'rxjs';
import { modelFlag } from '../../codex/exec/model-flag.js';
import type { DriftCount } from '../../node/drift-file.js';
import { type Config, defaultConfig, type LoadedConfig } from '../../plexum/config.js';
import type { Manifest } from '../../plexum/manifest.js';
import { reasonOf } from '../../text/explain.js';
import type { Said } from './ask-codex.js';
import { type Check, green, guarded, red } from './check.js';
import {
  type CheckedCodex,
  checkBinary,
  checkLogin,
  checkModels,
  checkTransport,
  checkVersion,
  type LoginNeeds,
  loginOf,
  noBinary,
  servesDefaultOnly,
} from './codex-checks.js';
import {
  checkAllowed,
  checkConfig,
  checkDrift,
  checkManifest,
  checkNode,
  checkOrphans,
  checkProfile,
  checkSockets,
  type DaemonFile,
  type Folder,
  type OrphanPorts,
} from './install-checks.js';
import { checkSession, type SessionPorts } from './session.js';
import {
  checkTools,
  checkTurn,
  PROBE,
  type Run,
  TOOLS_PROMPT,
  TURN_PROMPT,
} from './turn-checks.js';

/** What is to be looked at. */
export interface DoctorOptions {
  readonly workspaces: readonly string[];
  readonly turn: boolean;
  readonly tools: boolean;
  readonly mend: boolean;
}

/** A turn of the doctor's own. */
export interface OwnTurn {
  readonly modelId: string;
  readonly prompt: string;
  readonly tools: readonly unknown[];
}

/** The machine, as far as the doctor looks at it. Streams are cold, functions may throw. */
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
  readonly loginStatus$: (binary: string) => Observable<Said>;
  readonly loginNeeds: (extraArgs: readonly string[]) => LoginNeeds;
  readonly folders: () => readonly Folder[];
  /**
   * The daemon's plexum.json, and the plugin's manifest.json: what is there, and what belongs
   * there.
   */
  readonly plexumJson: () => DaemonFile;
  readonly manifestJson: () => DaemonFile;
  readonly manifest: (config: Config) => Manifest;
  /** Emits the path of a socket that listens; unsubscribe removes it. */
  readonly listen$: Observable<string>;
  readonly session: SessionPorts;
  readonly orphans: OrphanPorts;
  readonly driftFile: string;
  readonly readDrift: () => readonly DriftCount[];
  readonly run: (config: Config, turn: OwnTurn) => Run;
  /** A word that nobody can guess. */
  readonly word: () => string;
}

/**
 * All checks, one after another, each emitted when it is done. Does not fail. Unsubscribe ends the
 * one that runs.
 */
export const allChecks = (
  { workspaces, turn, tools, mend }: DoctorOptions,
  world: DoctorPorts,
): Observable<Check> =>
  defer(() => {
    const { isThere, loaded } = world.readConfig();
    const config = isLeft(loaded) ? defaultConfig : loaded.right.config;
    const modelId =
      config.supportedModels.find((id) => 'model' in modelFlag(id, config.modelArgs)) ?? 'codex';
    const one = (id: string, check: () => Check): Observable<Check> =>
      guarded(id, id, () => of(check()));
    const real = (id: string, check$: () => Observable<Check>): Observable<Check> =>
      isLeft(loaded)
        ? of(
            red(id, id, 'it was not run, since the config cannot be read', 'mend the config first'),
          )
        : guarded(id, id, check$);
    return concat(
      of(checkNode(world.nodeVersion), checkConfig(world.configFile, isThere, loaded)),
      guarded('codex', 'codex', () => codexChecks(config, world)),
      one('transport', () => checkTransport(config)),
      one('profile', () => checkProfile(world.folders())),
      one('allow-list', () => checkAllowed(world.plexumJson())),
      one('manifest', () => checkManifest(world.manifestJson(), world.manifest(config))),
      guarded('sockets', 'sockets', () => checkSockets(config.bridge, world.listen$)),
      workspaces.length === 0
        ? of(
            green(
              'sessions',
              'sessions',
              'no workspace was checked; name one or more with --workspace',
            ),
          )
        : from(workspaces).pipe(mergeMap((workspace) => checkSession(workspace, world.session), 1)),
      guarded('leftovers', 'leftovers', () => checkOrphans(mend, world.orphans)),
      one('drift', () => checkDrift(world.readDrift(), world.driftFile)),
      turn
        ? real('turn', () =>
            checkTurn(modelId, world.run(config, { modelId, prompt: TURN_PROMPT, tools: [] })),
          )
        : EMPTY,
      tools
        ? real('tools', () =>
            checkTools(
              config.bridge,
              world.word(),
              world.run(
                { ...config, bridgeRequired: true },
                { modelId, prompt: TOOLS_PROMPT, tools: [PROBE] },
              ),
            ),
          )
        : EMPTY,
    );
  });

/** Where codex is, its version, its login, and what that means for the models. */
const codexChecks = (config: Config, { configFile, ...world }: DoctorPorts): Observable<Check> => {
  const { binary } = config;
  let codex: CheckedCodex;
  try {
    codex = world.findCodex(binary);
  } catch (error) {
    return of(noBinary(reasonOf(error), configFile), checkModels(config, false));
  }
  const needs = world.loginNeeds(config.extraArgs);
  return concat(
    of(checkBinary(binary, codex, configFile)),
    guarded('codex-version', 'codex version', () =>
      world.version$(binary).pipe(map((version) => checkVersion(codex.file, version))),
    ),
    world.loginStatus$(binary).pipe(
      catchError((error: unknown) => of<Said>({ code: null, text: reasonOf(error), late: false })),
      mergeMap((said) =>
        of(checkLogin(said, needs), checkModels(config, servesDefaultOnly(loginOf(said), needs))),
      ),
    ),
  );
};
