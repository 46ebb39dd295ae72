import { EXECUTABLE } from '../plexum/methods.js';

/**
 * Says on stderr that stdout cannot be written, for instance on a full disk, and sets the exit code
 * 1. A reader that has closed the pipe (EPIPE) is no failure. Without a listener Node would end the
 * process with a stack.
 */
export const failOnLostOutput = (): void => {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    if (process.exitCode !== LOST)
      process.stderr.write(`${EXECUTABLE}: cannot write: ${error.message}\n`);
    process.exitCode = LOST;
  });
};

/** The exit code of a command whose output is lost. */
const LOST = 1;
