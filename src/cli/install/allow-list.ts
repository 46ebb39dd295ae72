import { reasonOf } from '../../text/explain.js';
import { InstallError } from './install-error.js';
import {
  appendEntry,
  memberOf,
  removeEntry,
  replaceRange,
  type Span,
  spanOf,
} from './json-edit.js';

/** `.plugins.allow` of plexum.json: the plugins that the daemon may start. */
interface AllowList {
  readonly root: Span;
  readonly plugins: Span | undefined;
  readonly allow: Span | undefined;
  readonly names: readonly string[];
}

/**
 * The text of plexum.json with the plugin in the allow list, every other byte unchanged. The same
 * text when the plugin is in the list already. Throws `InstallError`, which names `file`, when the
 * text is not of the expected form.
 */
export const addToAllowList = (file: string, text: string, name: string): string => {
  const { root, plugins, allow, names } = readAllowList(file, text);
  const item = JSON.stringify(name);
  if (names.includes(name)) return text;
  if (allow?.kind === 'array') return appendEntry(text, allow, item);
  if (allow !== undefined) return replaceRange(text, allow, `[${item}]`);
  if (plugins?.kind === 'object') return appendEntry(text, plugins, `"allow": [${item}]`);
  if (plugins !== undefined) return replaceRange(text, plugins, `{"allow": [${item}]}`);
  return appendEntry(text, root, `"plugins": {"allow": [${item}]}`);
};

/** The text of plexum.json with the plugin removed from the list. Throws as `addToAllowList`. */
export const removeFromAllowList = (file: string, text: string, name: string): string => {
  const { allow, names } = readAllowList(file, text);
  const nth = names.indexOf(name);
  return nth === -1 || allow === undefined
    ? text
    : removeFromAllowList(file, removeEntry(text, allow, nth), name);
};

/** Whether plexum.json has a list. Throws as `addToAllowList`. */
export const hasAllowList = (file: string, text: string): boolean =>
  readAllowList(file, text).allow?.kind === 'array';

/** Whether the plugin is in the list. False when the text is not of the expected form. */
export const isAllowed = (text: string, name: string): boolean => {
  try {
    return readAllowList('', text).names.includes(name);
  } catch {
    return false;
  }
};

const readAllowList = (file: string, text: string): AllowList => {
  const formError = (problem: string): InstallError =>
    new InstallError(`${file}: ${problem}; correct it and run this again. Nothing was changed`);
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch (error) {
    throw formError(`it is not JSON (${reasonOf(error)})`);
  }
  if (!isObject(root)) throw formError('expected an object');
  const inside = Object.hasOwn(root, 'plugins') ? root['plugins'] : null;
  if (inside !== null && !isObject(inside))
    throw formError(`.plugins: expected an object, got ${excerptOf(inside)}`);
  const list = inside !== null && Object.hasOwn(inside, 'allow') ? inside['allow'] : null;
  if (list !== null && !isNames(list))
    throw formError(`.plugins.allow: expected an array of plugin names, got ${excerptOf(list)}`);
  const span = rootSpan(text, formError);
  const plugins = memberOf(span, 'plugins');
  return { root: span, plugins, allow: plugins && memberOf(plugins, 'allow'), names: list ?? [] };
};

const rootSpan = (text: string, formError: (problem: string) => InstallError): Span => {
  try {
    return spanOf(text);
  } catch {
    throw formError('it is nested too deep');
  }
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isNames = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((name) => typeof name === 'string');

const excerptOf = (value: unknown): string =>
  Array.isArray(value)
    ? 'an array of something else'
    : typeof value === 'object'
      ? 'an object'
      : JSON.stringify(value).slice(0, 80);
