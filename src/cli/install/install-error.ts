import { codeOf, reasonOf } from '../../text/explain.js';

/** The installation cannot continue. The message says what happened and what to do. */
export class InstallError extends Error {
  override readonly name = 'InstallError';
}

/** An error of the file system as an `InstallError`: what was attempted, the cause, the remedy. */
export const fileError = (attempt: string, error: unknown): InstallError => {
  if (error instanceof InstallError) return new InstallError(`cannot ${attempt}: ${error.message}`);
  const remedy = ['EACCES', 'EPERM', 'EROFS'].includes(codeOf(error))
    ? 'run this as the user that the profile belongs to, or choose another one with --profile'
    : 'mend that and run this again';
  return new InstallError(`cannot ${attempt}: ${reasonOf(error)}; ${remedy}`);
};
