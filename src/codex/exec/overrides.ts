import { isOlder } from '../version.js';

/** From this version on codex no longer writes the trust of a workspace into config.toml. */
const NOT_WRITTEN_SINCE = '0.169.0';

/**
 * The `-c` override that tells an older codex, run without a sandbox, that it trusts the workspace:
 * else it would write that into the user's config.toml at the first turn (measured on 0.135.0).
 * `paths` are the names of the workspace.
 */
export const trustOverride = (paths: readonly string[], version: string | undefined): string[] => {
  if (!writesTrust(version)) return [];
  const trusted = [...new Set(paths)].map(
    (path) => `${JSON.stringify(path)}={trust_level="trusted"}`,
  );
  return ['-c', `projects={${trusted.join(',')}}`];
};

/** The same as config of a thread. */
export const threadTrust = (
  paths: readonly string[],
  version: string | undefined,
): Record<string, unknown> => (writesTrust(version) ? levels(paths, 'trusted') : {});

/**
 * Config of a thread in a workspace with a `.codex/`: a newer app-server, unlike `codex exec`,
 * would trust it, write that into config.toml, and start the MCP servers that stand there (measured
 * on 0.169.0). So it is told not to, where the operator's config.toml, `toml`, does not name the
 * workspace. codex reads no AGENTS.md there then.
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
 * With goals a model can make its thread go on by itself, for turns that nobody asked for: nothing
 * would be left to end them (measured on the app-server of every version).
 */
export const NO_GOALS = 'features.goals=false';

/** From this version on `codex exec` ends with its turn all the same. */
const ENDS_SINCE = '0.150.0';

/** The `-c` override for an older `codex exec`, which would go on. */
export const goalsOverride = (version: string | undefined): string[] =>
  version !== undefined && isOlder(version, ENDS_SINCE) ? ['-c', NO_GOALS] : [];
