import type { EventEmitter } from 'node:events';
import { fromEvent, type Subscription, takeUntil, tap, timer } from 'rxjs';
import { MAX_CALLS } from './tool-bridge.js';

/**
 * Strangers for each endpoint at a time: as many as calls run concurrently, since codex may begin
 * each of them on a connection of its own.
 */
export const MAX_STRANGERS = MAX_CALLS;

/** Milliseconds for a stranger to show the token. */
const STRANGER_MS = 5_000;

interface Connection extends EventEmitter {
  readonly destroy: () => unknown;
}

/** The connections that have not shown the token. */
export interface Strangers<C extends Connection> {
  /** Takes charge of a new connection. */
  readonly admit: (connection: C) => void;
  /** Lets go of a connection that has shown the token; nothing here ends it any more. */
  readonly trust: (connection: C) => void;
}

export interface StrangersOptions {
  /** How many there may be at a time. */
  readonly limit?: () => number;
  /** Runs a function once the connections so far have been read. */
  readonly later?: (run: () => void) => void;
}

/**
 * Keeps strangers few and short-lived, since any user of the machine can connect to a port. Each of
 * them is destroyed after `STRANGER_MS`. Of more than `limit` the oldest are destroyed, `later`:
 * once what a new connection has already sent was read. So codex, which shows its token at once, is
 * never refused because of them.
 */
export const createStrangers = <C extends Connection>({
  limit = () => MAX_STRANGERS,
  later = afterReading,
}: StrangersOptions = {}): Strangers<C> => {
  const strangers = new Map<C, Subscription>();
  const trust = (connection: C): void => {
    strangers.get(connection)?.unsubscribe();
    strangers.delete(connection);
  };
  const destroyOldest = (): void => {
    for (const connection of strangers.keys()) {
      if (strangers.size <= limit()) return;
      trust(connection);
      connection.destroy();
    }
  };
  return {
    admit: (connection) => {
      const closed$ = fromEvent(connection, 'close');
      const ended = timer(STRANGER_MS)
        .pipe(
          tap(() => {
            connection.destroy();
          }),
          takeUntil(closed$),
        )
        .subscribe({ error: () => undefined });
      ended.add(() => strangers.delete(connection));
      strangers.set(connection, ended);
      if (strangers.size > limit()) later(destroyOldest);
    },
    trust,
  };
};

/** Node reads from a new connection in the next turn of its event loop. */
const afterReading = (run: () => void): void => {
  setImmediate(() => setImmediate(run));
};
