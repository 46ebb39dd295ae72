import type { Observable } from 'rxjs';

/**
 * A command for people. Emits its exit code once, and completes; it is never unsubscribed: signals
 * are its own affair.
 */
export type Command = (args: readonly string[]) => Observable<number>;

/** Whether to write colors: on a terminal, unless NO_COLOR or a dumb terminal says no. */
export const wantsColor = (isTty: boolean, env: NodeJS.ProcessEnv): boolean =>
  isTty && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
