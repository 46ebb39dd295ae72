import { defer, EMPTY, of } from 'rxjs';
import { fullThreadOf, type StoredThread } from '../codex/thread-id.js';
import type { Ports } from '../ports.js';
import type { BackgroundWork } from '../process/background-work.js';
import { realPath } from '../process/files.js';
import { codeOf, reasonOf } from '../text/explain.js';
import { folderId, readSession, SESSION_FILE, threadIn, writeSession } from './session-file.js';

/** What could not be written, and what the file held then. */
interface Unwritten {
  readonly text: string;
  readonly stored: string;
}

/** The most workspaces whose threads are remembered; the oldest is forgotten first. */
const MAX_REMEMBERED = 1_000;

/**
 * The session files, and in memory the thread of a workspace whose file cannot be written, for the
 * agent whose turn it was. The memory counts while the file is as it was then, or is absent; each
 * read tries to write it again. It is forgotten once it is written, once the file has become
 * another, and when the folder is no longer the same one. A write that fails says what to do, once:
 * while its thread is remembered, the next ones complete. A file that is written is brought to disk
 * in the background.
 */
export const createSessions = (
  { runInBackground }: Pick<BackgroundWork, 'runInBackground'>,
  max = MAX_REMEMBERED,
): Pick<Ports, 'readSession$' | 'workspaceId' | 'writeSession$'> => {
  const unwritten = new Map<string, Unwritten>();
  const keyOf = (workspace: string, folder: string | undefined, agent = ''): string =>
    JSON.stringify([realPath(workspace), folder, agent]);

  const write = (key: string, ...what: Parameters<typeof writeSession>): void => {
    runInBackground(what[0])(writeSession(...what));
    unwritten.delete(key);
  };
  const remember = (key: string, kept: Unwritten): void => {
    unwritten.delete(key);
    unwritten.set(key, kept);
    for (const oldest of unwritten.keys()) if (unwritten.size > max) unwritten.delete(oldest);
  };

  return {
    workspaceId: folderId,
    readSession$: (workspace, agent) =>
      defer(() => {
        const stored = readSession(workspace);
        const folder = folderId(workspace);
        const key = keyOf(workspace, folder, agent);
        const kept = unwritten.get(key);
        if (kept === undefined) return of(stored);
        const now = textOf(stored);
        if (now !== kept.stored && now !== ABSENT) {
          unwritten.delete(key);
          return of(stored);
        }
        try {
          write(key, workspace, kept.text, folder);
        } catch {
          // It is still remembered.
        }
        return of(threadIn(kept.text) ?? stored);
      }),
    writeSession$: (workspace, text, begun, agent) =>
      defer(() => {
        const key = keyOf(workspace, begun, agent);
        try {
          write(key, workspace, text, begun);
          return EMPTY;
        } catch (error) {
          const isKnown = unwritten.has(key);
          // Without its thread, a full one is nothing to remember.
          if (!isKnown && fullThreadOf(text) !== undefined) throw error;
          const reason = reasonOf(error);
          const step = stepOf(error);
          if (step === undefined || begun === undefined || folderId(workspace) !== begun)
            throw new Error(`${reason}; the next turn begins a new thread`, { cause: error });
          remember(key, { text, stored: textOf(readSession(workspace)) });
          if (isKnown) return EMPTY;
          throw new Error(`${reason}; this process remembers it until it ends: ${step}`, {
            cause: error,
          });
        }
      }),
  };
};

const textOf = (stored: StoredThread): string => JSON.stringify(stored);
const ABSENT = textOf({});

/** What to do about a file that the system refuses to write; `undefined` for another error. */
const stepOf = (error: unknown): string | undefined => {
  const code = codeOf(error) || codeOf(error instanceof Error ? error.cause : undefined);
  if (code === '') return undefined;
  if (/^(EISDIR|ENOTEMPTY|EEXIST|ENOTDIR)$/.test(code))
    return `remove ${SESSION_FILE} from the workspace`;
  return /^(ENOSPC|EDQUOT)$/.test(code)
    ? 'free space on the disk'
    : 'let the user of the daemon write the workspace';
};
