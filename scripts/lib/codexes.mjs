// Where the versions of codex lie: the dev dependency in node_modules, others in .cache.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../../', import.meta.url);

/** The dev dependency: NEWEST of src/codex/versions.ts. @type {string} */
export const PINNED = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'))
  .devDependencies['@openai/codex'];

/** @param {string} version */
export const folderOf = (version) =>
  fileURLToPath(new URL(version === PINNED ? '.' : `.cache/codex/${version}/`, root));
/**
 * The npm wrapper of a version, there or not.
 * @param {string} version
 */
export const codexOf = (version) => `${folderOf(version)}node_modules/@openai/codex/bin/codex.js`;
