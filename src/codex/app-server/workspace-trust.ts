import path from 'node:path';
import { isDirectory, readOrEmpty, realPath } from '../../process/files.js';
import { threadDistrust, threadTrust } from '../exec/overrides.js';
import { projectOf } from './file-state.js';

export interface WorkspaceTrust {
  /** The config of a thread that says whether codex trusts the workspace. */
  readonly config: Readonly<Record<string, unknown>>;
  /** A warning when codex must not read the workspace's `.codex` folder. */
  readonly warning?: string;
}

/**
 * Whether codex trusts a workspace. `home` is the folder of codex's own config.
 *
 * Reads config.toml and looks for `.codex` folders in the project of the workspace.
 */
export const workspaceTrust = (
  workspace: string,
  home: string,
  version: string | undefined,
): WorkspaceTrust => {
  const real = realPath(workspace);
  const names = [workspace, real];
  const hasConfig = projectOf(real)
    .map((folder) => path.join(folder, '.codex'))
    .some((folder) => folder !== home && isDirectory(folder));
  const distrust = hasConfig
    ? threadDistrust(names, version, readOrEmpty(path.join(home, 'config.toml')))
    : undefined;
  return distrust === undefined
    ? { config: threadTrust(names, version) }
    : { config: distrust, warning: WARNING };
};

const WARNING =
  'the workspace has a .codex folder that codex’s config.toml does not trust, so the app-server reads neither it nor AGENTS.md';
