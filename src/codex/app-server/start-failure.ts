import { catchError, type MonoTypeOperatorFunction } from 'rxjs';
import { howEnded } from '../../process/run.js';
import { SpawnError } from '../../process/start.js';
import { lastWords } from '../events/last-words.js';
import type { CodexExited } from '../run.js';
import type { ServerExit } from './app-server.js';
import { AppServerError } from './rpc.js';
import { plainText } from './server-exit.js';

/** Whether the app-server itself could not start. Other errors may be fixed by the next turn. */
export const isStartError = (error: unknown): boolean =>
  error instanceof AppServerError || error instanceof SpawnError;

/** The app-server exited before it was initialized. */
export class DiedAtStartError extends AppServerError {
  /** The exit as that of `codex exec`, with the whole end of stderr: no turn has run yet. */
  readonly exited: CodexExited;
  constructor(exited: CodexExited) {
    const words = lastWords(exited.stderr) ?? 'it said nothing';
    super(`codex app-server ${howEnded(exited)}: ${words}`);
    this.exited = exited;
  }
}

/** What is known of the process when its start fails. */
interface Start {
  /** The exit, once the process has exited. */
  readonly exit: ServerExit | undefined;
  /** The end of stderr. */
  readonly stderr: string;
  readonly isCodex: boolean | undefined;
}

/**
 * Adds what the process has said on stderr to the failure of its start.
 *
 * Mirrors the source. Fails with `DiedAtStartError` where the process has exited, and with the
 * error of the source and the last words of stderr where it has not. Unsubscribe unsubscribes from
 * the source.
 */
export const explainStart = <T>(start: () => Start): MonoTypeOperatorFunction<T> =>
  catchError((error: unknown) => {
    const { exit, stderr: bytes, isCodex } = start();
    const stderr = plainText(bytes);
    if (!(error instanceof AppServerError)) throw error;
    if (exit !== undefined)
      throw new DiedAtStartError({
        type: 'exited',
        ...exit,
        stderr,
        ...(isCodex === true ? { isCodex } : {}),
      });
    const words = lastWords(stderr);
    throw words === undefined
      ? error
      : new AppServerError(`${error.message}; it wrote on stderr: ${words}`);
  });
