import { fchmodSync, fchownSync, fstatSync, fsyncSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { createFolder } from '../../process/create-folder.js';
import { replaceFile } from '../../process/temporary-file.js';
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
 * Performs a step as the owner of the profile. Files, copies too, are written whole, by rename:
 * nobody reads half a file, a running program is not overwritten, and an installation that fails or
 * is killed leaves no part of one. Throws `InstallError`; the file is then unchanged.
 */
export const performStep = (step: InstallStep, owner: Owner | undefined): void => {
  runAs(owner, () => {
    if (step.does === 'write') attempt(`write ${step.file}`, () => writeFile(step));
    if (step.does === 'copy') attempt(`copy ${step.file}`, () => copyFile(step));
    if (step.does === 'remove')
      attempt(`remove ${step.file}`, () => rmSync(step.file, { recursive: true, force: true }));
  });
};

const writeFile = ({ file, bytes, mode, old }: WriteStep): void => {
  createFolder(path.dirname(file), 0o755);
  const like = statSync(file, { throwIfNoEntry: false }) ?? statSync(path.dirname(file));
  replaceFile(file, bytes, (descriptor) => {
    belongTo(descriptor, like, mode);
    if (!hasBytes(file, old) && !hasBytes(file, bytes))
      throw new InstallError('it has changed meanwhile; run this again');
  });
};

const copyFile = ({ file, as }: CopyStep): void => {
  const like = statSync(file);
  replaceFile(as, readBytes(file) ?? Buffer.of(), (descriptor) => {
    belongTo(descriptor, like, like.mode & 0o777);
    // Another installation may have made it, and have replaced the file that was to be kept.
    if (nameExists(as)) throw new InstallError(`${as} is there by now; run this again`);
  });
};

/** Gives a file its owner, where this user may give files away, and mode; brings it to disk. */
const belongTo = (descriptor: number, owner: Owner, mode: number): void => {
  changeOwner(descriptor, owner);
  fchmodSync(descriptor, mode);
  fsyncSync(descriptor);
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

const attempt = (what: string, act: () => void): void => {
  try {
    act();
  } catch (error) {
    throw fileError(what, error);
  }
};
