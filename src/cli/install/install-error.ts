import { codeOf, reasonOf } from '../../text/explain.js';

/** The installation cannot continue. The message says what happened and what to do. */
export class InstallError extends Error {
  override readonly name = 'InstallError';
}

/** An error of the file system as an `InstallError`: what was attempted, the cause, the remedy. */
export const fileError = (attempt: string, error: unknown): InstallError => {
  if (error instanceof InstallError) return new InstallError(`cannot ${attempt}: ${error.message}`);
  const remedy = REMEDIES.get(codeOf(error)) ?? 'mend that and run this again';
  return new InstallError(`cannot ${attempt}: ${reasonOf(error)}; ${remedy}`);
};

const ANOTHER = 'or choose another one with --profile';
const AS_OWNER = `run this as the user that the profile belongs to, ${ANOTHER}`;
const MAKE_ROOM = 'make room there and run this again';

const REMEDIES = new Map([
  ['EACCES', AS_OWNER],
  ['EPERM', AS_OWNER],
  ['EROFS', `make the file system of the profile writable, ${ANOTHER}`],
  ['ENOSPC', MAKE_ROOM],
  ['EDQUOT', MAKE_ROOM],
]);
