// The modules of Node that the code of a pack uses.

/**
 * Loads a module of Node when it is first used: crypto, http and fs/promises take longer than our
 * own code, and no start needs them.
 *
 * @param {string} code
 */
export const lazyNode = (code) => {
  /** @type {string[]} */ const names = [];
  const rest = code.replace(
    /^var (import_\w+) = ((?:__toESM\()?require\("node:[\w/]+"\)(?:, 1)?\)?);\n/gm,
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
