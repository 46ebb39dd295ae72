import path from 'node:path';
import { readArguments } from './cli/install/arguments.js';
import { installPlugin } from './cli/install/install.js';
import { InstallError } from './cli/install/install-error.js';
import { uninstallPlugin } from './cli/install/uninstall.js';
import { printable } from './text/printable.js';

/** Folder of the project: this program is its `dist/install.cjs`, except to uninstall. */
const root = path.resolve(process.argv[1] ?? '', '../..');

// A reader that closes the pipe early does not stop the installation.
process.stdout.on('error', () => undefined);

try {
  const options = readArguments(process.argv.slice(2), root, process.env);
  (options.uninstall ? uninstallPlugin : installPlugin)(options);
} catch (error) {
  if (!(error instanceof InstallError)) throw error;
  process.stderr.write(printable(`install: ${error.message}\n`));
  process.exitCode = 1;
}
