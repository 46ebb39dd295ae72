// An esbuild plugin: the ES modules of rxjs, fp-ts and io-ts shrink to what is used (12 times);
// their package exports name only CommonJS for Node.
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(import.meta.url);
const packageDir = (/** @type {string} */ name) =>
  path.dirname(require.resolve(`${name}/package.json`));

export const shaken = {
  name: 'shaken',
  /** @param {import('esbuild').PluginBuild} builder */
  setup(builder) {
    builder.onResolve({ filter: /^rxjs$/ }, () => ({
      path: path.join(packageDir('rxjs'), 'dist/esm/index.js'),
      sideEffects: false,
    }));
    builder.onResolve({ filter: /^io-ts$/ }, () => ({
      path: path.join(packageDir('io-ts'), 'es6/index.js'),
      sideEffects: false,
    }));
    builder.onResolve({ filter: /^fp-ts\/(lib|es6)\// }, ({ path: wanted }) => ({
      path: path.join(
        packageDir('fp-ts'),
        wanted.replace(/^fp-ts\/(lib|es6)/, 'es6').replace(/(\.js)?$/, '.js'),
      ),
      sideEffects: false,
    }));
  },
};
