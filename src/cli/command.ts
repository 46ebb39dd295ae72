import type { Observable } from 'rxjs';

/**
 * A command for people. Emits its exit code once, and completes; it is never unsubscribed: signals
 * are its own affair.
 */
export type Command = (args: readonly string[]) => Observable<number>;
