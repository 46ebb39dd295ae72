// An esbuild plugin: of execa a bundle gets what starts a process on Linux and macOS without
// printing it. As it is published, its words for signals, its colours and symbols, and how Windows
// finds a program take longer to make than all the rest of execa.
import { readFile } from 'node:fs/promises';

/** The modules for what no bundle uses, by what imports them. */
const ABSENT = new Map([
  // `verbose` is 'none'.
  ['figures', 'export default {}'],
  ['pretty-ms', 'export default String'],
  [
    'yoctocolors',
    'export const gray = String, bold = String, redBright = String, yellowBright = String',
  ],
  // Windows.
  ['./util/resolveCommand', 'module.exports = undefined'],
  ['./util/escape', 'module.exports = undefined'],
  ['./util/readShebang', 'module.exports = undefined'],
]);

/**
 * What is made when execa is loaded, and what takes its place.
 * @type {readonly { module: RegExp, replaced: readonly (readonly [string, string])[] }[]}
 */
const CHANGES = [
  {
    // execa compares the streams of a process with those of this one, which take 3 ms to make.
    module: /[\\/]execa[\\/].*[\\/]standard-stream\.js$/,
    replaced: [
      [
        '[process.stdin, process.stdout, process.stderr]',
        'Object.defineProperties([], { 0: { get: () => process.stdin }, 1: { get: () => process.stdout }, 2: { get: () => process.stderr } })',
      ],
      ['stream => STANDARD', "stream => 'fd' in stream && STANDARD"],
    ],
  },
  {
    // The words for a signal, for the message of a process that it has ended, take 1.5 ms to make.
    module: /[\\/]human-signals[\\/]build[\\/]src[\\/]main\.js$/,
    replaced: [
      [
        'signalsByName=getSignalsByName()',
        'signalsByName=new Proxy({},{get:(_,name)=>getSignalsByName()[name]})',
      ],
      ['export const signalsByNumber=getSignalsByNumber();', ''],
    ],
  },
];

export const leanExeca = {
  name: 'lean-execa',
  /** @param {import('esbuild').PluginBuild} builder */
  setup(builder) {
    builder.onResolve({ filter: /^(?:figures|pretty-ms|yoctocolors|\.\/util\/\w+)$/ }, (args) =>
      ABSENT.has(args.path) && /[\\/](?:execa|cross-spawn)[\\/]/.test(args.importer)
        ? { path: args.path, namespace: 'absent-of-execa' }
        : undefined,
    );
    builder.onLoad({ filter: /./, namespace: 'absent-of-execa' }, ({ path }) => ({
      contents: ABSENT.get(path) ?? '',
    }));
    for (const { module, replaced } of CHANGES)
      builder.onLoad({ filter: module }, async ({ path }) => {
        const source = await readFile(path, 'utf8');
        const contents = replaced.reduce((text, [from, to]) => text.replace(from, to), source);
        if (!replaced.every(([from]) => source.includes(from)))
          throw new Error(`${path} is not the one that ${import.meta.url} changes`);
        return { contents };
      });
  },
};
