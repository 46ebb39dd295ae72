// The bundles of dist/: CommonJS files that share their parts.
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { build, transform } from 'esbuild';
import { lean } from '../lib/lean.mjs';
import { shaken } from '../lib/shaken.mjs';

/** The programs that a start waits for: they share their parts, some of which load later. */
const SPLIT = { main: 'src/main.ts', cli: 'src/cli.ts' };
/** The programs that are one file each. */
const WHOLE = { about: 'src/about.ts', 'mcp-host': 'src/mcp-host.ts', install: 'src/install.ts' };

/**
 * Writes the bundles to `dist`. Only ES modules are split by esbuild, and only CommonJS loads in a
 * few ms: each part is made as the one and translated to the other. An import() becomes a
 * require(), whose part is loaded when the call runs.
 * @param {string} root @param {string} dist @returns {Promise<string>} a digest of all bundles
 */
export const writeBundles = async (root, dist) => {
  const made = [await bundled(root, dist, WHOLE), await bundled(root, dist, SPLIT)];
  const digest = createHash('sha256');
  for (const { path: file, text } of made.flat()) {
    const { code } = await transform(text.replace(/(["'])(\.\/[\w-]+)\.js\1/g, '"$2.cjs"'), {
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      supported: { 'dynamic-import': false },
      logOverride: { 'empty-import-meta': 'silent' },
    });
    const whole = wrapped(lazyNode(code));
    digest.update(whole);
    await writeFile(file.replace(/\.js$/, '.cjs'), whole);
  }
  return digest.digest('hex').slice(0, 12);
};

/**
 * @param {string} root @param {string} dist @param {Readonly<Record<string, string>>} programs
 */
const bundled = async (root, dist, programs) => {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: programs,
    outdir: dist,
    bundle: true,
    splitting: programs === SPLIT,
    chunkNames: 'part-[hash]',
    platform: 'node',
    target: 'node20',
    format: 'esm',
    legalComments: 'none',
    logLevel: 'warning',
    // What asks for it is only asked where there is a library.
    logOverride: { 'empty-import-meta': 'silent' },
    plugins: [shaken, lean],
    write: false,
  });
  return outputFiles;
};

/**
 * A part as `require` loads it, and as a script whose value is its function: the launcher compiles
 * the text as it is, without a copy of it in a wrapper.
 */
const wrapped = (/** @type {string} */ code) =>
  `(f => typeof module === "object" ? f(exports, require, module) : f)(function (exports, require, module) {\n${code}});\n`;

/**
 * Loads a module of Node when it is first used: crypto, http and fs/promises take longer than our
 * own code, and no start needs them.
 */
const lazyNode = (/** @type {string} */ code) => {
  /** @type {string[]} */ const names = [];
  const rest = code.replace(
    /^var (import_node_\w+) = ((?:__toESM\()?require\("node:[\w/]+"\)(?:, 1\))?);\n/gm,
    (_, name, load) => {
      names.push(name);
      return `lazyNode(${JSON.stringify(name)}, () => ${load});\n`;
    },
  );
  if (names.length === 0) return code;
  const used = new RegExp(`(?<!")\\b(?:${names.join('|')})\\b(?!")`, 'g');
  return `${LAZY_NODE}${rest.replace(used, 'nodes.$&')}`;
};

const LAZY_NODE = `var nodes = {}, lazyNode = (name, load) => Object.defineProperty(nodes, name, {
  configurable: true,
  get: () => {
    var value = load();
    Object.defineProperty(nodes, name, { value });
    return value;
  }
});
`;
