import { type Stats, statSync } from 'node:fs';
import path from 'node:path';
import type { Observable } from 'rxjs';
import { fullThreadOf, isThreadId, type StoredThread } from '../codex/thread-id.js';
import { isShortage } from '../process/file-problem.js';
import { readSmallFile, UnexpectedFileError } from '../process/files.js';
import { openFolder } from '../process/open-folder.js';
import { replaceDurably } from '../process/temporary-file.js';
import { codeOf, reasonOf } from '../text/explain.js';

/** The file with the thread id of a workspace. The Go plugin uses the same name and content. */
export const SESSION_FILE = '.plexum-codex-session';

/** A larger file is no session file: an id and some white space fit. */
const MAX_BYTES = 256;

/**
 * Reads the thread id of a workspace. The file is untrusted input: anything but a small regular
 * file with a UUID counts as absent, with a complaint. Throws only when the machine has no
 * descriptor or memory left. Follows no symlink and does not wait for a pipe.
 */
export const readSession = (workspace: string, readFile = readSmallFile): StoredThread => {
  try {
    const text = readFile(path.join(workspace, SESSION_FILE), MAX_BYTES).trim();
    return threadIn(text) ?? complaint(text === '' ? 'is empty' : 'does not hold a thread id');
  } catch (error) {
    if (error instanceof UnexpectedFileError) return complaint(error.message);
    // Another try finds the thread; a new thread would take its place.
    if (isShortage(error)) throw error;
    const code = codeOf(error);
    if (code === 'ENOENT') return {};
    return complaint(code === 'ELOOP' ? 'is a symbolic link' : `cannot be read (${code})`);
  }
};

/** The thread in the text of a session file, also a full one; `undefined` without one. */
export const threadIn = (text: string): StoredThread | undefined => {
  if (isThreadId(text)) return { threadId: text.toLowerCase() };
  const full = fullThreadOf(text);
  return full === undefined ? undefined : { full };
};

/** Identifies the folder behind a path; `undefined` when there is none that can be looked at. */
export const folderId = (folder: string): string | undefined => {
  const stats = statsOf(folder);
  return stats === undefined ? undefined : idOf(stats);
};

/** When the folder was made, in milliseconds: one made anew often gets the id of the one before. */
export const folderBirth = (folder: string): number | undefined => statsOf(folder)?.birthtimeMs;

const statsOf = (folder: string): Stats | undefined => {
  try {
    return statSync(folder);
  } catch {
    return undefined;
  }
};

/**
 * Writes the thread id of a workspace; see `replaceDurably`, whose result it has. Throws also when
 * the workspace is no longer the folder `begun`: somebody may have put a link to another in its
 * place. The file is written through the folder that is open on the call, so that a later link
 * changes nothing.
 */
export const writeSession = (
  workspace: string,
  threadId: string,
  begun?: string,
): Observable<never> => {
  const folder = openFolder(workspace);
  try {
    if (begun !== undefined && folderId(folder.path) !== begun)
      throw new Error(`the workspace ${workspace} became another folder during the turn`);
    return replaceDurably(path.join(folder.path, SESSION_FILE), threadId);
  } catch (error) {
    throw new Error(reasonOf(error).replaceAll(folder.path, workspace), { cause: error });
  } finally {
    folder.close();
  }
};

const idOf = ({ dev, ino }: Stats): string => `${dev}:${ino}`;

const complaint = (what: string): StoredThread => ({
  complaint: `${SESSION_FILE} ${what}; the turn begins a new thread`,
});
