import { defer, mergeMap, type Observable } from 'rxjs';
import { EXECUTABLE } from '../plexum/methods.js';
import { reasonOf } from '../text/explain.js';
import { printable } from '../text/printable.js';
import type { Command } from './command.js';
import { failOnLostOutput } from './lost-output.js';

/**
 * Runs a command for the arguments after its name. Its exit code is that of this process; 1 when it
 * fails, whose reason goes to stderr, or when its output cannot be written.
 */
export const runCommand = (load$: Observable<Command>): void => {
  const args = process.argv.slice(3);
  failOnLostOutput();
  defer(() => load$)
    .pipe(mergeMap((command) => command(args)))
    .subscribe({
      next: (code) => {
        process.exitCode ??= code;
      },
      error: (error: unknown) => {
        process.stderr.write(printable(`${EXECUTABLE}: ${reasonOf(error)}\n`));
        process.exitCode = 1;
      },
    });
};
