import { defer, EMPTY, of } from 'rxjs';
import { fullThreadOf, type StoredThread } from '../codex/thread-id.js';
import type { Ports } from '../ports.js';
import type { BackgroundWork } from '../process/background-work.js';
import { isShortage } from '../process/file-problem.js';
import { realPath } from '../process/files.js';
import { codeOf, reasonOf } from '../text/explain.js';
import {
  folderBirth,
  folderId,
  readSession,
  SESSION_FILE,
  threadIn,
  writeSession,
} from './session-file.js';

/** The text that could not be written, and what the file held then, if it could be read. */
interface Unwritten {
  readonly text: string;
  readonly stored: StoredThread | undefined;
}

interface SessionOptions {
  readonly max?: number;
  readonly files?: {
    readonly readSession: (workspace: string) => StoredThread;
    readonly writeSession: typeof writeSession;
  };
}

/** The most workspaces whose threads are remembered; the oldest is forgotten first. */
const MAX_REMEMBERED = 1_000;

/**
 * The session files, and in memory the thread of a workspace whose file cannot be written, for the
 * agent whose turn it was. The memory counts while the file is as it was then; it may be removed if
 * it held no thread. Each read tries to write it again. It is forgotten once the file is written,
 * also for another agent, once it has become another or its thread is removed, and when the folder
 * is no longer the same one. A write that fails says what to do, once: while its thread is
 * remembered, the next ones complete. A file that is written is brought to disk in the background.
 */
export const createSessions = (
  { runInBackground }: Pick<BackgroundWork, 'runInBackground'>,
  { max = MAX_REMEMBERED, files = { readSession, writeSession } }: SessionOptions = {},
): Pick<Ports, 'readSession$' | 'workspaceId' | 'writeSession$'> => {
  const unwritten = new Map<string, Unwritten>();

  const write = (place: string, ...what: Parameters<typeof writeSession>): void => {
    runInBackground(what[0])(files.writeSession(...what));
    for (const key of unwritten.keys()) if (key.startsWith(place)) unwritten.delete(key);
  };
  const remember = (key: string, kept: Unwritten): void => {
    unwritten.delete(key);
    unwritten.set(key, kept);
    for (const oldest of unwritten.keys()) if (unwritten.size > max) unwritten.delete(oldest);
  };
  const storedIn = (workspace: string): StoredThread | undefined => {
    try {
      return files.readSession(workspace);
    } catch {
      return undefined;
    }
  };

  return {
    workspaceId: folderId,
    readSession$: (workspace, agent = '') =>
      defer(() => {
        const stored = files.readSession(workspace);
        if (unwritten.size === 0) return of(stored);
        const folder = folderId(workspace);
        const place = placeOf(workspace, folder);
        const key = place + agent;
        const kept = unwritten.get(key);
        if (kept === undefined) return of(stored);
        if (!isStill(kept.stored, stored)) {
          unwritten.delete(key);
          return of(stored);
        }
        try {
          write(place, workspace, kept.text, folder);
        } catch {
          // It is still remembered.
        }
        return of(threadIn(kept.text) ?? stored);
      }),
    writeSession$: (workspace, text, begun, agent = '') =>
      defer(() => {
        const place = placeOf(workspace, begun);
        const key = place + agent;
        try {
          write(place, workspace, text, begun);
          return EMPTY;
        } catch (error) {
          const isKnown = unwritten.has(key);
          // Without its thread, a full one is nothing to remember.
          if (!isKnown && fullThreadOf(text) !== undefined) throw error;
          const reason = reasonOf(error);
          const step = stepOf(error);
          if (step === undefined || begun === undefined || folderId(workspace) !== begun)
            throw new Error(`${reason}; the next turn begins a new thread`, { cause: error });
          remember(key, { text, stored: storedIn(workspace) });
          if (isKnown) return EMPTY;
          throw new Error(`${reason}; this process remembers it until it ends: ${step}`, {
            cause: error,
          });
        }
      }),
  };
};

/** One workspace: it begins the keys of all its agents. */
const placeOf = (workspace: string, folder: string | undefined): string =>
  JSON.stringify([realPath(workspace), folder, folderBirth(workspace)]);

/** Whether the file is as it was, or gone where it held no thread. */
const isStill = (before: StoredThread | undefined, now: StoredThread): boolean =>
  before === undefined ||
  textOf(now) === textOf(before) ||
  (textOf(now) === ABSENT && before.complaint !== undefined);

const textOf = (stored: StoredThread): string => JSON.stringify(stored);
const ABSENT = textOf({});

/** What to do about a file that the system refuses to write; `undefined` for another error. */
const stepOf = (error: unknown): string | undefined => {
  const refusal = codeOf(error) === '' && error instanceof Error ? error.cause : error;
  const code = codeOf(refusal);
  if (code === '') return undefined;
  if (isShortage(refusal)) return 'raise the limit of open files (ulimit -n) or the memory';
  if (/^(EISDIR|ENOTEMPTY|EEXIST|ENOTDIR)$/.test(code))
    return `remove ${SESSION_FILE} from the workspace`;
  return /^(ENOSPC|EDQUOT)$/.test(code)
    ? 'free space on the disk'
    : 'let the user of the daemon write the workspace';
};
