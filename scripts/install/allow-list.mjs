// `.plugins.allow` of plexum.json: the plugins that the daemon may start. Pure: text in, text out.
import { InstallError } from './install-error.mjs';
import { appended, memberOf, replaced, spanOf, without } from './json-edit.mjs';

/** @typedef {import('./json-edit.mjs').Span} Span */

/**
 * The text with the plugin in the list; the same text when it is there already. Throws
 * `InstallError` for a file that is not understood.
 * @param {string} file its name, for messages @param {string} text @param {string} name
 */
export const allowed = (file, text, name) => {
  const { root, plugins, allow, names } = read(file, text);
  const item = JSON.stringify(name);
  if (names.includes(name)) return text;
  if (allow?.kind === 'array') return appended(text, allow, item);
  if (allow !== undefined) return replaced(text, allow, `[${item}]`);
  if (plugins?.kind === 'object') return appended(text, plugins, `"allow": [${item}]`);
  if (plugins !== undefined) return replaced(text, plugins, `{"allow": [${item}]}`);
  return appended(text, root, `"plugins": {"allow": [${item}]}`);
};

/**
 * The text with the plugin out of the list. Throws as `allowed` does.
 * @param {string} file @param {string} text @param {string} name @returns {string}
 */
export const disallowed = (file, text, name) => {
  const { allow, names } = read(file, text);
  const nth = names.indexOf(name);
  return nth === -1 || allow === undefined
    ? text
    : disallowed(file, without(text, allow, nth), name);
};

/**
 * Whether there is a list. Throws as `allowed` does.
 * @param {string} file @param {string} text
 */
export const hasList = (file, text) => read(file, text).allow?.kind === 'array';

/**
 * Whether the plugin is in the list; false too where the file is not understood.
 * @param {string} text @param {string} name
 */
export const isAllowed = (text, name) => {
  try {
    return read('', text).names.includes(name);
  } catch {
    return false;
  }
};

/**
 * @param {string} file @param {string} text @returns {{ root: Span, plugins: Span | undefined,
 * allow: Span | undefined, names: string[] }}
 */
const read = (file, text) => {
  const odd = (/** @type {string} */ what) =>
    new InstallError(`${file}: ${what}; correct it and run this again. Nothing was changed`);
  let root;
  try {
    root = JSON.parse(text);
  } catch (error) {
    throw odd(`it is not JSON (${error instanceof Error ? error.message : error})`);
  }
  if (!isObject(root)) throw odd('expected an object');
  const inside = Object.hasOwn(root, 'plugins') ? root.plugins : null;
  if (inside !== null && !isObject(inside))
    throw odd(`.plugins: expected an object, got ${sample(inside)}`);
  const list = inside !== null && Object.hasOwn(inside, 'allow') ? inside.allow : null;
  if (list !== null && !(Array.isArray(list) && list.every((each) => typeof each === 'string')))
    throw odd(`.plugins.allow: expected an array of plugin names, got ${sample(list)}`);
  const span = rootOf(text, odd);
  const plugins = memberOf(span, 'plugins');
  return { root: span, plugins, allow: plugins && memberOf(plugins, 'allow'), names: list ?? [] };
};

/** @param {string} text @param {(what: string) => Error} odd */
const rootOf = (text, odd) => {
  try {
    return spanOf(text);
  } catch {
    throw odd('it is nested too deep');
  }
};

/** @param {unknown} value */
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
/** @param {unknown} value */
const sample = (value) =>
  Array.isArray(value)
    ? 'an array of something else'
    : typeof value === 'object'
      ? 'an object'
      : JSON.stringify(value).slice(0, 80);
