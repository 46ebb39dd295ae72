import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { isThreadId } from '../codex/thread-id.js';
import type { StoredThread } from '../ports.js';
import { readSmallFile, UnexpectedFileError } from '../process/files.js';

/** The file with the thread id of a workspace. The Go plugin uses the same name and content. */
export const SESSION_FILE = '.plexum-codex-session';

/** A larger file is no session file: an id and some white space fit. */
const MAX_BYTES = 256;

/**
 * Reads the thread id of a workspace. The file is untrusted input: anything but a small regular
 * file with a UUID counts as absent, with a complaint. Never throws, follows no symlink and does
 * not wait for a pipe.
 */
export const readSession = (workspace: string): StoredThread => {
  try {
    const text = readSmallFile(path.join(workspace, SESSION_FILE), MAX_BYTES).trim();
    return isThreadId(text)
      ? { threadId: text.toLowerCase() }
      : complaint(text === '' ? 'is empty' : 'does not hold a thread id');
  } catch (error) {
    if (error instanceof UnexpectedFileError) return complaint(error.message);
    const code = codeOf(error);
    if (code === 'ENOENT') return {};
    return complaint(code === 'ELOOP' ? 'is a symbolic link' : `cannot be read (${code})`);
  }
};

/**
 * Writes the thread id to a temporary file, flushes it to disk and renames it. Throws when that
 * fails, and removes the temporary file.
 */
export const writeSession = (workspace: string, threadId: string): void => {
  const file = path.join(workspace, SESSION_FILE);
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    const fd = openSync(temporary, 'wx', 0o600);
    try {
      writeSync(fd, threadId);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
};

export const complaint = (what: string): StoredThread => ({
  complaint: `${SESSION_FILE} ${what}; the turn begins a new thread`,
});

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error);
