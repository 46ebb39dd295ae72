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
exec node "$(dirname -- "$0")/install.mjs" "$@"
