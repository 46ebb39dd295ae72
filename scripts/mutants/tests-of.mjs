// The tests that import a source file, directly or through other sources.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** @param {string} file */
const importsOf = (file) =>
  [...readFileSync(file, 'utf8').matchAll(/from '(\.[^']+)\.js'/g)].map(([, name = '']) =>
    path.resolve(path.dirname(file), `${name}.ts`),
  );

/**
 * The test files of `folder` that reach `source` by their imports; those that import it themselves
 * come first.
 *
 * @param {string} folder
 * @param {string} source
 */
export const testsOf = (folder, source) => {
  /** @type {Map<string, readonly string[]>} */ const known = new Map();
  /** @param {string} file */
  const imports = (file) => {
    const own = known.get(file) ?? importsOf(file);
    known.set(file, own);
    return own;
  };
  /** @param {string} file */
  const reaches = (file) => {
    const seen = new Set([file]);
    for (const each of seen) for (const next of imports(each)) seen.add(next);
    return seen.has(source);
  };
  const tests = readdirSync(folder)
    .filter((name) => /\.(marbles|test)\.ts$/.test(name))
    .map((name) => path.join(folder, name))
    .filter(reaches);
  const direct = tests.filter((test) => imports(test).includes(source));
  return [...direct, ...tests.filter((test) => !direct.includes(test))];
};
