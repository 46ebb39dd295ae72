import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { defer, type Observable } from 'rxjs';
import about from '../../../package.json' with { type: 'json' };
import { codexHome, definedOnly } from '../../codex/environment.js';
import { askCodex } from '../../codex/exec/ask-codex.js';
import { codexVersion } from '../../codex/exec/codex-version.js';
import { findBinary, resolveBinary } from '../../codex/exec/resolve-binary.js';
import { createFindRollout } from '../../codex/rollout/find-rollout.js';
import { notedInstructions } from '../../codex/rollout/noted-instructions.js';
import { readRollout } from '../../codex/rollout/read-rollout.js';
import { readDrift, readWireCounts } from '../../node/drift-file.js';
import { readSession } from '../../node/session-file.js';
import { loadConfig } from '../../plexum/config.js';
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
import { folderProblem, hasEntry } from '../../process/file-problem.js';
import { isDirectory, readOrEmpty } from '../../process/files.js';
import { ANY_FOLDER } from '../../process/run.js';
import { endOrphans, findOrphans } from '../../process/run-records.js';
import { spawnProcess } from '../../process/spawn.js';
import { journalOf } from '../../session/undo-journal.js';
import { askAppServer } from './ask-app-server.js';
import type { DoctorPorts } from './doctor-ports.js';
import { daemonFile, listenOnSocket, writeProblem, writtenFolders } from './install-probes.js';
import { chosenProvider } from './login-check.js';
import { ownTurn } from './own-turn.js';

/**
 * The ports of the real machine, as the plugin sees it in this environment. The first value of
 * `stop$` cancels the turns that doctor runs.
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
            cwd: ANY_FOLDER,
            env: { ...environment, ...wrapper },
            stdin: '',
          },
          spawnProcess,
        );
      }),
    codexSays$: (config, workspaces) => askAppServer(config, workspaces, environment),
    loginNeeds: (extraArgs) => ({
      hasKey: (env['CODEX_API_KEY'] ?? '') !== '',
      provider: chosenProvider(extraArgs, readOrEmpty(path.join(home, 'config.toml'))),
    }),
    folders: () =>
      [profileRoot(env), pluginDir(env), ...(hasEntry(records) ? [records] : [])].map((folder) => ({
        path: folder,
        problem: writeProblem(folder),
      })),
    writtenFolders: ({ recordDir }) =>
      writtenFolders({
        codexHome: home,
        isNamed: (env['CODEX_HOME'] ?? '') !== '',
        recordDir,
        today: new Date(),
      }),
    plexumJson: () => daemonFile(plexumFile(env)),
    manifestJson: () => daemonFile(manifestFile(env)),
    manifest: ({ supportedModels }) => manifest(about.version, supportedModels),
    listen$: listenOnSocket(socketBases(env).filter((base) => isDirectory(path.dirname(base)))),
    session: {
      folderProblem,
      writeProblem,
      readSession,
      findRollout: createFindRollout(home),
      rollout$: (file) => readRollout(file, 0),
      isInstructed: (file) => notedInstructions(file) !== '',
      hasJournal: (file) => existsSync(journalOf(file)),
      codexHome: home,
    },
    orphans: { find$: findOrphans(records), end$: endOrphans(records) },
    driftFile: driftFile(env),
    readDrift: () => readDrift(driftFile(env)),
    readWireCounts: () => readWireCounts(driftFile(env)),
    run: (config, turn) => ownTurn(config, turn, env, stop$),
    word: () => `plexum-${randomBytes(6).toString('hex')}`,
  };
};
