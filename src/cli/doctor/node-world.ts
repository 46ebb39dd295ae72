import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { defer, finalize, map, Observable, take } from 'rxjs';
import about from '../../../package.json' with { type: 'json' };
import { socketPlace } from '../../bridge/socket-dir.js';
import { codexHome, definedOnly } from '../../codex/environment.js';
import { codexVersion } from '../../codex/exec/codex-version.js';
import { modelFlag } from '../../codex/exec/model-flag.js';
import { findBinary, resolveBinary } from '../../codex/exec/resolve-binary.js';
import { createFindRollout } from '../../codex/rollout/find-rollout.js';
import { readRollout } from '../../codex/rollout/read-rollout.js';
import { always$ } from '../../lines/readable.js';
import { readDrift } from '../../node/drift-file.js';
import { nodePorts } from '../../node/ports.js';
import { profileOptions } from '../../node/ports-options.js';
import { readSession } from '../../node/session-file.js';
import { type Config, loadConfig } from '../../plexum/config.js';
import { manifest } from '../../plexum/manifest.js';
import {
  configFile,
  driftFile,
  manifestFile,
  plexumFile,
  pluginDir,
  profileRoot,
  recordsFolder,
  socketBases,
} from '../../plexum/profile.js';
import { isDirectory, textOf } from '../../process/files.js';
import type { Cancel } from '../../process/run.js';
import { endOrphans, findOrphans } from '../../process/run-records.js';
import { spawnProcess } from '../../process/spawn.js';
import { journalOf } from '../../session/undo-journal.js';
import { reasonOf } from '../../text/explain.js';
import { runTurn } from '../../turn/run-turn.js';
import type { DoctorPorts, OwnTurn } from './all-checks.js';
import { askCodex } from './ask-codex.js';
import { chosenProvider } from './codex-checks.js';
import type { DaemonFile } from './install-checks.js';
import type { Run } from './turn-checks.js';

/**
 * The real machine, as the plugin of this environment would see it. The first value of `stop$`
 * cancels the turns, also for those that begin later: it is replayed.
 */
export const nodeDoctorPorts = (
  env: NodeJS.ProcessEnv,
  stop$: Observable<unknown>,
): DoctorPorts => {
  const environment = definedOnly(env);
  const home = codexHome(environment);
  const records = recordsFolder(env);
  return {
    nodeVersion: process.versions.node,
    configFile: configFile(env),
    readConfig: () => ({
      isThere: existsSync(configFile(env)),
      loaded: loadConfig(configFile(env)),
    }),
    findCodex: (binary) => ({
      found: findBinary(binary, env),
      file: resolveBinary(binary, env).file,
    }),
    version$: (binary) => defer(() => codexVersion(resolveBinary(binary, env), environment)),
    loginStatus$: (binary) =>
      defer(() => {
        const { file, env: wrapper } = resolveBinary(binary, env);
        return askCodex(
          {
            file,
            args: ['login', 'status'],
            cwd: tmpdir(),
            env: { ...environment, ...wrapper },
            stdin: '',
          },
          spawnProcess,
        );
      }),
    loginNeeds: (extraArgs) => ({
      hasKey: (env['CODEX_API_KEY'] ?? '') !== '',
      provider: chosenProvider(extraArgs, textOf(path.join(home, 'config.toml'))),
    }),
    folders: () =>
      [profileRoot(env), pluginDir(env)].map((folder) => ({
        path: folder,
        problem: writingProblem(folder),
      })),
    plexumJson: () => daemonFile(plexumFile(env)),
    manifestJson: () => daemonFile(manifestFile(env)),
    manifest: ({ supportedModels }) => manifest(about.version, supportedModels),
    listen$: listening(socketBases(env).filter((base) => isDirectory(path.dirname(base)))),
    session: {
      isDirectory,
      readSession,
      findRollout: createFindRollout(home),
      rollout$: (file) => readRollout(file, 0),
      hasJournal: (file) => existsSync(journalOf(file)),
      codexHome: home,
    },
    orphans: { find$: findOrphans(records), end$: endOrphans(records) },
    driftFile: driftFile(env),
    readDrift: () => readDrift(driftFile(env)),
    run: (config, turn) => ownTurn(config, turn, env, stop$),
    word: () => `plexum-${randomBytes(6).toString('hex')}`,
  };
};

/** Milliseconds for a turn of the doctor's own, where the operator has set no less. */
const OWN_TURN_MS = 300_000;

/** A turn in a folder of its own, which is gone afterwards. */
const ownTurn =
  (
    config: Config,
    { modelId, prompt, tools }: OwnTurn,
    env: NodeJS.ProcessEnv,
    stop$: Observable<unknown>,
  ): Run =>
  ({ callTool$, log }) =>
    defer(() => {
      const workspace = mkdtempSync(path.join(tmpdir(), 'plexum-doctor-'));
      const flag = modelFlag(modelId, config.modelArgs);
      const turn =
        config.deadlines.turn === 0 ? OWN_TURN_MS : Math.min(config.deadlines.turn, OWN_TURN_MS);
      const ports = nodePorts({
        config: { ...config, appServerIdleMs: 0, deadlines: { ...config.deadlines, turn } },
        ...profileOptions(env, process.argv[1]),
        log,
        ready$: always$,
        callTool$,
      });
      const cancel$ = stop$.pipe(
        take(1),
        map((): Cancel => ({ reason: 'host', graceMs: config.graceMs })),
      );
      const asked = {
        agentId: 'doctor',
        modelId,
        model: 'model' in flag ? flag.model : undefined,
        workspace,
        text: prompt,
        images: [],
        tools,
      };
      return runTurn(asked, cancel$, ports).pipe(
        finalize(() => rmSync(workspace, { recursive: true, force: true, maxRetries: 5 })),
      );
    });

/** Listens on a socket like that of the bridge, and emits its path. Unsubscribe removes it. */
const listening = (bases: readonly string[]): Observable<string> =>
  new Observable((subscriber) => {
    if (bases.length === 0) throw new Error("the plugin's folder is not there");
    const { socket, leave } = socketPlace(bases);
    const server = createServer();
    server.on('error', (error) => {
      subscriber.error(error);
    });
    server.listen(socket, () => {
      subscriber.next(socket);
    });
    return () => {
      server.close();
      leave();
    };
  });

const daemonFile = (file: string): DaemonFile => ({
  file,
  text: existsSync(file) ? readFileSync(file, 'utf8') : undefined,
});

const writingProblem = (folder: string): string | undefined => {
  if (!isDirectory(folder)) return existsSync(folder) ? 'is no folder' : 'does not exist';
  try {
    rmSync(mkdtempSync(path.join(folder, '.doctor-')), { recursive: true });
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
};
