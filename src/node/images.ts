import { rmSync } from 'node:fs';
import path from 'node:path';
import type { ImageBlock } from '../canonical/turn-request.js';
import { pictureProblem } from '../codex/pictures.js';
import type { StagedImages } from '../ports.js';
import { uniqueId } from '../process/unique-id.js';
import { reasonOf } from '../text/explain.js';
import { PictureError, TemporaryFileError } from '../turn/failures.js';
import { type ImageSource, sourcesOf } from './image-sources.js';

/**
 * Stages the images of a turn as files for codex. A local file is used in place. Data, and a file
 * whose path codex would split at a comma, get a plain name in a private directory below
 * `temporary`. An unusable image becomes a note; `onUnwritten` is called for one that cannot be
 * written there. Throws `PictureError`, see `checkImages`.
 */
export const stageImages = (
  images: readonly ImageBlock[],
  workspace: string,
  temporary: string,
  onUnwritten: (message: string) => void,
): StagedImages => {
  const dir = path.join(temporary, `plexum-codex-${uniqueId()}`);
  const write = ({ stage }: ImageSource): string => {
    try {
      return stage();
    } catch (error) {
      const unwritten = new TemporaryFileError('a picture of the message', error);
      onUnwritten(unwritten.message);
      throw unwritten;
    }
  };
  const staged = images.map((image, i) => useFirst(sourcesOf(image, workspace, dir, i), i, write));
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

/**
 * Looks at the images of a request: at their first bytes, and at what their media type says. Throws
 * `PictureError` for one that the API would refuse, now and in every later turn of the thread. An
 * image that cannot be read is no such image: it is never sent.
 */
export const checkImages = (images: readonly ImageBlock[], workspace: string): void => {
  for (const [i, image] of images.entries())
    useFirst(sourcesOf(image, workspace, '', i), i, () => '');
};

/** The path of the first usable source, or a note with the problem of the first source. */
const useFirst = (
  sources: readonly ImageSource[],
  nth: number,
  use: (source: ImageSource) => string,
): { readonly path: string } | { readonly note: string } => {
  const notes: string[] = [];
  let refusal: PictureError | undefined;
  for (const source of sources) {
    const what = JSON.stringify(source.what.slice(0, 300));
    try {
      const problem = pictureProblem(source.head(), source.mediaType);
      if (problem === undefined) return { path: use(source) };
      refusal ??= new PictureError(`picture ${nth + 1} of the message, ${what}, ${problem}`);
    } catch (error) {
      notes.push(`[image not attached: ${what} (${reasonOf(error)})]`);
    }
  }
  if (refusal !== undefined) throw refusal;
  return { note: notes[0] ?? '[image not attached: "no source" (the block is empty)]' };
};
