import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { filesOf } from './sources.js';

/** A marble test, with the text of the functions of its file that it calls. */
interface MarbleTest {
  readonly place: string;
  readonly text: string;
}

const isMarbles = (node: ts.Node): node is ts.CallExpression =>
  ts.isCallExpression(node) && node.expression.getText() === 'marbles';

const descendants = (node: ts.Node): ts.Node[] => {
  const found = [node];
  ts.forEachChild(node, (child) => {
    found.push(...descendants(child));
  });
  return found;
};

/** A helper of the file may create the sources, or assert their subscriptions. */
const testsIn = ({ file, lines }: { file: string; lines: readonly string[] }): MarbleTest[] => {
  const source = ts.createSourceFile(file, lines.join('\n'), ts.ScriptTarget.ES2023, true);
  const nodes = descendants(source);
  const functions = new Map<string, ts.ArrowFunction>();
  for (const node of nodes)
    if (
      ts.isVariableDeclaration(node) &&
      node.initializer !== undefined &&
      ts.isArrowFunction(node.initializer)
    )
      functions.set(node.name.getText(), node.initializer);
  const called = (node: ts.Node, known: Set<ts.Node>): Set<ts.Node> => {
    known.add(node);
    for (const each of descendants(node)) {
      const helper = ts.isIdentifier(each) ? functions.get(each.text) : undefined;
      if (helper !== undefined && !known.has(helper)) called(helper, known);
    }
    return known;
  };
  return nodes.filter(isMarbles).map((node) => ({
    place: `${file}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`,
    text: [...called(node, new Set())].map((each) => each.getText()).join('\n'),
  }));
};

/** These tests are of `marbles` itself, and pass it any test. */
const OF_MARBLES = 'testing/marbles.test.ts';

const tests = filesOf('marble-tests', /\.ts$/)
  .filter(({ file }) => file !== OF_MARBLES && !file.startsWith('architecture/'))
  .flatMap(testsIn);

const hasSource = ({ text }: MarbleTest): boolean => /\b(cold|hot)(<\w+>)?\(/.test(text);

describe('subscriptions of marble tests', () => {
  it('finds the tests', () => {
    expect(tests.length).toBeGreaterThan(1_000);
    expect(tests.filter(hasSource).length).toBeGreaterThan(1_000);
  });

  it('are asserted by each that has a cold or a hot source', () => {
    const silent = tests.filter(
      (test) => hasSource(test) && !/\bexpectSubscriptions\(\s*\w/.test(test.text),
    );
    expect(
      silent.map(({ place }) => place),
      'end the test with expectSubscriptions(source.subscriptions).toBe(subs)',
    ).toEqual([]);
  });
});
