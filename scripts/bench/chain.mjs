// The chain of src/ as the plugin has it: packs of the same loader, with the code that V8 compiled
// in an earlier measurement.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { writePacks } from '../build/bundles.mjs';
import { loaderText } from '../build/loader.mjs';

/** Writes the packs, and the file that loads them. @param {string} root @param {string} file */
export const bundleChain = async (root, file) => {
  const folder = path.dirname(file);
  await mkdir(folder, { recursive: true });
  const { digest } = await writePacks(root, folder, { chain: 'scripts/bench/chain-program.ts' });
  await writeFile(
    file,
    `${loaderText(digest)}
process.on('exit', keepCode);
module.exports = run('./chain');
`,
  );
};
