import { cpus, tmpdir } from 'node:os';
import { defer, EMPTY, ignoreElements, map, of, tap, throwError } from 'rxjs';
import { codexBridge } from '../bridge/bridge-overrides.js';
import { httpEndpoint } from '../bridge/http-endpoint.js';
import { createReusableEndpoints } from '../bridge/reuse-endpoints.js';
import { socketEndpoint } from '../bridge/socket-endpoint.js';
import { type BridgePorts, toolBridge } from '../bridge/tool-bridge.js';
import { appServerTurns } from '../codex/app-server/app-server-turns.js';
import { codexHome, definedOnly } from '../codex/environment.js';
import { codexRun } from '../codex/exec/codex-run.js';
import {
  createFindRollout,
  type FindRollout,
  RolloutError,
} from '../codex/rollout/find-rollout.js';
import { endOfLines, readRollout } from '../codex/rollout/read-rollout.js';
import { type RolloutMark, readRolloutMark } from '../codex/rollout/rollout-mark.js';
import type { Config } from '../plexum/config.js';
import type { Ports, WorkspaceQueue } from '../ports.js';
import { type BackgroundWork, createBackgroundWork } from '../process/background-work.js';
import { realPath } from '../process/files.js';
import { spawnProcess } from '../process/spawn.js';
import { checkWorkspace } from '../process/workspace.js';
import { withWorkspaceLock } from '../process/workspace-lock.js';
import { callLines } from '../session/call-lines.js';
import { patchFile } from '../session/patch-file.js';
import { runSteps } from '../session/run-steps.js';
import { undoPatch } from '../session/undo-journal.js';
import { reasonOf } from '../text/explain.js';
import { createWorkspaceQueue } from '../turn/workspace-queue.js';
import { createDrift } from './drift-file.js';
import { stageImages } from './images.js';
import type { NodePortsOptions } from './ports-options.js';
import { readSession, writeSession } from './session-file.js';

/** Milliseconds that an endpoint outlives its turn: longer than the app-server keeps a thread. */
const KEPT_MS = 11_000;

/** The ports of a real machine. */
export const nodePorts = ({
  config,
  env,
  log,
  ready$,
  callTool$ = noHost,
  relay = { command: '', args: [] },
  socketBases = [],
  recordsFolder,
  background = createBackgroundWork(),
  queue = workspaceQueue(config, background),
  driftFile,
}: NodePortsOptions): Ports => {
  const kept = createReusableEndpoints(Math.min(KEPT_MS, config.appServerIdleMs));
  /** A thread of the app-server stays connected between its turns; a relay ends with its turn. */
  const endpointOf =
    (thread: string): BridgePorts['endpoint$'] =>
    (tools) => {
      if (config.bridge === 'stdio') return socketEndpoint(tools, socketBases, relay);
      return config.transport === 'exec'
        ? httpEndpoint(tools)
        : kept(JSON.stringify([thread, tools]), httpEndpoint(tools));
    };
  const environment = definedOnly(env);
  const findRollout = createFindRollout(codexHome(environment));
  return {
    codexRun$: (plan) =>
      codexRun(plan, {
        binary: config.binary,
        extraArgs: config.extraArgs,
        environment,
        onWarning: (message) => log('warning', message),
      }),
    codex$: (run, cancel$) => {
      const process$ = spawnProcess(run, cancel$, {
        ready$,
        recordsFolder,
        runInBackground: background.runInBackground(run.cwd),
      }).pipe(
        tap({
          error: () => {
            checkWorkspace(run.cwd);
          },
        }),
      );
      return run.alone === true ? withWorkspaceLock(run.cwd, process$, background) : process$;
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
            }),
            required: config.appServerRequired,
          },
    readSession$: (workspace) => defer(() => of(readSession(workspace))),
    writeSession$: (workspace, threadId) =>
      defer(() => {
        writeSession(workspace, threadId);
        return EMPTY;
      }),
    bridge$: ({ agentId, workspace, tools }, onNotice) =>
      toolBridge(agentId, tools, config.toolTimeoutMs, {
        endpoint$: endpointOf(`${agentId} ${workspace}`),
        callTool$,
        log,
        onNotice,
      }).pipe(
        map((access) =>
          codexBridge(agentId, access, tools.length, config.toolTimeoutMs, environment),
        ),
      ),
    bridgeRequired: config.bridgeRequired,
    deadlines: config.deadlines,
    graceMs: config.graceMs,
    maxLineBytes: config.maxLineBytes,
    ready$,
    stageImages$: (images, workspace) => defer(() => of(stageImages(images, workspace, tmpdir()))),
    inOrder: queue,
    rolloutMark$: (threadId) => defer(() => of(markOfThread(threadId, findRollout))),
    rolloutFile$: (threadId) =>
      defer(() => {
        const file = findRollout(threadId);
        if (file === undefined) return EMPTY;
        undoPatch(file);
        return of(file);
      }),
    callLines$: callLines,
    patchFile$: (file, patches) => runSteps(() => patchFile(file, patches)).pipe(ignoreElements()),
    rollout$: (threadId, from, to) =>
      defer(() => {
        const file = findRollout(threadId);
        if (file === undefined)
          throw new RolloutError(
            `there is no rollout of thread ${threadId} below ${codexHome(environment)}`,
          );
        return readRollout(file, from, ready$, to);
      }),
    rolloutEnd$: (threadId, from) =>
      defer(() => {
        const file = findRollout(threadId);
        return file === undefined ? EMPTY : of(endOfLines(file, from));
      }),
    drift: createDrift(driftFile),
    log,
  };
};

/** The queue of one process. */
export const workspaceQueue = (
  { maxConcurrentTurns }: Pick<Config, 'maxConcurrentTurns'>,
  { drained$ }: BackgroundWork,
): WorkspaceQueue =>
  createWorkspaceQueue(maxConcurrentTurns ?? 2 * cpus().length, keysOf, drained$);

/** A workspace by its one name, and its thread: a copied folder has the same one. */
const keysOf = (workspace: string): string[] => {
  const { threadId } = readSession(workspace);
  return [realPath(workspace), ...(threadId === undefined ? [] : [threadId])];
};
const noHost: BridgePorts['callTool$'] = () => throwError(() => new Error('there is no host'));

/** Throws when a mutation that was cut off cannot be undone: codex must not go on with a mix. */
const markOfThread = (threadId: string, findRollout: FindRollout): RolloutMark => {
  let file: string | undefined;
  try {
    file = findRollout(threadId);
  } catch (error) {
    return { problem: reasonOf(error) };
  }
  if (file === undefined) return { problem: 'there was none when it began' };
  undoPatch(file);
  try {
    return readRolloutMark(file);
  } catch (error) {
    return { problem: reasonOf(error) };
  }
};
