import type { ItemEvent } from './codex-event.js';

/**
 * The event of a line that is a completed message, as most lines are; `undefined` for every other.
 *
 * It is what JSON.parse returns for the line, and takes half of the time of JSON.parse and
 * `decodeEvent`: a message as codex 0.135.0 to 0.171.0 print it has its text last, only that is
 * parsed, and the rest compared. The tags are the strings of this file then, which V8 compares by
 * identity; those of JSON.parse it has to compare letter by letter, in each operator.
 */
export const readMessage = (line: string): ItemEvent | undefined => {
  if (!line.startsWith(BEFORE_ID)) return undefined;
  const idEnd = line.indexOf('"', BEFORE_ID.length);
  const id = line.slice(BEFORE_ID.length, idEnd);
  if (!line.startsWith(BEFORE_TEXT, idEnd) || !line.endsWith(AFTER_TEXT) || !PLAIN.test(id))
    return undefined;
  const text = readText(line.slice(idEnd + BEFORE_TEXT.length - 1, 1 - AFTER_TEXT.length));
  if (text === undefined) return undefined;
  const item = { id, type: 'agent_message', text } as const;
  return { type: 'item.completed', item };
};

const BEFORE_ID = '{"type":"item.completed","item":{"id":"';
const BEFORE_TEXT = '","type":"agent_message","text":"';
const AFTER_TEXT = '"}}';
/** An id without escapes. */
const PLAIN = /^\w*$/;

/** The text of a JSON string, `undefined` when there is more than one string. */
const readText = (json: string): string | undefined => {
  try {
    const text: unknown = JSON.parse(json);
    return typeof text === 'string' ? text : undefined;
  } catch {
    return undefined;
  }
};
