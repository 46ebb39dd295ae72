/** The installation cannot go on; the message says what to do. */
export class InstallError extends Error {
  /** @override */
  name = 'InstallError';
}

/**
 * An error of the file system, with what was tried and what to do.
 * @param {string} what @param {unknown} error
 */
export const cannot = (what, error) => {
  if (error instanceof InstallError) return new InstallError(`cannot ${what}: ${error.message}`);
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const isDenied = ['EACCES', 'EPERM', 'EROFS'].includes(String(code));
  const remedy = isDenied
    ? 'run this as the user that the profile belongs to, or choose another one with --profile'
    : 'mend that and run this again';
  return new InstallError(
    `cannot ${what}: ${error instanceof Error ? error.message : error}; ${remedy}`,
  );
};
