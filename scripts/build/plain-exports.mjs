// The exports of a part that esbuild has translated to CommonJS.

/**
 * Makes the exports of a part values, once the part has run. esbuild makes two getters of each, one
 * around the other, and every use of a name of another part calls both: what a turn calls for each
 * event takes a twentieth of its time longer. A part that assigns anew to what it exports keeps its
 * getters. Parts have no cycles.
 * @param {string} code
 */
export const plainExports = (code) => {
  const names = [...(EXPORTS.exec(code)?.[0] ?? '').matchAll(NAME)].map(([, name]) => name ?? '');
  if (!code.includes(GETTERS) || names.some((name) => isReassigned(code, name))) return code;
  return `${code.replace(GETTERS, '')}${VALUES}`;
};

const EXPORTS = /^__export\(stdin_exports, \{\n[\s\S]*?^\}\);$/m;
/** A binding of the part itself: what it exports of another part has a dot. */
const NAME = /: \(\) => ([\w$]+),?$/gm;

/**
 * Whether a part assigns to a name but where it makes it, at the beginning of a line: by `const`,
 * `let`, `function` and the like, or as TypeScript makes an enum.
 * @param {string} code @param {string} name
 */
const isReassigned = (code, name) => {
  const own = name.replaceAll('$', '\\$');
  const made = new RegExp(
    `^(?:const|let|var) ${own} =(?!=)|^(?:async )?(?:function\\*?|class) ${own}\\b|\\(${own} \\|\\| \\(${own} = \\{\\}\\)`,
    'gm',
  );
  const rest = code.replace(made, '');
  const assigned = new RegExp(
    `(?<![.\\w$])${own}\\s*(?:${OPERATOR}=(?![=>])|\\+\\+|--)|(?:\\+\\+|--)${own}(?![\\w$])`,
  );
  return rest.length === code.length || assigned.test(rest);
};
const OPERATOR = '(?:\\*\\*|<<|>>>?|&&|\\|\\||\\?\\?|[-+*/%&|^])?';

const GETTERS = 'module.exports = __toCommonJS(stdin_exports);\n';
const VALUES = `module.exports = Object.assign(__defProp({}, "__esModule", { value: true }), stdin_exports);
`;
