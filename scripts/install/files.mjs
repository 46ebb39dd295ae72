// What an installation does to the disk, as data; and how it is done: whole files by rename, so
// that nobody sees half of one, and no program that runs is written to.
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { cannot, InstallError } from './install-error.mjs';
import { bytesOf, isCode, isStill, isThere } from './look.mjs';
import { acting } from './owner.mjs';

/**
 * One step. `write` is for a file that is not there or of other content, `leave` changes nothing
 * and says why, `copy` keeps the old one under a name that is free.
 * @typedef {{ does: 'write', file: string, bytes: Buffer, mode: number, old: Buffer | undefined }
 *   | { does: 'copy', file: string, as: string }
 *   | { does: 'remove', file: string }
 *   | { does: 'leave', file: string, why: string }} Step
 */

/** @param {string} file @param {string | Buffer} content @param {number} [mode] @returns {Step} */
export const written = (file, content, mode = 0o644) => {
  const [bytes, old] = [Buffer.from(content), bytesOf(file)];
  const same =
    old?.equals(bytes) === true && (mode & 0o100) === (statSync(file).mode & mode & 0o100);
  return same
    ? { does: 'leave', file, why: 'it is the same' }
    : { does: 'write', file, bytes, mode, old };
};

/** @param {string} file @param {string} suffix @returns {Step} */
export const copied = (file, suffix) => {
  let as = `${file}${suffix}`;
  for (let nth = 2; isThere(as); nth += 1) as = `${file}${suffix}-${nth}`;
  return { does: 'copy', file, as };
};

/**
 * Does a step, as the owner of its folder. Throws `InstallError`; then the file is what it was.
 * @param {Step} step @param {import('./owner.mjs').Owner | undefined} owner
 */
export const perform = (step, owner) =>
  acting(owner, () => {
    if (step.does === 'write') put(step);
    if (step.does === 'copy') trying(`copy ${step.file}`, () => copy(step));
    if (step.does === 'remove')
      trying(`remove ${step.file}`, () => rmSync(step.file, { recursive: true, force: true }));
  });

/** @param {Extract<Step, { does: 'write' }>} step */
const put = ({ file, bytes, mode, old }) => {
  const temporary = temporaryOf(file);
  try {
    trying(`write ${file}`, () => {
      mkdirSync(path.dirname(file), { recursive: true });
      rmSync(temporary, { force: true });
      make(
        temporary,
        bytes,
        mode,
        statSync(file, { throwIfNoEntry: false }) ?? statSync(path.dirname(file)),
      );
      if (!isStill(file, old) && !isStill(file, bytes))
        throw new InstallError('it has changed meanwhile; run this again');
      renameSync(temporary, file);
    });
  } finally {
    rmSync(temporary, { force: true });
  }
};

/** @param {Extract<Step, { does: 'copy' }>} step */
const copy = ({ file, as }) => {
  const fd = openSync(file, 'r');
  try {
    const like = fstatSync(fd);
    make(as, readFileSync(fd), like.mode & 0o777, like);
  } finally {
    closeSync(fd);
  }
};

/**
 * Makes a file that is not there yet, for the owner of `like` where this user may give it away.
 * @param {string} file @param {Buffer} bytes @param {number} mode @param
 * {import('./owner.mjs').Owner} like
 */
const make = (file, bytes, mode, like) => {
  const fd = openSync(file, 'wx', mode);
  try {
    writeFileSync(fd, bytes);
    give(fd, like);
    fchmodSync(fd, mode);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
};

/** @param {number} fd @param {import('./owner.mjs').Owner} to */
const give = (fd, { uid, gid }) => {
  const own = fstatSync(fd);
  if (own.uid === uid && own.gid === gid) return;
  try {
    fchownSync(fd, uid, gid);
  } catch (error) {
    if (!isCode(error, 'EPERM')) throw error;
  }
};

/** @param {string} file */
const temporaryOf = (file) =>
  path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}.new`);

/**
 * The process that a temporary file of an installation belongs to; undefined for any other file.
 * @param {string} name
 */
export const writerOf = (name) => {
  const [, pid] = /^\..+\.(\d+)\.new$/.exec(name) ?? [];
  return pid === undefined ? undefined : Number(pid);
};

/** @param {string} what @param {() => void} act */
const trying = (what, act) => {
  try {
    act();
  } catch (error) {
    throw cannot(what, error);
  }
};
