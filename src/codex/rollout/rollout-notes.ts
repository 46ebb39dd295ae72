import {
  closeSync,
  constants,
  existsSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { createFolder } from '../../process/create-folder.js';
import { realPath } from '../../process/files.js';

const FOLDER = '.plexum';
const SESSIONS = /^(.*)\/(?:archived_)?sessions\//;

/** Notes that are looked at for each new one. */
const LOOKED_AT = 100;
/** Milliseconds that a rollout may be away: codex and plugins move it for moments. */
const AWAY_MS = 3_600_000;

/**
 * The path of a file about a rollout, in a folder beside `sessions/`: codex searches `sessions/`
 * for names that contain the id of a thread. It is the same by whatever link the rollout is found,
 * and in the archive.
 */
export const fileAbout = (rollout: string, ending: string): string => {
  const real = realPath(rollout);
  const [, home = path.dirname(real)] = SESSIONS.exec(real) ?? SESSIONS.exec(rollout) ?? [];
  return path.join(home, FOLDER, `${path.basename(real)}${ending}`);
};

/** Creates the folder of a file about a rollout. */
export const createFolderOf = (file: string): void => {
  createFolder(path.dirname(file));
};

/**
 * Writes a note about a rollout. The first note of a rollout also looks at 100 others of its kind,
 * and removes those of threads that are no longer stored: there are hardly more notes than
 * rollouts, and the look takes its time however many there are. Throws when it cannot be written.
 */
export const writeNote = (rollout: string, ending: string, text: string): void => {
  const note = fileAbout(rollout, ending);
  createFolderOf(note);
  const isFirst = !existsSync(note);
  write(note, text);
  if (isFirst) removeNotes(path.dirname(note), ending);
};

/** Fails at once for a pipe, which would wait for a reader. */
const write = (note: string, text: string): void => {
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NONBLOCK } = constants;
  const descriptor = openSync(note, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK, 0o600);
  try {
    writeFileSync(descriptor, text);
  } finally {
    closeSync(descriptor);
  }
};

const removeNotes = (folder: string, ending: string): void => {
  const notes = readdirSync(folder).filter((name) => name.endsWith(ending));
  const start = Math.floor(Math.random() * notes.length);
  for (const name of [...notes.slice(start), ...notes.slice(0, start)].slice(0, LOOKED_AT)) {
    const file = path.join(folder, name);
    const age = Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    if (age > AWAY_MS && !isStored(file.slice(0, -ending.length))) rmSync(file, { force: true });
  }
};

/** Whether the rollout of a note is where codex keeps it; the name tells its day. */
const isStored = (note: string): boolean => {
  const home = path.dirname(path.dirname(note));
  const name = path.basename(note);
  const day = /^rollout-(\d{4})-(\d\d)-(\d\d)T/.exec(name)?.slice(1) ?? [];
  return [path.join('sessions', ...day), 'archived_sessions', ''].some((folder) =>
    [name, `${name}.zst`].some((each) => existsSync(path.join(home, folder, each))),
  );
};
