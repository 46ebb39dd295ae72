import { EXECUTABLE } from '../plexum/methods.js';

/**
 * Says on stderr, once, that stdout cannot be written, for instance on a full disk, and sets the
 * exit code 1. A reader that has closed the pipe (EPIPE) is no failure. Without a listener Node
 * would end the process with a stack.
 */
export const failOnLostOutput = (): void => {
  let isLost = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    if (!isLost) process.stderr.write(`${EXECUTABLE}: cannot write: ${error.message}\n`);
    isLost = true;
    process.exitCode = 1;
  });
};
