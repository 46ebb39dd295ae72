import { createHash } from 'node:crypto';
import { readOrEmpty } from '../../process/files.js';
import { fileAbout, writeNote } from './rollout-notes.js';

const ENDING = '.instructions';

/** Stands for instructions in a note; empty for none. */
export const instructionsDigest = (text: string): string =>
  text === '' ? '' : createHash('sha256').update(text).digest('hex');

/** The digest of the host's instructions that the thread of a rollout has; empty for none. */
export const notedInstructions = (rollout: string): string =>
  readOrEmpty(fileAbout(rollout, ENDING));

/** Notes which instructions the thread of a rollout has. Throws when that cannot be written. */
export const noteInstructions = (rollout: string, digest: string): void => {
  writeNote(rollout, ENDING, digest);
};
