/**
 * JSON.parse for a line of codex, in two thirds of the time where the line is a completed message,
 * as most lines are.
 *
 * Returns what JSON.parse returns for every text, and throws what it throws. A message as codex
 * 0.135.0 to 0.171.0 print it has its text last: only that is parsed, and the rest compared. The
 * tags are the strings of this file then, which V8 compares by identity; those of JSON.parse it has
 * to compare letter by letter, in each operator.
 */
export const readEvent = (line: string): unknown => {
  if (!line.startsWith(BEFORE_ID)) return JSON.parse(line);
  const idEnd = line.indexOf('"', BEFORE_ID.length);
  const id = line.slice(BEFORE_ID.length, idEnd);
  if (!line.startsWith(BEFORE_TEXT, idEnd) || !line.endsWith(AFTER_TEXT) || !PLAIN.test(id))
    return JSON.parse(line);
  const text = readText(line.slice(idEnd + BEFORE_TEXT.length - 1, 1 - AFTER_TEXT.length));
  return text === undefined
    ? JSON.parse(line)
    : { type: 'item.completed', item: { id, type: 'agent_message', text } };
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
