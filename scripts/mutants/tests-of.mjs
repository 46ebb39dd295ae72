// The tests that load a source file: by their own imports, or through other sources.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Imports and re-exports of other files; those of types alone load nothing. */
const LOADS = /^(?:import|export) (?!type\b)[^;]*?from '(\.[^']+)\.js';/gm;

/** @param {string} file */
const importsOf = (file) =>
  [...readFileSync(file, 'utf8').matchAll(LOADS)].map(([, name = '']) =>
    path.resolve(path.dirname(file), `${name}.ts`),
  );

/** @type {Map<string, readonly string[]>} */
const known = new Map();
/** @param {string} file */
const imports = (file) => {
  const found = known.get(file) ?? (/\.tsx?$/.test(file) ? importsOf(file) : []);
  known.set(file, found);
  return found;
};

/** @param {string} file @param {string} source */
const reaches = (file, source) => {
  const seen = new Set([file]);
  for (const each of seen) for (const next of imports(each)) seen.add(next);
  return seen.has(source);
};

/**
 * The test files that load `source`, the most likely to notice a mutant first: tests of its own
 * folder that import it, other tests that import it, tests of its folder that reach it through
 * another source, and last those of them that start processes.
 *
 * @param {string} project
 * @param {string} source
 */
export const testsOf = (project, source) => {
  const tests = path.join(project, 'marble-tests');
  const own = path.join(tests, path.relative(path.join(project, 'src'), path.dirname(source)));
  return readdirSync(tests, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(marbles|test|process)\.ts$/.test(name))
    .map((name) => path.join(tests, name))
    .flatMap((test) => {
      const isOwn = path.dirname(test) === own;
      const isDirect = imports(test).includes(source);
      const isProcess = test.endsWith('.process.ts');
      if (!(isOwn ? reaches(test, source) : isDirect && !isProcess)) return [];
      return [{ test, rank: (isProcess ? 4 : 0) + (isDirect ? 0 : 2) + (isOwn ? 0 : 1) }];
    })
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ test }) => test);
};
