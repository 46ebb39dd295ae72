import type { Observable } from 'rxjs';

/**
 * A command for people. Emits its exit code once, then completes. The caller does not unsubscribe:
 * the command handles signals.
 */
export type Command = (args: readonly string[]) => Observable<number>;

/** Whether to write colors: only to a terminal, not with NO_COLOR, not to a dumb terminal. */
export const wantsColor = (isTty: boolean, env: NodeJS.ProcessEnv): boolean =>
  isTty && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
