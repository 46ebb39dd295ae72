import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { filesOf } from './sources.js';

/** The folders whose operators get both tests of unsubscription; see ../README.md. */
const FOLDERS =
  /^(bridge|canonical|codex|lines|plexum|process|record|session|streams|turn)\/.*\.ts$/;

/** Operators that go on after an unsubscribe, as their own tests show. */
const OUTLIVES: readonly string[] = [
  'codex/app-server/share-app-server.ts: shareAppServer',
  'streams/turn-by-turn.ts: turnByTurn',
];

/** Parameters that control a stream and are not its source. */
const CONTROLS = /^(ready|cancel|cancelled)\$$/;

const isOfSource = (parameter: ts.ParameterDeclaration): boolean =>
  /\bObservable</.test(parameter.type?.getText() ?? '') && !CONTROLS.test(parameter.name.getText());

/** Whether it is an operator, or a function from a source to a stream. */
const isOperator = ({ initializer }: ts.VariableDeclaration): boolean => {
  if (initializer === undefined || !ts.isArrowFunction(initializer)) return false;
  const { type, parameters, body } = initializer;
  const result = type?.getText() ?? (ts.isArrowFunction(body) ? body.type?.getText() : '') ?? '';
  return (
    /^(MonoType)?OperatorFunction</.test(result) ||
    (/^Observable</.test(result) && parameters.some(isOfSource))
  );
};

const exportedOperators = ({ file, lines }: { file: string; lines: readonly string[] }) =>
  ts
    .createSourceFile(file, lines.join('\n'), ts.ScriptTarget.ES2023, true)
    .statements.filter(ts.isVariableStatement)
    .filter(({ modifiers = [] }) =>
      modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword),
    )
    .flatMap(({ declarationList }) => [...declarationList.declarations])
    .filter(isOperator)
    .map(({ name }) => ({ file, name: name.getText() }));

const operators = filesOf('src', FOLDERS).flatMap(exportedOperators);
const tests = filesOf('marble-tests', /\.(marbles|test)\.ts$/);

/** The number of pairs in the tests of a file of `src/`. */
const pairsOf = (file: string): number => {
  const base = file.replace(/ts$/, '');
  const text = tests
    .filter((test) => test.file.startsWith(base))
    .flatMap(({ lines }) => lines)
    .join('\n');
  const count = (pattern: RegExp): number => [...text.matchAll(pattern)].length;
  const both = count(/\btestUnsubscription[(<]/g);
  const stops =
    both + count(/'stops a synchronous source when unsubscribed'|testSynchronousStop\(/g);
  return Math.min(stops, both + count(/keeps the unsubscription chain|testChain\(/g));
};

describe('unsubscription of operators', () => {
  it('finds the operators', () => {
    const names = operators.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['splitLines', 'during', 'concatSteps', 'tail']));
    expect(names.length).toBeGreaterThan(40);
  });

  it('is tested for each: it stops a synchronous source and keeps the chain', () => {
    const files = [...new Set(operators.map(({ file }) => file))];
    const untested = files
      .map((file) => ({
        file,
        names: operators
          .filter((operator) => operator.file === file)
          .map(({ name }) => name)
          .filter((name) => !OUTLIVES.includes(`${file}: ${name}`)),
      }))
      .filter(({ file, names }) => pairsOf(file) < names.length)
      .map(({ file, names }) => `${file}: ${names.join()} (${pairsOf(file)} pairs)`);
    expect(
      untested,
      "call testUnsubscription of marble-tests/support/unsubscription.ts for each in the file's own marbles",
    ).toEqual([]);
  });
});
