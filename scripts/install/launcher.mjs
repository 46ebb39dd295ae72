// The installed launcher: a script for sh, since a shebang holds no path with spaces, none beyond
// 127 bytes, and no second choice.

/** The folder, beside the launcher, that holds a folder for each version. */
export const VERSIONS = 'versions';

/**
 * Which version a launcher starts; undefined for a file that is not ours.
 * @param {string} text
 */
export const versionOf = (text) =>
  text.startsWith(HEAD)
    ? new RegExp(`^plugin=${VERSIONS}/([^/\n]+)/`, 'm').exec(text)?.[1]
    : undefined;

const HEAD = `#!/bin/sh
':' /* # Made by scripts/install.sh of plexum-openai-provider. Node takes all up to the end mark for a comment, so that it can run this file too.
`;

/**
 * In single quotes for sh, and without an end of comment for JavaScript.
 * @param {string} text
 */
export const quoted = (text) => `'${text.replaceAll("'", "'\\''").replaceAll('*/', "*''/")}'`;

/**
 * The text of the launcher. `version` is the name of a folder, `dir` where the launcher lies, for
 * who starts it through a link; `nodes` are tried in this order, then PATH.
 * @param {{ executable: string, version: string, dir: string, nodes: string[] }} options
 */
export const launcher = ({
  executable,
  version,
  dir,
  nodes,
}) => `${HEAD}plugin=${VERSIONS}/${version}/${executable}
here=\${0%/*}
[ -f "$here/$plugin" ] || here=${quoted(dir)}
for node in ${nodes.map(quoted).join(' ')}; do
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
