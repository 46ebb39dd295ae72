import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readOrEmpty, realPath } from '../../process/files.js';

const FOLDER = '.plexum';
const SESSIONS = /^(.*)\/(?:archived_)?sessions\//;
const CHANGES = '.changes';
/** Milliseconds after which the note of a change is removed: longer than any turn. */
const KEEP_MS = 7 * 86_400_000;

/**
 * The name of a file about a rollout, in a folder beside `sessions/`: codex searches `sessions/`
 * for names that contain the id of a thread. One rollout has one name, by
 * whatever link it was found, and in the archive too.
 */
export const fileAbout = (rollout: string, ending: string): string => {
  const real = realPath(rollout);
  const [, home = path.dirname(real)] = SESSIONS.exec(real) ?? SESSIONS.exec(rollout) ?? [];
  return path.join(home, FOLDER, `${path.basename(real)}${ending}`);
};

/** Creates the folder of a file about a rollout. */
export const createFolderOf = (file: string): void => {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
};

/**
 * Notes that a plugin has changed bytes of a rollout in place. Size and time of the file cannot
 * tell such a change from a record that codex appends in the same turn. Also removes old notes.
 */
export const noteChange = (rollout: string): void => {
  const note = fileAbout(rollout, CHANGES);
  createFolderOf(note);
  writeFileSync(note, randomUUID(), { mode: 0o600 });
  const folder = path.dirname(note);
  for (const name of readdirSync(folder).filter((each) => each.endsWith(CHANGES))) {
    const old = path.join(folder, name);
    if (Date.now() - (statSync(old, { throwIfNoEntry: false })?.mtimeMs ?? Infinity) > KEEP_MS)
      rmSync(old, { force: true });
  }
};

/** A text that differs after every `noteChange`; `undefined` without a change. */
export const lastChange = (rollout: string): string | undefined =>
  readOrEmpty(fileAbout(rollout, CHANGES)) || undefined;
