import { ChildProcess } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

interface Guarded<T> {
  readonly result: { readonly returned: T } | { readonly thrown: unknown };
  /** The process that Node created during the call. */
  readonly created: ChildProcess | undefined;
}

/**
 * Calls `start` with a listener for the errors of the process that it creates. Without free file
 * descriptors execa throws, and no one else would have the process when it emits its `error`: that
 * would crash this process.
 */
export const guardStart = <T>(start: () => T): Guarded<T> => {
  let created: ChildProcess | undefined;
  const onCreated = (message: unknown): void => {
    if (!(message instanceof Object && 'process' in message)) return;
    if (!(message.process instanceof ChildProcess)) return;
    created = message.process.on('error', () => undefined);
  };
  subscribe('child_process', onCreated);
  try {
    return { result: { returned: start() }, created };
  } catch (thrown) {
    return { result: { thrown }, created };
  } finally {
    unsubscribe('child_process', onCreated);
  }
};
