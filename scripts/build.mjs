// Builds dist/: a launcher with a shebang, and the packs that it loads. Nothing else is needed at
// run time. And lib/: the package as a library, ES modules with their types.
import { spawnSync } from 'node:child_process';
import { chmod, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeBundles } from './build/bundles.mjs';
import { startFirst } from './build/first-start.mjs';
import { launcherText } from './build/launcher.mjs';
import { readCommandLine } from './lib/command-line.mjs';
import { fromSource } from './lib/from-source.mjs';

readCommandLine(
  `npm run build

Writes dist/ (the executable with its bundles) and lib/ (the package).
`,
  {},
);
const root = fileURLToPath(new URL('..', import.meta.url));
const dist = path.join(root, 'dist');

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
const built = await writeBundles(root, dist);
const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
const executable = path.join(dist, 'plexum-openai-provider-plugin');
await writeFile(executable, launcherText({ version, ...built }));
await chmod(executable, 0o755);
// The same for a Node that takes the executable for an ES module.
await cp(executable, path.join(dist, 'launcher.cjs'));
// For the Node 20 that takes a file without an extension for nothing below a package.json of type
// module.
await writeFile(path.join(dist, 'package.json'), '{"type":"commonjs"}\n');

await startFirst(executable);

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
