// Reads and checks the session file of a workspace, and the thread that codex keeps for it.
import { isUtf8 } from 'node:buffer';
import { lstatSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { must } from './check-turn.mjs';

export const SESSION = '.plexum-codex-session';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** @param {string} dir @returns {string[]} no names for a folder that is gone */
const namesIn = (dir) => {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
};

/** Temporary session files of a plugin that was killed during a write. @param {string} workspace */
const halvesIn = (workspace) =>
  namesIn(workspace).filter((name) => name.startsWith(SESSION) && name.endsWith('.tmp'));

/**
 * The thread of a workspace; `undefined` without a valid session file.
 * @param {string} workspace @returns {string | undefined}
 */
export const sessionOf = (workspace) => {
  try {
    const text = readFileSync(path.join(workspace, SESSION), 'utf8').trim();
    return UUID.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
};

/**
 * Removes what earlier turns left, so that the next turn is judged by itself: temporary files of a
 * killed plugin, and a spoilt session file that a full disk kept.
 * @param {string} workspace
 */
export const tidySession = (workspace) => {
  for (const name of [
    ...halvesIn(workspace),
    ...(sessionOf(workspace) === undefined ? [SESSION] : []),
  ])
    rmSync(path.join(workspace, name), { force: true });
};

/**
 * Checks that the session file is absent or holds a UUID, and that no temporary file is beside it.
 * @param {string} workspace
 * @param {{ mayBeTorn: boolean }} options `mayBeTorn` accepts a temporary file
 */
export const checkSession = (workspace, { mayBeTorn }) => {
  const halves = halvesIn(workspace);
  must(mayBeTorn || halves.length === 0, 'a temporary session file was left', halves);
  if (!namesIn(workspace).includes(SESSION)) return;
  const file = path.join(workspace, SESSION);
  must(
    lstatSync(file).isFile() && sessionOf(workspace) !== undefined,
    'the session file holds no thread id',
    readFileSync(file, 'latin1').slice(0, 200),
  );
};

/**
 * Whether codex still has a thread, so that the next turn has to resume it. codex cannot read a
 * rollout that is no valid UTF-8 or does not begin with its metadata.
 * @param {string} codexHome @param {string} threadId @returns {boolean}
 */
export const hasThread = (codexHome, threadId) => {
  const sessions = path.join(codexHome, 'sessions');
  try {
    const found = readdirSync(sessions, { recursive: true })
      .map(String)
      .find((name) => name.endsWith(`-${threadId}.jsonl`));
    const bytes = found === undefined ? Buffer.of() : readFileSync(path.join(sessions, found));
    return (
      isUtf8(bytes) &&
      JSON.parse(bytes.toString('utf8').split('\n')[0] ?? '').type === 'session_meta'
    );
  } catch {
    return false;
  }
};
