import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as either from 'fp-ts/lib/Either.js';
import * as fpFunction from 'fp-ts/lib/function.js';
import * as rxjs from 'rxjs';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const src = fileURLToPath(new URL('../../src', import.meta.url));

/**
 * The layers of src/README.md, top first: a file imports from its own layer and from those below.
 */
const LAYERS: readonly (readonly string[])[] = [
  ['main.ts', 'cli.ts', 'mcp-host.ts', 'install.ts', 'index.ts', 'testing.ts'],
  ['cli'],
  ['library'],
  ['server'],
  ['testing'],
  ['node'],
  ['turn'],
  ['session'],
  ['ports.ts'],
  ['bridge'],
  ['codex'],
  ['process'],
  ['plexum'],
  ['record'],
  ['lines'],
  ['marbles'],
  ['canonical'],
  ['streams'],
  ['text'],
];

/** Layers that lie lower, and are still not to be known. */
const FORBIDDEN: readonly (readonly [from: string, to: string])[] = [
  ['codex', 'plexum'],
  ['process', 'plexum'],
  ['canonical', 'text'],
];

interface Source {
  readonly file: string;
  readonly lines: number;
  readonly imports: readonly string[];
  /** Names that the module declares at its top level and exports, re-exports aside. */
  readonly exports: readonly string[];
  readonly declares: readonly string[];
}

const isExported = (node: ts.Node): boolean =>
  ts.canHaveModifiers(node) &&
  (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);

const namesOf = (statement: ts.Statement): string[] => {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  const isNamed =
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement);
  return isNamed && statement.name !== undefined ? [statement.name.text] : [];
};

const sourceOf = (file: string): Source => {
  const text = readFileSync(path.join(src, file), 'utf8');
  const { statements } = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true);
  const imports = statements.flatMap((statement) => {
    const isImport = ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement);
    const specifier = isImport ? statement.moduleSpecifier : undefined;
    if (specifier === undefined || !ts.isStringLiteral(specifier)) return [];
    return /^\.{1,2}\/.*\.js$/.test(specifier.text)
      ? [path.join(path.dirname(file), specifier.text).replace(/\.js$/, '.ts')]
      : [];
  });
  return {
    file,
    lines: text.split('\n').length - 1,
    imports,
    exports: [...new Set(statements.filter(isExported).flatMap(namesOf))],
    declares: [...new Set(statements.flatMap(namesOf))],
  };
};

const sources = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => sourceOf(file.split(path.sep).join('/')));

const folderOf = (file: string): string => file.split('/')[0] ?? file;
const rankOf = (file: string): number =>
  LAYERS.findIndex((layer) => layer.includes(folderOf(file)));

/** Paths of imports that lead from a file back to itself, each once. */
const cycles = (): string[] => {
  const importsOf = new Map(sources.map(({ file, imports }) => [file, imports]));
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (file: string, trail: readonly string[]): void => {
    const start = trail.indexOf(file);
    if (start !== -1) found.push([...trail.slice(start), file].join(' > '));
    if (start !== -1 || done.has(file)) return;
    for (const next of importsOf.get(file) ?? []) visit(next, [...trail, file]);
    done.add(file);
  };
  for (const { file } of sources) visit(file, []);
  return found;
};

describe('layers of src', () => {
  it('gives every file a layer', () => {
    expect(sources.map(({ file }) => file).filter((file) => rankOf(file) === -1)).toEqual([]);
    expect(sources.length).toBeGreaterThan(100);
  });

  it('lets imports go down only', () => {
    const upwards = sources.flatMap(({ file, imports }) =>
      imports.filter((to) => rankOf(to) < rankOf(file)).map((to) => `${file} > ${to}`),
    );
    expect(upwards).toEqual([]);
  });

  it('keeps codex and the host apart, and the canonical types on their own', () => {
    const known = sources.flatMap(({ file, imports }) =>
      imports
        .filter((to) => FORBIDDEN.some(([a, b]) => folderOf(file) === a && folderOf(to) === b))
        .map((to) => `${file} > ${to}`),
    );
    expect(known).toEqual([]);
  });

  it('has no cycle of imports', () => {
    expect(cycles()).toEqual([]);
  });
});

/** The executables and the exports of the package: nobody imports them. */
const isEntry = (file: string): boolean => !file.includes('/');

describe('sizes of src', () => {
  it('has no file of more than 150 lines', () => {
    const long = sources.filter(({ lines }) => lines > 150);
    expect(long.map(({ file, lines }) => `${file}: ${lines}`)).toEqual([]);
  });

  it('has no file of less than 25 lines that only one other file imports', () => {
    const importersOf = (file: string): string[] =>
      sources.filter(({ imports }) => imports.includes(file)).map((source) => source.file);
    const single = sources
      .filter(({ file, lines }) => lines < 25 && !isEntry(file))
      .map(({ file }) => ({ file, importers: importersOf(file) }))
      .filter(({ importers }) => importers.length <= 1);
    expect(single).toEqual([]);
  });
});

it('one file of src starts processes by execa', () => {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const users = files.filter((file) =>
    /import\('execa'\)|from 'execa'/.test(readFileSync(path.join(src, file), 'utf8')),
  );
  expect(users).toEqual([path.join('process', 'start.ts')]);
});

describe('names of src', () => {
  it('exports each name from one file', () => {
    const files = new Map<string, string[]>();
    for (const { file, exports } of sources)
      for (const name of exports) files.set(name, [...(files.get(name) ?? []), file]);
    const twice = [...files].filter(([, { length }]) => length > 1);
    expect(twice).toEqual([]);
  });

  it('declares no name that rxjs or fp-ts has', () => {
    const taken = new Set([rxjs, either, fpFunction].flatMap((module) => Object.keys(module)));
    const shadows = sources.flatMap(({ file, declares }) =>
      declares.filter((name) => taken.has(name)).map((name) => `${file}: ${name}`),
    );
    expect(shadows).toEqual([]);
  });
});
