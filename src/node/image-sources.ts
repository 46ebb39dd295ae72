import { symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ImageBlock } from '../canonical/turn-request.js';
import { HEAD_BYTES, inlineData } from '../codex/pictures.js';
import { createFolder } from '../process/create-folder.js';
import { readHead } from '../process/files.js';

/** A source of an image: its name in notes, and how it becomes a file. */
export interface ImageSource {
  readonly what: string;
  readonly mediaType: string;
  /** Returns the first bytes. Throws when the source is unusable. */
  readonly head: () => Buffer;
  /** Returns the path for codex. Throws when the source is unusable. */
  readonly stage: () => string;
}

/** The sources of a block in the order of the wire: url, data, path. */
export const sourcesOf = (
  { url = '', data_base64: data = '', path: file = '', media_type: type = '' }: ImageBlock,
  workspace: string,
  dir: string,
  i: number,
): ImageSource[] => [
  ...(url === '' ? [] : [urlSource(url, type, dir, i)]),
  ...(data === '' ? [] : [dataSource(data, type, dir, i)]),
  ...(file === '' ? [] : [fileSource(file, () => path.resolve(workspace, file), type, dir, i)]),
];

const urlSource = (url: string, type: string, dir: string, i: number): ImageSource => {
  if (url.startsWith('file:')) return fileSource(url, () => fileURLToPath(url), type, dir, i);
  const inline = inlineData(url);
  if (inline !== undefined) return dataSource(inline.base64, inline.mediaType || type, dir, i);
  const refuse = (): never => {
    throw new Error(url.startsWith('data:') ? 'not base64' : 'web addresses are not fetched');
  };
  return {
    what: url.startsWith('data:') ? 'data' : url,
    mediaType: '',
    head: refuse,
    stage: refuse,
  };
};

const dataSource = (base64: string, mediaType: string, dir: string, i: number): ImageSource => ({
  what: 'data',
  mediaType,
  head: () => Buffer.from(base64.slice(0, 4 * HEAD_BYTES), 'base64'),
  stage: () => writeData(base64, mediaType, dir, i),
});

const fileSource = (
  what: string,
  file: () => string,
  mediaType: string,
  dir: string,
  i: number,
): ImageSource => ({
  what,
  mediaType,
  head: () => readHead(file(), HEAD_BYTES),
  stage: () => linkPlainPath(file(), dir, i),
});

const extensions: ReadonlyMap<string, string> = new Map([
  ['image/png', 'png'],
  ['image/jpeg', 'jpg'],
  ['image/gif', 'gif'],
  ['image/webp', 'webp'],
]);

const writeData = (base64: string, type: string, dir: string, i: number): string => {
  const file = privateFile(dir, `${i}.${extensions.get(type) ?? 'png'}`);
  writeFileSync(file, Buffer.from(base64, 'base64'), { mode: 0o600, flag: 'wx' });
  return file;
};

/**
 * The path itself, or a link with a plain name: codex splits the value of `--image` at commas, and
 * control characters would be unreadable in its notes.
 */
const linkPlainPath = (file: string, dir: string, i: number): string => {
  if (!/[,\p{Cc}]/u.test(file)) return file;
  const link = privateFile(dir, `${i}${/^\.[a-z0-9]+$/i.exec(path.extname(file))?.[0] ?? ''}`);
  symlinkSync(file, link);
  return link;
};

const privateFile = (dir: string, name: string): string => {
  createFolder(dir);
  return path.join(dir, name);
};
