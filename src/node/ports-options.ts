import type { Observable } from 'rxjs';
import type { RelayCommand } from '../bridge/socket-endpoint.js';
import type { BridgePorts } from '../bridge/tool-bridge.js';
import type { Log } from '../canonical/notice.js';
import type { Config } from '../plexum/config.js';
import { driftFile, recordsFolder, socketBases } from '../plexum/profile.js';
import type { WorkspaceQueue } from '../ports.js';
import type { BackgroundWork } from '../process/background-work.js';

/** The options of `nodePorts`. */
export interface NodePortsOptions {
  readonly config: Config;
  /** Runs a tool of the host; see `BridgePorts`. */
  readonly callTool$?: BridgePorts['callTool$'];
  /** How codex starts the relay, and the folders for its sockets, best first. */
  readonly relay?: RelayCommand;
  readonly socketBases?: readonly string[];
  /** The folder for the records of running processes. */
  readonly recordsFolder?: string;
  /** The queue of the workspaces; by default a new queue over `background`. */
  readonly queue?: WorkspaceQueue;
  /** The background work of abandoned turns; by default a new owner. */
  readonly background?: BackgroundWork;
  /**
   * Emits, and replays, when no turn can come any more: the app-server and its endpoints of the
   * bridge end then, and not after their idle time.
   */
  readonly end$?: Observable<unknown> | undefined;
  /** The file that counts unknown kinds. */
  readonly driftFile?: string;
  /** Whether an absent workspace is created; by default it fails the turn. */
  readonly createsWorkspaces?: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
  /** False while the host does not read; codex is paused then. */
  readonly ready$: Observable<boolean>;
}

/** The options of a profile: the plugin's executable as the relay, and the folders. */
export const profileOptions = (env: NodeJS.ProcessEnv, executable = '') =>
  ({
    env,
    relay: { command: process.execPath, args: [executable, 'mcp-host'] },
    socketBases: socketBases(env),
    recordsFolder: recordsFolder(env),
    driftFile: driftFile(env),
  }) satisfies Partial<NodePortsOptions>;
