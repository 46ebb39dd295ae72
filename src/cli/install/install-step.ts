import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { createFolder } from '../../process/create-folder.js';
import { codeOf } from '../../text/explain.js';
import { hasBytes, nameExists, readBytes } from './disk.js';
import { fileError, InstallError } from './install-error.js';
import { type Owner, runAs } from './owner.js';

/** Writes a file that does not exist or has other content. `old` is the content it replaces. */
interface WriteStep {
  readonly does: 'write';
  readonly file: string;
  readonly bytes: Buffer;
  readonly mode: number;
  readonly old: Buffer | undefined;
}

/** Keeps a copy of a file under a free name. */
interface CopyStep {
  readonly does: 'copy';
  readonly file: string;
  readonly as: string;
}

/** One change of the disk, as data. `leave` changes nothing and gives the reason. */
export type InstallStep =
  | WriteStep
  | CopyStep
  | { readonly does: 'remove'; readonly file: string }
  | { readonly does: 'leave'; readonly file: string; readonly why: string };

/** The step that gives a file this content and mode. */
export const writeStep = (file: string, content: string | Buffer, mode = 0o644): InstallStep => {
  const bytes = Buffer.from(content);
  const old = readBytes(file);
  const isSame =
    old?.equals(bytes) === true && (mode & 0o100) === (statSync(file).mode & mode & 0o100);
  return isSame
    ? { does: 'leave', file, why: 'it is the same' }
    : { does: 'write', file, bytes, mode, old };
};

/** The step that keeps a copy of a file as `file.suffix`, or as `file.suffix-2` and so on. */
export const copyStep = (file: string, suffix: string): InstallStep => {
  let as = `${file}${suffix}`;
  for (let nth = 2; nameExists(as); nth += 1) as = `${file}${suffix}-${nth}`;
  return { does: 'copy', file, as };
};

/**
 * Performs a step as the owner of the profile. Files are written whole, by rename: nobody reads
 * half a file, and a running program is not overwritten. Throws `InstallError`; the file is then
 * unchanged.
 */
export const performStep = (step: InstallStep, owner: Owner | undefined): void => {
  runAs(owner, () => {
    if (step.does === 'write') replaceFile(step);
    if (step.does === 'copy') attempt(`copy ${step.file}`, () => copyFile(step));
    if (step.does === 'remove')
      attempt(`remove ${step.file}`, () => rmSync(step.file, { recursive: true, force: true }));
  });
};

const replaceFile = ({ file, bytes, mode, old }: WriteStep): void => {
  const temporary = temporaryName(file);
  try {
    attempt(`write ${file}`, () => {
      createFolder(path.dirname(file), 0o755);
      rmSync(temporary, { force: true });
      const like = statSync(file, { throwIfNoEntry: false }) ?? statSync(path.dirname(file));
      createFile(temporary, bytes, mode, like);
      if (!hasBytes(file, old) && !hasBytes(file, bytes))
        throw new InstallError('it has changed meanwhile; run this again');
      renameSync(temporary, file);
    });
  } finally {
    rmSync(temporary, { force: true });
  }
};

const copyFile = ({ file, as }: CopyStep): void => {
  const like = statSync(file);
  createFile(as, readBytes(file) ?? Buffer.of(), like.mode & 0o777, like);
};

/** Creates a new file that belongs to the owner of `like` where this user may give files away. */
const createFile = (file: string, bytes: Buffer, mode: number, like: Owner): void => {
  const fd = openSync(file, 'wx', mode);
  try {
    writeFileSync(fd, bytes);
    changeOwner(fd, like);
    fchmodSync(fd, mode);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
};

const changeOwner = (fd: number, { uid, gid }: Owner): void => {
  const own = fstatSync(fd);
  if (own.uid === uid && own.gid === gid) return;
  try {
    fchownSync(fd, uid, gid);
  } catch (error) {
    if (codeOf(error) !== 'EPERM') throw error;
  }
};

const temporaryName = (file: string): string =>
  path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}.new`);

/** The process that writes a temporary file of an installation; `undefined` for other names. */
export const writerOf = (name: string): number | undefined => {
  const pid = /^\..+\.(\d+)\.new$/.exec(name)?.[1];
  return pid === undefined ? undefined : Number(pid);
};

const attempt = (what: string, act: () => void): void => {
  try {
    act();
  } catch (error) {
    throw fileError(what, error);
  }
};
