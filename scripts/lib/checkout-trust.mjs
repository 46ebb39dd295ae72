// Whether root may run what lies in a checkout, and anybody what lies in a profile.
import { lstatSync, readdirSync, realpathSync } from 'node:fs';
import path from 'node:path';

/**
 * @typedef {{
 *   readonly file: string,
 *   readonly why: string,
 *   readonly isAbove: boolean,
 * }} Weakness
 */

const RUN = ['package.json', 'scripts', 'dist'];
const BUILT_FROM = ['package-lock.json', '.npmrc', 'tsconfig.json', 'src', 'node_modules'];

/**
 * The first file of a checkout, or folder above it, that a user who is not in `owners` can change;
 * `undefined` when there is none. Looks at `names`; with `builds` the files that npm and the build
 * run count too. Links count as what they lead to.
 * @param {string} root @param {{ builds: boolean, owners: readonly number[], names?: readonly
 * string[] }} options
 * @returns {Weakness | undefined}
 */
export const weaknessOf = (root, { builds, owners, names = RUN }) => {
  /** @type {Set<string>} */
  const seen = new Set();
  const base = realpathSync(root);

  /** Of one name. @param {string} file @returns {Weakness | undefined} */
  const look = (file) => {
    const stat = lstatSync(file);
    const found = (/** @type {string} */ why) => ({ file, why, isAbove: !isBelow(base, file) });
    if (!owners.includes(stat.uid)) return found(`belongs to user ${stat.uid}`);
    if (stat.isSymbolicLink()) return undefined;
    // In a folder like /tmp nobody renames what belongs to others.
    const isSticky = stat.isDirectory() && (stat.mode & 0o1000) !== 0 && !isBelow(base, file);
    if (isSticky || (stat.mode & 0o022) === 0) return undefined;
    return found(`may be written by ${(stat.mode & 0o002) !== 0 ? 'everybody' : 'its group'}`);
  };

  /**
   * Of a name, what it leads to, and what lies below. @param {string} file @returns {Weakness |
   * undefined}
   */
  const search = (file) => {
    if (seen.has(file) || lstatSync(file, { throwIfNoEntry: false }) === undefined)
      return undefined;
    seen.add(file);
    const weakness = look(file);
    if (weakness !== undefined) return weakness;
    const stat = lstatSync(file);
    if (stat.isSymbolicLink()) return searchTarget(file);
    if (!stat.isDirectory()) return undefined;
    return firstOf(
      readdirSync(file).map((name) => path.join(file, name)),
      search,
    );
  };

  /** Of the target of a link. @param {string} link */
  const searchTarget = (link) => {
    let target;
    try {
      target = realpathSync(link);
    } catch {
      return undefined;
    }
    return firstOf(foldersAbove(target), lookOnce) ?? search(target);
  };

  /** @param {string} file */
  const lookOnce = (file) => {
    if (seen.has(`above ${file}`)) return undefined;
    seen.add(`above ${file}`);
    return look(file);
  };

  return (
    firstOf([...foldersAbove(base), base], lookOnce) ??
    firstOf(
      [...names, ...(builds ? BUILT_FROM : [])].map((name) => path.join(base, name)),
      search,
    )
  );
};

/** From the root folder on. @param {string} file @returns {string[]} */
const foldersAbove = (file) => {
  const dir = path.dirname(file);
  return dir === file ? [] : [...foldersAbove(dir), dir];
};

/** @param {string} dir @param {string} file */
const isBelow = (dir, file) => file === dir || file.startsWith(`${dir}${path.sep}`);

/**
 * @param {readonly string[]} files @param {(file: string) => Weakness | undefined} find
 * @returns {Weakness | undefined}
 */
const firstOf = (files, find) => {
  for (const file of files) {
    const weakness = find(file);
    if (weakness !== undefined) return weakness;
  }
  return undefined;
};

/**
 * Why root does not run what lies in a checkout, and what to do; `undefined` when it may. As git
 * does, root takes the files of the user who called sudo for its own, except for a build, which
 * would leave files of root among them.
 * @param {string} root @param {{ builds: boolean, uid: number | undefined, sudoUid: string |
 * undefined }} options
 */
export const refusalOf = (root, { builds, uid, sudoUid }) => {
  if (uid !== 0) return undefined;
  const sudoer = /^\d+$/.test(sudoUid ?? '') ? [Number(sudoUid)] : [];
  const weakness = weaknessOf(root, { builds, owners: [0, ...(builds ? [] : sudoer)] });
  if (weakness === undefined) return undefined;
  const { file, why, isAbove } = weakness;
  const isTheirs = builds && weaknessOf(root, { builds, owners: [0, ...sudoer] }) === undefined;
  const what = builds ? 'root does not run npm and the build here' : 'root does not run this';
  const remedy = isTheirs
    ? `build it as user ${sudoer.join()} (npm ci && npm run build) and run this again`
    : isAbove
      ? 'move the checkout to where only root may write, for instance below /opt, and run this again'
      : `run this as the user that the checkout and the profile belong to, or give the checkout to root: chown -Rh 0:0 ${quote(root)} && chmod -R go-w ${quote(root)}`;
  return `${what}: ${file} ${why}, who could so run programs as root; ${remedy}. Nothing was changed`;
};

/** @param {string} text */
const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;
