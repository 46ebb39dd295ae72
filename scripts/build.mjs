// Builds dist/: a launcher with a shebang, and the bundle that it loads. Nothing else is needed at
// run time. And lib/: the package as a library, ES modules with their types.
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { apart } from './lib/apart.mjs';
import { fromSource } from './lib/from-source.mjs';
import { shaken } from './lib/shaken.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = path.join(root, 'dist');

/**
 * The launcher is CommonJS and ES module at once: which one Node takes it for is up to the
 * package.json above it.
 */
const launcher = `#!/usr/bin/env node
var major = Number(process.versions.node.split('.')[0]);
if (major < 20) {
  process.stderr.write('plexum-openai-provider-plugin needs Node 20 or newer, this is ' + process.versions.node + '\\n');
  process.exit(1);
}
// Without a listener this signal opens Node's inspector, a port that runs any code.
process.on('SIGUSR1', function () {});
['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'].forEach(function (name) {
  process.on(name, function () {
    process.exit(0);
  });
});
// Node's HTTP client reserves 10 GB of address space for its parser as soon as the server side
// touches Request, which fails below a limit (ulimit -v). Nothing here is a client.
WebAssembly.compile = function () {
  return new Promise(function () {});
};
var command = process.argv[2];
var file = command === 'mcp-host' ? './mcp-host.cjs' : /^(manifest$|-|$)/.test(command || '') ? './main.cjs' : './cli.cjs';
if (typeof require === 'function') require(file);
else import(file);
`;

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
await build({
  entryPoints: {
    main: path.join(root, 'src/main.ts'),
    'mcp-host': path.join(root, 'src/mcp-host.ts'),
    cli: path.join(root, 'src/cli.ts'),
    install: path.join(root, 'src/install.ts'),
    // A file of its own, which the first start of a process loads: nothing else waits for it.
    execa: 'execa',
  },
  outdir: dist,
  outExtension: { '.js': '.cjs' },
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  // An import() becomes a require(): the loader of ES modules costs 10 ms.
  supported: { 'dynamic-import': false },
  legalComments: 'none',
  logLevel: 'warning',
  // What asks for it is only asked where there is a library.
  logOverride: { 'empty-import-meta': 'silent' },
  plugins: [shaken, apart],
});
const executable = path.join(dist, 'plexum-openai-provider-plugin');
await writeFile(executable, launcher);
await chmod(executable, 0o755);
// For the Node 20 that takes a file without an extension for nothing below a package.json of type
// module.
await writeFile(path.join(dist, 'package.json'), '{"type":"commonjs"}\n');

// What editors know of config.json, made from the codec that reads it.
/** @type {typeof import('../src/plexum/config-schema.js')} */
const { configSchema } = await fromSource('plexum/config-schema.ts');
await writeFile(
  path.join(dist, 'config.schema.json'),
  `${JSON.stringify(configSchema, null, 2)}\n`,
);

// A module a file, as rxjs has it: its dependencies stay imports, so that a user's rxjs is the same
// one, and a type is found where its code is.
await rm(path.join(root, 'lib'), { recursive: true, force: true });
const { status } = spawnSync(
  process.execPath,
  [
    path.join(root, 'node_modules/typescript/bin/tsc'),
    '-p',
    path.join(root, 'scripts/library.json'),
  ],
  {
    stdio: 'inherit',
  },
);
process.exitCode = status ?? 1;
