// The exports of a file of src/, which Node 20 cannot load as it is: bundled in memory, then
// imported.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { shaken } from './shaken.mjs';

/**
 * @param {string} file below src/
 * @returns {Promise<any>} the module; the caller gives its type
 */
export const fromSource = async (file) => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`../../src/${file}`, import.meta.url))],
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
    logLevel: 'warning',
    plugins: [shaken],
  });
  const text = Buffer.from(outputFiles[0]?.contents ?? []).toString('base64');
  return import(`data:text/javascript;base64,${text}`);
};
