// An esbuild plugin: of the MCP SDK and zod a bundle gets what it calls, and a schema is made when
// it is first used. As it is published, the SDK makes 159 schemas when it is loaded, and brings a
// validator of JSON Schema, zod 3 and every language of zod: together they would be most of the
// start.
import { readFile } from 'node:fs/promises';

/** The modules of the SDK that serve what no bundle calls, by the end of their names. */
const ABSENT = new Map([
  // Server asks for it unless it is given a validator, as it is here.
  ['validation/ajv-provider.js', 'export class AjvJsonSchemaValidator {}'],
  // Every schema of the SDK is one of zod 4.
  ['zod/v3', 'export {}'],
  ['zod-to-json-schema', 'export const zodToJsonSchema = undefined'],
]);

const TYPES = /[\\/]@modelcontextprotocol[\\/]sdk[\\/]dist[\\/]esm[\\/]types\.js$/;
/** A schema of `types.js`: a statement that begins and ends in the first column. */
const SCHEMA =
  /^(export )?const (\w+Schema) = ([\s\S]*?);\n(?=export |const |function |class |\/\*|\/\/|\(|$)/gm;
const LAZY = 'const lazySchema = (make) => { let made; return () => (made ??= make()); };\n';
const IMPORT = /^import\s[\s\S]*?;$/gm;
const FROM_TYPES = /from '(?:@modelcontextprotocol\/sdk|\.{1,2}(?:\/\.\.)?)\/types\.js'/;

/** @param {string} source @param {RegExp} names */
const called = (source, names) => source.replace(names, '$&()');

/** `types.js` with functions for schemas. @param {string} source @param {RegExp} names */
const lazily = (source, names) =>
  LAZY +
  source
    .split(SCHEMA)
    .map((part, at) => {
      // Of each match: the export, which may be missing, the name, the value, and the rest.
      if (at % 4 === 1) return [part].join('');
      if (at % 4 === 2) return `const ${part} = /* @__PURE__ */ lazySchema(() => `;
      if (at % 4 === 3) return `${called(part, names)});\n`;
      return called(part, names);
    })
    .join('');

/** A module that uses schemas of `types.js`. @param {string} source @param {RegExp} names */
const calling = (source, names) => {
  const imports = source.match(IMPORT) ?? [];
  if (!imports.some((each) => FROM_TYPES.test(each))) return undefined;
  return source
    .split(IMPORT)
    .map((part, at) => called(part, names) + (imports[at] ?? ''))
    .join('');
};

export const lean = {
  name: 'lean',
  /** @param {import('esbuild').PluginBuild} builder */
  setup(builder) {
    /** @type {Promise<RegExp> | undefined} */ let found;
    const schemaNames = (/** @type {string} */ resolveDir) =>
      (found ??= builder
        .resolve('@modelcontextprotocol/sdk/types.js', { kind: 'import-statement', resolveDir })
        .then(({ path }) => readFile(path, 'utf8'))
        .then((source) => {
          const names = [...source.matchAll(SCHEMA)].map((match) => match[2]);
          if (names.length < 100) throw new Error('the schemas of the MCP SDK were not recognised');
          return new RegExp(`\\b(?:${names.join('|')})\\b`, 'g');
        }));

    builder.onResolve(
      { filter: /^zod\/v3$|^zod-to-json-schema$|ajv-provider\.js$/ },
      ({ path }) => ({
        path: [...ABSENT.keys()].find((name) => path.endsWith(name)) ?? path,
        namespace: 'absent',
      }),
    );
    builder.onLoad({ filter: /./, namespace: 'absent' }, ({ path }) => ({
      contents: ABSENT.get(path) ?? '',
    }));
    builder.onResolve({ filter: /^@modelcontextprotocol\/sdk\/|^\.{1,2}\// }, async (args) => {
      if (args.pluginData === lean || !/modelcontextprotocol/.test(args.path + args.importer))
        return undefined;
      const { path, errors } = await builder.resolve(args.path, {
        kind: args.kind,
        importer: args.importer,
        resolveDir: args.resolveDir,
        pluginData: lean,
      });
      return { path, errors, sideEffects: false };
    });
    // zod writes and compiles a function for each schema that it uses, which takes longer than the
    // few frames of a host that it reads.
    builder.onLoad({ filter: /[\\/]zod[\\/]v4[\\/]core[\\/]core\.js$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const contents = source.replace(
        '__zod_globalConfig = {}',
        '__zod_globalConfig = { jitless: true }',
      );
      if (contents === source) throw new Error('the configuration of zod was not recognised');
      return { contents };
    });
    builder.onLoad({ filter: /[\\/]@modelcontextprotocol[\\/].*\.js$|\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const names = await schemaNames(builder.initialOptions.absWorkingDir ?? process.cwd());
      const contents = TYPES.test(path) ? lazily(source, names) : calling(source, names);
      return contents === undefined
        ? undefined
        : { contents, loader: path.endsWith('.ts') ? 'ts' : 'js' };
    });
  },
};
