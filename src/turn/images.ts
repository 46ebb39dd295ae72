import { randomUUID } from 'node:crypto';
import { accessSync, constants, mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ImageBlock } from '../canonical/turn-request.js';

/** The images of a turn, ready for `--image=`. */
export interface StagedImages {
  readonly paths: readonly string[];
  /** A line of text for every image that codex cannot get. */
  readonly notes: readonly string[];
  /** Removes the temporary files. Safe to call twice. */
  readonly release: () => void;
}

type Source = { readonly bytes: Buffer; readonly extension: string } | { readonly file: string } | { readonly note: string };

/**
 * Makes the images of a turn files that codex can read. A local file is used where it lies; one whose path codex would take apart (a comma), and
 * data, get a plain name in a private directory below `temporary`. Never throws: what cannot be read becomes a note.
 */
export const stageImages = (images: readonly ImageBlock[], workspace: string, temporary: string): StagedImages => {
  const dir = path.join(temporary, `plexum-codex-${randomUUID()}`);
  const paths: string[] = [];
  const notes: string[] = [];
  for (const [i, image] of images.entries()) {
    try {
      const source = sourceOf(image, workspace);
      if ('note' in source) notes.push(source.note);
      else paths.push('file' in source ? plainPath(source.file, dir, i) : written(source.bytes, dir, `${i}.${source.extension}`));
    } catch (error) {
      notes.push(note(image.path ?? 'data', error instanceof Error ? error.message : 'cannot be read'));
    }
  }
  return {
    paths,
    notes,
    release: () => {
      try {
        rmSync(dir, { recursive: true, force: true });
      } catch {
        // What could not be made cannot be removed.
      }
    },
  };
};

/** The first source of the block that can be used, in the wire's order: url, data, path. A web address can only be named. */
const sourceOf = ({ url = '', data_base64: data, path: file, media_type: type = '' }: ImageBlock, workspace: string): Source => {
  const inline = /^data:([^;,]*)[^,]*;base64,/.exec(url);
  if (inline !== null) return decoded(url.slice(inline[0].length), inline[1] ?? '');
  if (url.startsWith('file:')) return readableFile(fileURLToPath(url));
  if (data !== undefined && data !== '') return decoded(data, type);
  if (file !== undefined && file !== '') return readableFile(path.resolve(workspace, file));
  return { note: note(url === '' ? 'no source' : url, url === '' ? 'the block is empty' : 'web addresses are not fetched') };
};

const decoded = (base64: string, type: string): Source => {
  const bytes = Buffer.from(base64, 'base64');
  return bytes.length === 0 ? { note: note('data', 'not base64') } : { bytes, extension: extensions.get(type) ?? 'png' };
};

const extensions: ReadonlyMap<string, string> = new Map([
  ['image/png', 'png'],
  ['image/jpeg', 'jpg'],
  ['image/gif', 'gif'],
  ['image/webp', 'webp'],
]);

const readableFile = (file: string): Source => {
  if (!statSync(file).isFile()) return { note: note(file, 'not a file') };
  accessSync(file, constants.R_OK);
  return { file };
};

const written = (bytes: Buffer, dir: string, name: string): string => {
  const file = privateFile(dir, name);
  writeFileSync(file, bytes, { mode: 0o600, flag: 'wx' });
  return file;
};

/** codex cuts the value of `--image` at commas; control characters could not be told from others in its notes. */
const plainPath = (file: string, dir: string, i: number): string => {
  if (!/[,\p{Cc}]/u.test(file)) return file;
  const link = privateFile(dir, `${i}${/^\.[a-z0-9]+$/i.exec(path.extname(file))?.[0] ?? ''}`);
  symlinkSync(file, link);
  return link;
};

const privateFile = (dir: string, name: string): string => {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  return path.join(dir, name);
};

const note = (what: string, why: string): string => `[image not attached: ${JSON.stringify(what.slice(0, 300))} (${why})]`;
