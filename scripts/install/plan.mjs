// What there is to do in a profile, as steps: it reads, and changes nothing.
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { allowed, disallowed, hasList } from './allow-list.mjs';
import { EXECUTABLE, SCHEMA } from './built.mjs';
import { copied, writerOf, written } from './files.mjs';
import { inUse } from './in-use.mjs';
import { InstallError } from './install-error.mjs';
import { launcher, VERSIONS, versionOf } from './launcher.mjs';
import { bytesOf, isThere, realOf } from './look.mjs';

/** @typedef {import('./files.mjs').Step} Step */

export const PLUGIN = 'plexum-openai-provider';
/** @param {string} profile */
export const pluginDir = (profile) => path.join(profile, 'plugins', PLUGIN);
/** @param {string} profile */
export const plexumFile = (profile) => path.join(profile, 'plexum.json');

/**
 * The launcher goes last but for what describes it: until then the version that was there is
 * started, and from then on the new one, whole.
 * @param {{ profile: string, built: import('./built.mjs').Built, manifest: string, nodes: string[],
 * codex: string | undefined }} options @returns {Step[]}
 */
export const installSteps = ({ profile, built, manifest, nodes, codex }) => {
  const dir = pluginDir(profile);
  const at = (/** @type {string[]} */ ...names) => path.join(dir, ...names);
  const start = at(EXECUTABLE);
  const before = bytesOf(start);
  const text = launcher({ executable: EXECUTABLE, version: built.version, dir, nodes });
  const beforeVersion = before && versionOf(before.toString('utf8'));
  const config = `${JSON.stringify({ $schema: `./${SCHEMA}`, ...(codex === undefined ? {} : { binary: codex }) }, null, 2)}\n`;
  const isForeign = before !== undefined && beforeVersion === undefined;
  const isNew = before?.equals(Buffer.from(text)) !== true;
  return [
    ...[...built.files].map(([name, bytes]) =>
      written(at(VERSIONS, built.version, name), bytes, name === EXECUTABLE ? 0o755 : 0o644),
    ),
    written(at(SCHEMA), built.schema),
    isThere(at('config.json'))
      ? { does: 'leave', file: at('config.json'), why: 'it is yours' }
      : written(at('config.json'), config),
    ...(isForeign ? [copied(start, '.replaced')] : []),
    written(start, text, 0o755),
    written(at('manifest.json'), manifest),
    ...(isNew ? outdated(dir, [built.version, beforeVersion]) : []),
  ];
};

/**
 * What other installations left: versions that nobody uses any more, but for these, and files that
 * were cut off.
 * @param {string} dir @param {(string | undefined)[]} kept @returns {Step[]}
 */
const outdated = (dir, kept) => {
  const old = namesIn(path.join(dir, VERSIONS)).filter((name) => !kept.includes(name));
  const used = inUse(old);
  const cutOff = [
    dir,
    ...namesIn(path.join(dir, VERSIONS)).map((name) => path.join(dir, VERSIONS, name)),
  ].flatMap((folder) =>
    namesIn(folder)
      .filter((name) => isGone(writerOf(name)))
      .map((name) => path.join(folder, name)),
  );
  return [
    ...old.filter((name) => !used.includes(name)).map((name) => path.join(dir, VERSIONS, name)),
    ...cutOff,
  ].map((file) => ({
    does: 'remove',
    file,
  }));
};

/** @param {string} profile @returns {Step[]} */
export const uninstallSteps = (profile) => {
  const dir = pluginDir(profile);
  const at = (/** @type {string[]} */ ...names) => path.join(dir, ...names);
  const text = bytesOf(at(EXECUTABLE))?.toString('utf8');
  const isForeign = text !== undefined && versionOf(text) === undefined;
  const versions = namesIn(at(VERSIONS));
  const used = inUse(versions);
  /** @type {Step[]} */
  const ours = [
    ...[EXECUTABLE, 'manifest.json'].filter(
      () => !isForeign && (text !== undefined || versions.length > 0),
    ),
    ...(text === undefined && versions.length === 0 ? [] : [SCHEMA]),
    ...versions
      .filter((version) => !used.includes(version))
      .map((version) => path.join(VERSIONS, version)),
    ...(versions.length > 0 && used.length === 0 ? [VERSIONS] : []),
  ]
    .map((name) => at(name))
    .filter(isThere)
    .map((file) => ({ does: 'remove', file }));
  return [
    ...ours,
    ...used.map(
      (version) =>
        /** @type {const} */ ({
          does: 'leave',
          file: at(VERSIONS, version),
          why: 'a process uses it; run this again when it has ended',
        }),
    ),
    ...(isForeign
      ? [
          /** @type {const} */ ({
            does: 'leave',
            file: at(EXECUTABLE),
            why: 'it was not installed by this script',
          }),
        ]
      : []),
  ];
};

/**
 * Puts the plugin into the list of plexum.json, or takes it out; nothing when it is so already.
 * Throws `InstallError` for a file that is not understood.
 * @param {string} profile @param {boolean} isWanted @returns {Step[]}
 */
export const allowSteps = (profile, isWanted) => {
  const file = realOf(plexumFile(profile));
  const bytes = bytesOf(file);
  if (bytes === undefined)
    return isWanted
      ? [written(file, `${JSON.stringify({ plugins: { allow: [PLUGIN] } }, null, 2)}\n`, 0o600)]
      : [];
  const before = textOf(file, bytes);
  const after = isWanted ? allowed(file, before, PLUGIN) : disallowed(file, before, PLUGIN);
  return after === before
    ? [{ does: 'leave', file, why: 'it is so already' }]
    : [copied(file, '.bak'), written(file, after, statSync(file).mode & 0o777)];
};

/**
 * Other plugins of a profile that has no list yet: one with a single name may shut them out.
 * @param {string} profile
 */
export const othersLeftOut = (profile) => {
  const bytes = bytesOf(plexumFile(profile));
  const isListed =
    bytes !== undefined && hasList(plexumFile(profile), textOf(plexumFile(profile), bytes));
  return isListed ? [] : namesIn(path.join(profile, 'plugins')).filter((name) => name !== PLUGIN);
};

/** @param {string} file @param {Buffer} bytes */
const textOf = (file, bytes) => {
  try {
    return new TextDecoder('utf8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new InstallError(
      `${file} is not UTF-8; correct it and run this again. Nothing was changed`,
    );
  }
};

/** @param {string} dir */
const namesIn = (dir) => {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
};

/** @param {number | undefined} pid */
const isGone = (pid) => {
  if (pid === undefined) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
};
