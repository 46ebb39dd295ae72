// The versions of codex that the tests run on: the dev dependency, and those that `npm run
// test:matrix` installs beside it.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../../', import.meta.url);

/** The dev dependency. @type {string} */
export const PINNED = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'))
  .devDependencies['@openai/codex'];
/** The oldest version that works, and one in the middle. */
export const OTHER_VERSIONS = ['0.135.0', '0.150.1'];

/** @param {string} version */
export const folderOf = (version) =>
  fileURLToPath(new URL(version === PINNED ? '.' : `.cache/codex/${version}/`, root));
/**
 * The npm wrapper of a version, there or not.
 * @param {string} version
 */
export const codexOf = (version) => `${folderOf(version)}node_modules/@openai/codex/bin/codex.js`;
