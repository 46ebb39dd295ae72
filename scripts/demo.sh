#!/bin/sh
# The whole provider in one command: ./scripts/demo.sh [--live] ["prompt"]
set -eu
cd "$(dirname "$0")/.."
if ! command -v node >/dev/null 2>&1 || [ "$(node -p 'process.versions.node.split(".")[0]')" -lt 20 ]; then
  echo "demo: Node 20 or newer is needed, see https://nodejs.org" >&2
  exit 1
fi
# Not through a link: npm ci would empty the folder of another checkout.
if [ ! -d node_modules ] || { [ ! -L node_modules ] && [ package-lock.json -nt node_modules/.package-lock.json ]; }; then
  echo "demo: installing the pinned dependencies (once)" >&2
  npm ci --include=dev --no-audit --no-fund --loglevel=error >&2
fi
if [ ! -x dist/plexum-openai-provider-plugin ] || [ -n "$(find src scripts/build.mjs package.json -newer dist/main.cjs)" ]; then
  npm run --silent build >&2
fi
exec node scripts/demo.mjs "$@"
