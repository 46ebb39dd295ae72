import { randomUUID } from 'node:crypto';
import {
  accessSync,
  constants,
  mkdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ImageBlock } from '../canonical/turn-request.js';
import type { StagedImages } from '../ports.js';
import { reasonOf } from '../text/explain.js';

/** A source of an image: its name in notes, and how it becomes a file. */
interface Source {
  readonly what: string;
  /** Returns the path for codex. Throws when the source is unusable. */
  readonly stage: () => string;
}

/**
 * Stages the images of a turn as files for codex. A local file is used in place. Data, and a file
 * whose path codex would split at a comma, get a plain name in a private directory below
 * `temporary`. Never throws: an unusable image becomes a note.
 */
export const stageImages = (
  images: readonly ImageBlock[],
  workspace: string,
  temporary: string,
): StagedImages => {
  const dir = path.join(temporary, `plexum-codex-${randomUUID()}`);
  const staged = images.map((image, i) => stageFirst(sourcesOf(image, workspace, dir, i)));
  return {
    paths: staged.flatMap((one) => ('path' in one ? [one.path] : [])),
    notes: staged.flatMap((one) => ('note' in one ? [one.note] : [])),
    release: () => {
      try {
        rmSync(dir, { recursive: true, force: true });
      } catch {
        // A directory that could not be created cannot be removed.
      }
    },
  };
};

/** The path of the first usable source, or a note with the problem of the first source. */
const stageFirst = (
  sources: readonly Source[],
): { readonly path: string } | { readonly note: string } => {
  const notes: string[] = [];
  for (const { what, stage } of sources) {
    try {
      return { path: stage() };
    } catch (error) {
      notes.push(
        `[image not attached: ${JSON.stringify(what.slice(0, 300))} (${reasonOf(error)})]`,
      );
    }
  }
  return { note: notes[0] ?? '[image not attached: "no source" (the block is empty)]' };
};

/** The sources of a block in the order of the wire: url, data, path. */
const sourcesOf = (
  { url = '', data_base64: data = '', path: file = '', media_type: type = '' }: ImageBlock,
  workspace: string,
  dir: string,
  i: number,
): Source[] => [
  ...(url === ''
    ? []
    : [{ what: url.startsWith('data:') ? 'data' : url, stage: () => stageUrl(url, dir, i) }]),
  ...(data === '' ? [] : [{ what: 'data', stage: () => writeData(data, type, dir, i) }]),
  ...(file === ''
    ? []
    : [{ what: file, stage: () => linkPlainPath(path.resolve(workspace, file), dir, i) }]),
];

const stageUrl = (url: string, dir: string, i: number): string => {
  if (url.startsWith('file:')) return linkPlainPath(fileURLToPath(url), dir, i);
  const inline = /^data:([^;,]*)[^,]*;base64,/.exec(url);
  if (inline !== null) return writeData(url.slice(inline[0].length), inline[1] ?? '', dir, i);
  throw new Error(url.startsWith('data:') ? 'not base64' : 'web addresses are not fetched');
};

const extensions: ReadonlyMap<string, string> = new Map([
  ['image/png', 'png'],
  ['image/jpeg', 'jpg'],
  ['image/gif', 'gif'],
  ['image/webp', 'webp'],
]);

const writeData = (base64: string, type: string, dir: string, i: number): string => {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length === 0) throw new Error('not base64');
  const file = privateFile(dir, `${i}.${extensions.get(type) ?? 'png'}`);
  writeFileSync(file, bytes, { mode: 0o600, flag: 'wx' });
  return file;
};

/**
 * The path itself, or a link with a plain name: codex splits the value of `--image` at commas, and
 * control characters would be unreadable in its notes.
 */
const linkPlainPath = (file: string, dir: string, i: number): string => {
  if (!statSync(file).isFile()) throw new Error('not a file');
  accessSync(file, constants.R_OK);
  if (!/[,\p{Cc}]/u.test(file)) return file;
  const link = privateFile(dir, `${i}${/^\.[a-z0-9]+$/i.exec(path.extname(file))?.[0] ?? ''}`);
  symlinkSync(file, link);
  return link;
};

const privateFile = (dir: string, name: string): string => {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  return path.join(dir, name);
};
