import { tmpdir } from 'node:os';
import { defer, EMPTY, from, map, mergeMap, of, shareReplay, tap, throwError } from 'rxjs';
import { appServerTurns } from '../codex/app-server/app-server-turns.js';
import { codexHome, definedOnly } from '../codex/environment.js';
import { createLimitWatch } from '../codex/events/limit-watch.js';
import { codexRun } from '../codex/exec/codex-run.js';
import { unarchiveThread } from '../codex/exec/unarchive-thread.js';
import { createFindRollout } from '../codex/rollout/find-rollout.js';
import type { Ports, TurnSettings } from '../ports.js';
import { createBackgroundWork } from '../process/background-work.js';
import { spawnProcess } from '../process/spawn.js';
import { checkWorkspace, createWorkspace } from '../process/workspace.js';
import { lockNewThread, withWorkspaceLock } from '../process/workspace-lock.js';
import { callLines, linesWith } from '../session/call-lines.js';
import { patchRollout, withRolloutLock } from '../session/rollout-lock.js';
import { createDrift } from './drift-file.js';
import { checkImages, stageImages } from './images.js';
import type { BridgeOptions } from './open-bridge.js';
import type { NodePortsOptions } from './ports-options.js';
import { workspaceQueue } from './queue.js';
import { rolloutPorts } from './rollout-ports.js';
import { savePictureBelow } from './save-picture.js';
import { withSchemaFile } from './schema-file.js';
import { createSessions } from './session-memory.js';

/** The ports of a real machine. They start nothing before they are used. */
export const nodePorts = ({
  config,
  env,
  log,
  ready$,
  callTool$ = () => throwError(() => new Error('there is no host')),
  relay = { command: '', args: [] },
  socketBases = [],
  recordsFolder,
  background = createBackgroundWork(),
  queue = workspaceQueue(config, background),
  end$,
  driftFile,
  createsWorkspaces = false,
}: NodePortsOptions): Ports => {
  const environment = definedOnly(env);
  const findRollout = createFindRollout(codexHome(environment));
  const settings: TurnSettings = {
    conversation: config,
    deadlines: config.deadlines,
    graceMs: config.graceMs,
    maxLineBytes: config.maxLineBytes,
    bridgeRequired: config.bridgeRequired,
    timeZone: environment['TZ'],
  };
  return {
    ...settings,
    codexRun$: (plan) =>
      codexRun(plan, {
        binary: config.binary,
        extraArgs: config.extraArgs,
        reconnectMs: config.deadlines.reconnect,
        environment,
        onWarning: (message) => log('warning', message),
      }),
    codex$: (run, cancel$, onStart) => {
      const process$ = spawnProcess(run, cancel$, {
        ready$,
        recordsFolder,
        onStart,
        runInBackground: background.runInBackground(run.cwd),
      }).pipe(
        tap({
          error: () => {
            checkWorkspace(run.cwd);
          },
        }),
      );
      const run$ = withSchemaFile(run.schemaFile, process$);
      return run.alone === true ? withWorkspaceLock(run.cwd, run$, background) : run$;
    },
    appServer:
      config.transport === 'exec'
        ? undefined
        : {
            ...appServerTurns({
              config,
              log,
              ready$,
              recordsFolder,
              environment,
              findRollout,
              background,
              end$,
            }),
            required: config.appServerRequired,
          },
    openWorkspace$: (workspace) =>
      defer(() => {
        (createsWorkspaces ? createWorkspace : checkWorkspace)(workspace);
        return EMPTY;
      }),
    ...createSessions(background),
    lockNewThread$: lockNewThread,
    bridge$: bridgePort({ config, log, callTool$, relay, socketBases, end$ }),
    ready$,
    checkImages$: (images, workspace) =>
      defer(() => {
        checkImages(images, workspace);
        return EMPTY;
      }),
    unarchive$: (threadId) => unarchiveThread(threadId, { binary: config.binary, environment }),
    stageImages$: (images, workspace) =>
      defer(() =>
        of(stageImages(images, workspace, tmpdir(), (message) => log('warning', message))),
      ),
    inOrder: queue,
    callLines$: callLines,
    linesWith$: linesWith,
    lockRollout: withRolloutLock,
    patchFile$: patchRollout,
    ...rolloutPorts(codexHome(environment), findRollout, ready$),
    savePicture: savePictureBelow(codexHome(environment), log),
    drift: createDrift(driftFile),
    watchLimits: createLimitWatch(),
    log,
  };
};

/**
 * The tool bridge, loaded for the first turn with tools: its servers of MCP and HTTP are most of
 * what a start would load. One for all turns, which its endpoints outlive.
 */
const bridgePort = (options: BridgeOptions): Ports['bridge$'] => {
  const bridge$ = defer(() => from(import('./open-bridge.js'))).pipe(
    map(({ openBridge }) => openBridge(options)),
    shareReplay({ bufferSize: 1, refCount: false }),
  );
  return (turn, onNotice) => bridge$.pipe(mergeMap((open$) => open$(turn, onNotice)));
};
