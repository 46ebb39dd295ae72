import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A file of the project: its path below its folder, and its lines. */
export interface TextFile {
  readonly file: string;
  readonly lines: readonly string[];
}

/** The files of a folder of the project whose name matches, without the folders of recordings. */
export const filesOf = (folder: string, name: RegExp): TextFile[] =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => name.test(file))
    .map((file) => ({
      file: file.split(path.sep).join('/'),
      lines: readFileSync(path.join(root, folder, file), 'utf8')
        .replace(/\n$/, '')
        .split('\n'),
    }));

/** A source of `src/`, with what it imports and declares. */
export interface Source {
  readonly file: string;
  readonly lines: number;
  readonly startsByExeca: boolean;
  readonly imports: readonly string[];
  /** The files that it imports when they are needed, by `import()`. */
  readonly loads: readonly string[];
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

/** The source that a file means by a specifier; none for a package. */
const fileAt = (file: string, specifier: ts.Expression | undefined): string[] =>
  specifier !== undefined &&
  ts.isStringLiteral(specifier) &&
  /^\.{1,2}\/.*\.js$/.test(specifier.text)
    ? [path.join(path.dirname(file), specifier.text).replace(/\.js$/, '.ts')]
    : [];

const loadsIn = (file: string, node: ts.Node): string[] => {
  const isLoad = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
  const found = isLoad ? fileAt(file, node.arguments[0]) : [];
  ts.forEachChild(node, (child) => {
    found.push(...loadsIn(file, child));
  });
  return found;
};

const sourceOf = ({ file, lines }: TextFile): Source => {
  const text = lines.join('\n');
  const parsed = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true);
  const { statements } = parsed;
  const imports = statements.flatMap((statement) =>
    ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement)
      ? fileAt(file, statement.moduleSpecifier)
      : [],
  );
  return {
    file,
    lines: lines.length,
    startsByExeca: /import\('execa'\)|from 'execa'/.test(text),
    imports,
    loads: loadsIn(file, parsed),
    exports: [...new Set(statements.filter(isExported).flatMap(namesOf))],
    declares: [...new Set(statements.flatMap(namesOf))],
  };
};

export const sources = filesOf('src', /\.ts$/).map(sourceOf);
