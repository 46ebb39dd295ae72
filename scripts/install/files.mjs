// What an installation does to the disk, as data; and how it is done: whole files by rename, so that nobody sees half of one, and no program that runs is written to.
import {
  chownSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fchmodSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { cannot, InstallError } from './install-error.mjs';
import { bytesOf, isCode, isStill, isThere } from './look.mjs';

/**
 * One step. `write` is for a file that is not there or of other content, `leave` changes nothing and says why, `copy` keeps the old one under a name that is free.
 * @typedef {{ does: 'write', file: string, bytes: Buffer, mode: number, old: Buffer | undefined }
 *   | { does: 'copy', file: string, as: string }
 *   | { does: 'remove', file: string }
 *   | { does: 'leave', file: string, why: string }} Step
 */

/** @param {string} file @param {string | Buffer} content @param {number} [mode] @returns {Step} */
export const written = (file, content, mode = 0o644) => {
  const [bytes, old] = [Buffer.from(content), bytesOf(file)];
  const same = old?.equals(bytes) === true && (mode & 0o100) === (statSync(file).mode & mode & 0o100);
  return same ? { does: 'leave', file, why: 'it is the same' } : { does: 'write', file, bytes, mode, old };
};

/** @param {string} file @param {string} suffix @returns {Step} */
export const copied = (file, suffix) => {
  let as = `${file}${suffix}`;
  for (let nth = 2; isThere(as); nth += 1) as = `${file}${suffix}-${nth}`;
  return { does: 'copy', file, as };
};

/** Does a step. Throws `InstallError`; then the file is what it was.
 * @param {Step} step */
export const perform = (step) => {
  if (step.does === 'write') put(step);
  if (step.does === 'copy') trying(`copy ${step.file}`, () => copy(step));
  if (step.does === 'remove') trying(`remove ${step.file}`, () => rmSync(step.file, { recursive: true, force: true }));
};

/** @param {Extract<Step, { does: 'write' }>} step */
const put = ({ file, bytes, mode, old }) => {
  const temporary = temporaryOf(file);
  try {
    trying(`write ${file}`, () => {
      makeDir(path.dirname(file));
      rmSync(temporary, { force: true });
      const fd = openSync(temporary, 'wx', mode);
      try {
        writeFileSync(fd, bytes);
        fchmodSync(fd, mode);
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
      own(temporary, existsSync(file) ? file : path.dirname(file));
      if (!isStill(file, old) && !isStill(file, bytes)) throw new InstallError('it has changed meanwhile; run this again');
      renameSync(temporary, file);
    });
  } finally {
    rmSync(temporary, { force: true });
  }
};

/** @param {Extract<Step, { does: 'copy' }>} step */
const copy = ({ file, as }) => {
  copyFileSync(file, as, constants.COPYFILE_EXCL);
  own(as, file);
};

/** @param {string} file */
const temporaryOf = (file) => path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}.new`);

/** The process that a temporary file of an installation belongs to; undefined for any other file.
 * @param {string} name */
export const writerOf = (name) => {
  const [, pid] = /^\..+\.(\d+)\.new$/.exec(name) ?? [];
  return pid === undefined ? undefined : Number(pid);
};

/** @param {string} dir */
const makeDir = (dir) => {
  if (existsSync(dir)) return;
  makeDir(path.dirname(dir));
  try {
    mkdirSync(dir);
  } catch (error) {
    if (isCode(error, 'EEXIST')) return;
    throw error;
  }
  own(dir, path.dirname(dir));
};

/** What root installs into the profile of another user belongs to that user.
 * @param {string} file @param {string} like */
const own = (file, like) => {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(like);
  chownSync(file, uid, gid);
};

/** @param {string} what @param {() => void} act */
const trying = (what, act) => {
  try {
    act();
  } catch (error) {
    throw cannot(what, error);
  }
};
