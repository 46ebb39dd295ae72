/** The folder beside the launcher that holds one folder per version. */
export const VERSIONS = 'versions';

/** The version that a launcher starts, or `undefined` for a file that no installer wrote. */
export const versionOf = (text: string): string | undefined =>
  text.startsWith(HEAD)
    ? new RegExp(`^plugin=${VERSIONS}/([^/\n]+)/`, 'm').exec(text)?.[1]
    : undefined;

const HEAD = `#!/bin/sh
':' /* # Made by scripts/install.sh of plexum-openai-provider. Node takes all up to the end mark for a comment, so that it can run this file too.
`;

/** Text in single quotes for sh, without an end of comment for JavaScript. */
export const quoteForShell = (text: string): string =>
  `'${text.replaceAll("'", "'\\''").replaceAll('*/', "*''/")}'`;

export interface LauncherOptions {
  readonly executable: string;
  /** The name of the folder below `versions`. */
  readonly version: string;
  /** The launcher's own folder, for a start through a link. */
  readonly dir: string;
  /** Executables of Node in order of preference; the one on PATH comes last. */
  readonly nodes: readonly string[];
}

/**
 * The text of the installed launcher. It is a script for sh because a shebang holds no path with
 * spaces, no path beyond 127 bytes, and no second choice of Node.
 */
export const launcherText = ({
  executable,
  version,
  dir,
  nodes,
}: LauncherOptions): string => `${HEAD}plugin=${VERSIONS}/${version}/${executable}
here=\${0%/*}
[ -f "$here/$plugin" ] || here=${quoteForShell(dir)}
for node in ${nodes.map(quoteForShell).join(' ')}; do
  [ -f "$node" ] && [ -x "$node" ] && exec "$node" "$here/$plugin" "$@"
done
if other=$(command -v node); then
  echo "${executable}: $node is gone, $other of PATH takes its place; run scripts/install.sh again" >&2
  exec "$other" "$here/$plugin" "$@"
fi
echo "${executable}: $node is gone and there is no node on PATH ($PATH); install Node 20 or newer and run scripts/install.sh again" >&2
exit 127
*/
var plugin = './${VERSIONS}/${version}/${executable}';
if (typeof require === 'function') require(plugin);
else import(plugin);
`;
