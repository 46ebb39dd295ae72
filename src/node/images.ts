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

/** One way to an image: what to call it, and how it becomes a file. */
interface Source {
  readonly what: string;
  /** The path for codex. Throws what is wrong. */
  readonly stage: () => string;
}

/**
 * Makes the images of a turn files that codex can read. A local file is used where it lies; one
 * whose path codex would take apart (a comma), and data, get a plain name in a private directory
 * below `temporary`. Never throws: what cannot be read becomes a note.
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
        // What could not be made cannot be removed.
      }
    },
  };
};

/** The first source that can be used, else why the first one could not. */
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

/** The sources of a block in the wire's order: url, data, path. */
const sourcesOf = (
  { url = '', data_base64: data = '', path: file = '', media_type: type = '' }: ImageBlock,
  workspace: string,
  dir: string,
  i: number,
): Source[] => [
  ...(url === ''
    ? []
    : [{ what: url.startsWith('data:') ? 'data' : url, stage: () => fromUrl(url, dir, i) }]),
  ...(data === '' ? [] : [{ what: 'data', stage: () => written(data, type, dir, i) }]),
  ...(file === ''
    ? []
    : [{ what: file, stage: () => plainPath(path.resolve(workspace, file), dir, i) }]),
];

const fromUrl = (url: string, dir: string, i: number): string => {
  if (url.startsWith('file:')) return plainPath(fileURLToPath(url), dir, i);
  const inline = /^data:([^;,]*)[^,]*;base64,/.exec(url);
  if (inline !== null) return written(url.slice(inline[0].length), inline[1] ?? '', dir, i);
  throw new Error(url.startsWith('data:') ? 'not base64' : 'web addresses are not fetched');
};

const extensions: ReadonlyMap<string, string> = new Map([
  ['image/png', 'png'],
  ['image/jpeg', 'jpg'],
  ['image/gif', 'gif'],
  ['image/webp', 'webp'],
]);

const written = (base64: string, type: string, dir: string, i: number): string => {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length === 0) throw new Error('not base64');
  const file = privateFile(dir, `${i}.${extensions.get(type) ?? 'png'}`);
  writeFileSync(file, bytes, { mode: 0o600, flag: 'wx' });
  return file;
};

/**
 * codex cuts the value of `--image` at commas; control characters could not be told from others in
 * its notes.
 */
const plainPath = (file: string, dir: string, i: number): string => {
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
