#!/bin/sh
# The whole provider in one command: ./scripts/demo.sh [--live] ["prompt"]
set -eu
cd "$(dirname "$0")/.."
if ! command -v node >/dev/null 2>&1 || [ "$(node -p 'process.versions.node.split(".")[0]')" -lt 20 ]; then
  echo "demo: Node 20 or newer is needed, see https://nodejs.org" >&2
  exit 1
fi
exec node scripts/demo.mjs "$@"
