import { isOlder } from './codex-version.js';

/** From this version on codex no longer writes the trust of a workspace into config.toml. */
const NOT_WRITTEN_SINCE = '0.169.0';

/**
 * The `-c` override that tells an older codex, run without a sandbox, that it trusts the workspace: else it would write that into the user's config.toml at
 * the first turn (measured on 0.135.0). `paths` are the names of the workspace.
 */
export const trustOverride = (paths: readonly string[], version: string | undefined): string[] => {
  if (!writesTrust(version)) return [];
  const trusted = [...new Set(paths)].map((path) => `${JSON.stringify(path)}={trust_level="trusted"}`);
  return ['-c', `projects={${trusted.join(',')}}`];
};

/** The same as config of a thread. */
export const trustsItself = (paths: readonly string[], version: string | undefined): Record<string, unknown> =>
  writesTrust(version) ? { projects: Object.fromEntries(paths.map((path) => [path, { trust_level: 'trusted' }])) } : {};

const writesTrust = (version: string | undefined): boolean => version !== undefined && isOlder(version, NOT_WRITTEN_SINCE);
