import * as t from 'io-ts';
import type { AppServer } from './app-server.js';
import { AppServerError } from './rpc.js';
import { unloadThread } from './unload-thread.js';

/** The answer to `thread/start` and `thread/resume`. */
export const OpenedThread = t.type({ thread: t.type({ id: t.string }) });

interface Refusal {
  /** The thread that was resumed; `undefined` for a new one. */
  readonly threadId: string | undefined;
  readonly refuse?: ((answer: unknown) => string | undefined) | undefined;
}

/**
 * Returns the id of the thread in an answer. Throws `AppServerError` for an answer without one, and
 * for one that `refuse` gives a reason against: a resumed thread is unloaded in the background
 * then. A new one is unloaded by the unsubscribe of `thread/start`.
 */
export const acceptThread = (
  server: AppServer,
  answer: unknown,
  { threadId, refuse }: Refusal,
): string => {
  if (!OpenedThread.is(answer))
    throw new AppServerError('codex app-server opened a thread without an id');
  const refusal = refuse?.(answer);
  if (refusal === undefined) return answer.thread.id;
  if (threadId !== undefined) server.runInBackground(unloadThread(server, threadId));
  throw new AppServerError(refusal);
};
