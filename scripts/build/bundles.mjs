// The bundles of dist/: a program is one pack of parts, or several, of which some load later.
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build, transform } from 'esbuild';
import { lean } from '../lib/lean.mjs';
import { leanExeca } from '../lib/lean-execa.mjs';
import { shaken } from '../lib/shaken.mjs';
import { lazyNode } from './lazy-node.mjs';
import { markOf } from './loader.mjs';
import { packsOf } from './packs.mjs';
import { plainExports } from './plain-exports.mjs';

/** The programs that the launcher starts. */
const PROGRAMS = ['main', 'say', 'cli', 'about', 'mcp-host'];
/** The program that Node starts itself. */
const INSTALL = 'install';

/** @param {string} name */
const sourceOf = (name) => `src/${name}.ts`;

/**
 * Writes the bundles to `dist`.
 * @param {string} root @param {string} dist @returns {Promise<Packed>}
 */
export const writeBundles = async (root, dist) => {
  const entries = Object.fromEntries(PROGRAMS.map((name) => [name, sourceOf(name)]));
  const packed = await writePacks(root, dist, entries);
  const { outputFiles } = await bundled(root, dist, { [INSTALL]: sourceOf(INSTALL) }, 'cjs');
  await writeFile(path.join(dist, `${INSTALL}.cjs`), outputFiles[0]?.text ?? '');
  return packed;
};

/**
 * `digest`: of all packs; `later`: the packs that each program may load after its own.
 * @typedef {{ digest: string, later: Record<string, string[]> }} Packed
 */

/**
 * Writes programs as packs. Only ES modules are split by esbuild, and only scripts load in a few
 * ms: each part is made as the one and translated to the other. An import() becomes a require(),
 * whose pack is loaded when the call runs.
 * @param {string} root @param {string} folder
 * @param {Record<string, string>} programs their sources by name, below `root`
 * @returns {Promise<Packed>}
 */
export const writePacks = async (root, folder, programs) => {
  /** @type {Map<string, string>} */ const written = new Map();
  /** @type {Record<string, string[]>} */ const later = {};
  const nameOf = (/** @type {string} */ file) => path.relative(root, path.join(folder, file));
  for (const [program, source] of Object.entries(programs)) {
    const { outputFiles, metafile } = await bundled(root, folder, { [program]: source }, 'esm');
    const texts = new Map(outputFiles.map((file) => [path.relative(root, file.path), file.text]));
    const packs = packsOf(metafile.outputs, nameOf(`${program}.js`), program);
    later[program] = packs.slice(1).map(({ name }) => name);
    const idOf = new Map(
      packs.flatMap(({ name, entry, parts }) =>
        // The launcher knows a pack by its name, and runs what has no other.
        parts.map((part) => [
          part,
          `./${name}${part === entry ? '' : `:${path.parse(part).name}`}`,
        ]),
      ),
    );
    for (const { name, parts } of packs) {
      const codes = await Promise.all(
        parts.map(async (part) => {
          const code = await translated(texts.get(part) ?? '', (file) => idOf.get(nameOf(file)));
          return `${JSON.stringify(idOf.get(part))}: function (exports, require, module) {\n${code}},\n`;
        }),
      );
      written.set(`${name}.cjs`, `({\n${codes.join('')}})\n`);
    }
  }
  const whole = createHash('sha256').update([...written.values()].join(''));
  const digest = whole.digest('hex').slice(0, 12);
  for (const [name, text] of written)
    await writeFile(path.join(folder, name), `${markOf(digest)}\n${text}${markOf(digest)}\n`);
  return { digest, later };
};

/**
 * A part as a function loads it. @param {string} text @param {(file: string) => string | undefined}
 * idOf
 */
const translated = async (text, idOf) => {
  const { code } = await transform(
    text.replace(/(["'])\.\/([\w-]+\.js)\1/g, (_, _quote, file) => JSON.stringify(idOf(file))),
    {
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      supported: { 'dynamic-import': false },
      logOverride: { 'empty-import-meta': 'silent' },
    },
  );
  return ascii(lazyNode(plainExports(code)));
};

/** The launcher reads a pack as ASCII; esbuild leaves comments and regular expressions alone. */
const ascii = (/** @type {string} */ code) =>
  code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/**
 * @template {'esm' | 'cjs'} F
 * @param {string} root @param {string} folder @param {Record<string, string>} entryPoints
 * @param {F} format
 */
const bundled = (root, folder, entryPoints, format) =>
  build({
    absWorkingDir: root,
    entryPoints,
    outdir: folder,
    bundle: true,
    splitting: format === 'esm',
    chunkNames: 'part-[hash]',
    platform: 'node',
    target: 'node20',
    format,
    legalComments: 'none',
    logLevel: 'warning',
    // What asks for it is only asked where there is a library.
    logOverride: { 'empty-import-meta': 'silent' },
    plugins: [shaken, lean, leanExeca],
    metafile: true,
    write: false,
  });
