import { randomUUID } from 'node:crypto';
import { readOrEmpty } from '../../process/files.js';
import { fileAbout, writeNote } from './rollout-notes.js';

const CHANGES = '.changes';

/**
 * Notes that a plugin has changed bytes of a rollout in place. Size and time of the file cannot
 * tell such a change from a record that codex appends in the same turn.
 */
export const noteChange = (rollout: string): void => {
  writeNote(rollout, CHANGES, randomUUID());
};

/** A text that differs after every `noteChange`; `undefined` without a change. */
export const lastChange = (rollout: string): string | undefined =>
  readOrEmpty(fileAbout(rollout, CHANGES)) || undefined;
