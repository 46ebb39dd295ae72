import type { Observable } from 'rxjs';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether the text is a UUID, as the ids of codex threads are. */
export const isThreadId = (text: string): boolean => UUID.test(text);

/** The thread of a workspace, or why its file has none. */
export interface StoredThread {
  readonly threadId?: string;
  readonly complaint?: string;
  /** The thread that has no room any more, so that the next turn begins a new one. */
  readonly full?: string;
}

/**
 * Stores the thread of a workspace. `begun` identifies its folder at the beginning of the turn; the
 * turns of `agent` get what cannot be written.
 */
export type WriteThread = (
  workspace: string,
  thread: string,
  begun?: string,
  agent?: string,
) => Observable<never>;

/** Stands in the session file before the id of a thread whose context window is full. */
const FULL = 'full ';

/** The text of a session file whose next turn begins a thread in the place of a full one. */
export const fullThread = (threadId: string): string => `${FULL}${threadId}`;

/** The id of the full thread in such a text. */
export const fullThreadOf = (text: string): string | undefined => {
  const id = text.startsWith(FULL) ? text.slice(FULL.length) : '';
  return isThreadId(id) ? id.toLowerCase() : undefined;
};
