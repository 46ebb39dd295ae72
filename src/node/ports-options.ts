import type { Observable } from 'rxjs';
import type { RelayCommand } from '../bridge/socket-endpoint.js';
import type { BridgePorts } from '../bridge/tool-bridge.js';
import type { Log } from '../canonical/notice.js';
import type { Config } from '../plexum/config.js';
import { driftFile, recordsFolder, socketBases } from '../plexum/profile.js';
import type { WorkspaceQueue } from '../ports.js';
import type { BackgroundWork } from '../process/background-work.js';

/** What the ports of a machine are made of. */
export interface NodePortsOptions {
  readonly config: Pick<
    Config,
    | 'binary'
    | 'extraArgs'
    | 'transport'
    | 'appServerRequired'
    | 'appServerIdleMs'
    | 'bridge'
    | 'bridgeRequired'
    | 'toolTimeoutMs'
    | 'deadlines'
    | 'graceMs'
    | 'maxConcurrentTurns'
    | 'maxLineBytes'
  >;
  /** Runs a tool of the host; see `BridgePorts`. */
  readonly callTool$?: BridgePorts['callTool$'];
  /** How codex starts the relay, and where its sockets may lie. */
  readonly relay?: RelayCommand;
  readonly socketBases?: readonly string[];
  /** Where the records of running processes lie. */
  readonly recordsFolder?: string;
  /** The queue of the workspaces, with their `background`; one of its own when it is not given. */
  readonly queue?: WorkspaceQueue;
  /** What turns left behind that were given up; of its own when it is not given. */
  readonly background?: BackgroundWork;
  /** Where kinds are counted that codex says and this plugin does not know. */
  readonly driftFile?: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
  /** False while whoever reads the events does not; codex is paused then. */
  readonly ready$: Observable<boolean>;
}

/** What a profile adds: the plugin's executable as the relay, and where things lie. */
export const profileOptions = (env: NodeJS.ProcessEnv, executable = '') =>
  ({
    env,
    relay: { command: process.execPath, args: [executable, 'mcp-host'] },
    socketBases: socketBases(env),
    recordsFolder: recordsFolder(env),
    driftFile: driftFile(env),
  }) satisfies Partial<NodePortsOptions>;
