// The mutations of a source file: each changes one expression or statement.
import ts from 'typescript';

/**
 * @typedef {object} Mutation
 * @property {number} start
 * @property {number} end
 * @property {string} text What replaces the source from `start` to `end`.
 * @property {string} change For people: before → after.
 * @property {number} line
 */

/** @type {ReadonlyMap<ts.SyntaxKind, string>} */
const OPERATORS = new Map([
  [ts.SyntaxKind.EqualsEqualsEqualsToken, '!=='],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken, '==='],
  [ts.SyntaxKind.LessThanToken, '<='],
  [ts.SyntaxKind.LessThanEqualsToken, '<'],
  [ts.SyntaxKind.GreaterThanToken, '>='],
  [ts.SyntaxKind.GreaterThanEqualsToken, '>'],
  [ts.SyntaxKind.AmpersandAmpersandToken, '||'],
  [ts.SyntaxKind.BarBarToken, '&&'],
  [ts.SyntaxKind.PlusToken, '-'],
  [ts.SyntaxKind.MinusToken, '+'],
]);

const SWAPS = new Map([
  ['merge', 'concat'],
  ['concat', 'merge'],
]);

/** @param {ts.Node} node */
const isText = (node) => ts.isStringLiteralLike(node) || ts.isTemplateExpression(node);

/** Whether a literal is a value: not a type, a module name or a key. @param {ts.Node} node */
const isValue = (node) =>
  !ts.isImportDeclaration(node.parent) &&
  !ts.isExportDeclaration(node.parent) &&
  !ts.isLiteralTypeNode(node.parent) &&
  !(ts.isPropertyAssignment(node.parent) && node.parent.name === node) &&
  // `type` in `t.literal('x')` and the tag of a union are covered by the types.
  !(ts.isCallExpression(node.parent) && node.parent.expression.getText() === 't.literal');

/**
 * The mutations of one node.
 *
 * @param {ts.Node} node
 * @returns {readonly { node: ts.Node, text: string }[]}
 */
const mutationsOf = (node) => {
  if (ts.isBinaryExpression(node)) {
    const operator = OPERATORS.get(node.operatorToken.kind);
    const isConcatenation = [node.left, node.right].some(isText);
    return operator === undefined || (operator === '-' && isConcatenation)
      ? []
      : [{ node: node.operatorToken, text: operator }];
  }
  if (ts.isConditionalExpression(node))
    return [{ node: node.condition, text: `!(${node.condition.getText()})` }];
  if (ts.isIfStatement(node))
    return [{ node: node.expression, text: `!(${node.expression.getText()})` }];
  if (node.kind === ts.SyntaxKind.TrueKeyword && !ts.isLiteralTypeNode(node.parent))
    return [{ node, text: 'false' }];
  if (node.kind === ts.SyntaxKind.FalseKeyword && !ts.isLiteralTypeNode(node.parent))
    return [{ node, text: 'true' }];
  if (ts.isNumericLiteral(node) && isValue(node))
    return [
      { node, text: `(${node.text} + 1)` },
      { node, text: `(${node.text} - 1)` },
    ];
  if (ts.isStringLiteral(node) && node.text !== '' && isValue(node)) return [{ node, text: "''" }];
  if (ts.isExpressionStatement(node)) return [{ node, text: ';' }];
  if (ts.isCallExpression(node)) return callMutations(node);
  return [];
};

/** @param {ts.CallExpression} call */
const callMutations = ({ expression, arguments: args }) => {
  if (ts.isPropertyAccessExpression(expression) && expression.name.text === 'pipe')
    return args.map((node) => ({ node, text: '(/** @type {any} */ (source) => source)' }));
  const swap = ts.isIdentifier(expression) ? SWAPS.get(expression.text) : undefined;
  return swap === undefined ? [] : [{ node: expression, text: `mutant_${swap}` }];
};

const IMPORT = "import { concat as mutant_concat, merge as mutant_merge } from 'rxjs';";

/**
 * Lists the mutations of a source file.
 *
 * @param {string} name
 * @param {string} source
 * @returns {Mutation[]}
 */
export const mutations = (name, source) => {
  const file = ts.createSourceFile(name, source, ts.ScriptTarget.ES2023, true);
  /** @type {Mutation[]} */ const found = [];
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node)) return;
    for (const { node: target, text } of mutationsOf(node)) {
      const before = target.getText().replaceAll(/\s+/g, ' ');
      found.push({
        start: target.getStart(),
        end: target.end,
        text,
        change: `${before.slice(0, 60)} → ${text.slice(0, 60)}`,
        line: file.getLineAndCharacterOfPosition(target.getStart()).line + 1,
      });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
};

/**
 * The source with one mutation. Lines keep their numbers. @param {string} source @param {Mutation}
 * mutation
 */
export const mutate = (source, { start, end, text }) =>
  `${text.startsWith('mutant_') ? IMPORT : ''}${source.slice(0, start)}${text}${source.slice(end)}`;
