import { defer, type Observable, of } from 'rxjs';
import { EXECUTABLE } from '../plexum/methods.js';
import { printable } from '../text/printable.js';

/**
 * A command for people. Emits its exit code once, then completes. The caller does not unsubscribe:
 * the command handles signals.
 */
export type Command = (args: readonly string[]) => Observable<number>;

/** Whether to write colors: only to a terminal, not with NO_COLOR, not to a dumb terminal. */
export const wantsColor = (isTty: boolean, env: NodeJS.ProcessEnv): boolean =>
  isTty && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';

/** The exit code of a command whose arguments are wrong. */
export const MISUSED = 2;

/** The exit code of a shell for a program that Ctrl-C ended. */
export const INTERRUPTED = 130;

/** Prints why the arguments of a command are rejected. Emits the exit code and completes. */
export const refuseArguments = (command: string, why: string): Observable<number> =>
  printed(
    process.stderr,
    printable(`${EXECUTABLE}: ${why}; see ${`${command} --help`.trim()}\n`),
    MISUSED,
  );

/** Prints a text. Emits the exit code and completes. */
export const printed = (
  stream: NodeJS.WritableStream,
  text: string,
  code: number,
): Observable<number> =>
  defer(() => {
    stream.write(text);
    return of(code);
  });
