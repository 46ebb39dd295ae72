import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/**
 * Bundles a program, which imports the sources of this project as `./src/…`, into a module that
 * Node runs without them.
 *
 * @param {string} program TypeScript.
 * @param {string} outfile
 */
export const bundleProgram = async (program, outfile) => {
  await build({
    stdin: {
      contents: program,
      resolveDir: fileURLToPath(new URL('../..', import.meta.url)),
      loader: 'ts',
    },
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
};
