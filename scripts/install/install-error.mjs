/** The installation cannot go on; the message says what to do. */
export class InstallError extends Error {
  /** @override */
  name = 'InstallError';
}

/** An error of the file system, with what was tried.
 * @param {string} what @param {unknown} error */
export const cannot = (what, error) => new InstallError(`cannot ${what}: ${error instanceof Error ? error.message : error}`);
