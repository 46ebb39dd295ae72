import { isOlder } from '../version.js';

/** From this version on, codex does not write the trust of a workspace into config.toml. */
const NOT_WRITTEN_SINCE = '0.169.0';

/**
 * The `-c` override that makes an older codex without a sandbox trust the workspace. Otherwise
 * codex writes the trust into the user's config.toml on the first turn (measured on 0.135.0).
 * `paths` are all names of the workspace.
 */
export const trustOverride = (paths: readonly string[], version: string | undefined): string[] => {
  if (!writesTrust(version)) return [];
  const trusted = [...new Set(paths)].map(
    (path) => `${JSON.stringify(path)}={trust_level="trusted"}`,
  );
  return ['-c', `projects={${trusted.join(',')}}`];
};

/** The same override as the config of a thread. */
export const threadTrust = (
  paths: readonly string[],
  version: string | undefined,
): Record<string, unknown> => (writesTrust(version) ? levels(paths, 'trusted') : {});

/**
 * The config for a thread in a workspace with a `.codex/` folder. A newer app-server, unlike
 * `codex exec`, trusts such a workspace, writes the trust into config.toml, and starts the MCP
 * servers of the folder (measured on 0.169.0). This config prevents that, unless the operator's
 * config.toml (`toml`) names the workspace. codex then ignores AGENTS.md in the workspace.
 */
export const threadDistrust = (
  paths: readonly string[],
  version: string | undefined,
  toml: string,
): Record<string, unknown> | undefined =>
  writesTrust(version) ||
  paths.some((path) => toml.includes(JSON.stringify(path)) || toml.includes(`'${path}'`))
    ? undefined
    : levels(paths, 'untrusted');

const levels = (paths: readonly string[], trust_level: string): Record<string, unknown> => ({
  projects: Object.fromEntries(paths.map((path) => [path, { trust_level }])),
});

const writesTrust = (version: string | undefined): boolean =>
  version !== undefined && isOlder(version, NOT_WRITTEN_SINCE);

/**
 * Disables goals. With goals a model can continue its thread in turns without a request, and
 * nothing would end these turns (measured on the app-server of every version).
 */
export const NO_GOALS = 'features.goals=false';

/** From this version on, `codex exec` exits after its turn despite goals. */
const ENDS_SINCE = '0.150.0';

/** The `-c` override for an older `codex exec`, which would continue. */
export const goalsOverride = (version: string | undefined): string[] =>
  version !== undefined && isOlder(version, ENDS_SINCE) ? ['-c', NO_GOALS] : [];
