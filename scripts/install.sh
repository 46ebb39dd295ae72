#!/bin/sh
# Installs the plugin into a Plexum profile: ./scripts/install.sh [--help]
set -eu
if ! command -v node >/dev/null 2>&1; then
  echo "install: there is no Node on PATH; install Node 20 or newer, see https://nodejs.org" >&2
  exit 1
fi
if [ "$(node -p 'process.versions.node.split(".")[0]')" -lt 20 ]; then
  echo "install: Node 20 or newer is needed, this is $(node --version); see https://nodejs.org" >&2
  exit 1
fi
# The project is where this file is, also when a link to it was run.
self=$(node -p 'fs.realpathSync(process.argv[1])' -- "$0")
exec node "$(dirname -- "$self")/install.mjs" "$@"
