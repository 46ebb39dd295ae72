#!/bin/sh
# The whole provider in one command: ./scripts/demo.sh [--live] ["prompt"]
set -eu
if ! command -v node >/dev/null 2>&1 || [ "$(node -p 'process.versions.node.split(".")[0]')" -lt 20 ]; then
  echo "demo: Node 20 or newer is needed, see https://nodejs.org" >&2
  exit 1
fi
# The project is where this file is, also when a link to it was run.
self=$(node -p 'fs.realpathSync(process.argv[1])' -- "$0")
cd -- "$(dirname -- "$self")/.."
exec node scripts/demo.mjs "$@"
