// A program as packs: files with the parts that a start loads together.
import path from 'node:path';

/** @typedef {import('esbuild').Metafile['outputs']} Outputs */
/** @typedef {{ name: string, entry: string, parts: string[] }} Pack */

/**
 * Sorts the parts of a program into packs: one of what the program loads at its start, and one for
 * each import() of what that adds. A part that several of them add is in the pack that has the
 * import().
 * @param {Outputs} outputs esbuild's, of one entry point with splitting @param {string} entry
 * @param {string} name @returns {Pack[]} its own first
 */
export const packsOf = (outputs, entry, name) => {
  /** @type {Set<string>} */ const packed = new Set();

  /** @param {string} from @param {string} title @returns {Pack[]} */
  const pack = (from, title) => {
    const parts = new Set(reached(outputs, from).filter((part) => !packed.has(part)));
    /** @type {Set<string>} */ const entries = new Set();
    // A shared part may have an import() of its own.
    for (const part of parts) {
      packed.add(part);
      for (const each of importsOf(outputs, part, 'dynamic-import')) entries.add(each);
      const wanted = [...entries].flatMap((each) => reached(outputs, each));
      for (const [at, each] of wanted.entries())
        if (!packed.has(each) && wanted.indexOf(each) < at) parts.add(each);
    }
    const packs = [...entries]
      .filter((each) => !packed.has(each))
      .flatMap((each) => (packed.has(each) ? [] : pack(each, `${name}-${titleOf(outputs, each)}`)));
    return [{ name: title, entry: from, parts: [...parts] }, ...packs];
  };
  return pack(entry, name);
};

/** @param {Outputs} outputs @param {string} part @param {string} kind */
const importsOf = (outputs, part, kind) =>
  (outputs[part]?.imports ?? [])
    .filter((each) => each.kind === kind && each.external !== true)
    .map((each) => each.path);

/** A part and what it loads with it. @param {Outputs} outputs @param {string} entry */
const reached = (outputs, entry) => {
  const found = new Set([entry]);
  for (const part of found)
    for (const next of importsOf(outputs, part, 'import-statement')) found.add(next);
  return [...found];
};

/** A word for what an import() loads. @param {Outputs} outputs @param {string} part */
const titleOf = (outputs, part) => {
  const file = outputs[part]?.entryPoint ?? part;
  const { name, dir } = path.parse(file);
  return name === 'index' ? path.basename(dir) : name;
};
