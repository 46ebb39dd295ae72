import { redact } from '../lines/redact.js';

/** Characters that a record keeps of one text. */
export const MAX_TEXT = 100_000;

/**
 * A line of a record: milliseconds with one decimal, and what is told, without secrets; a very long
 * text is cut. Nothing for what cannot be written as JSON.
 */
export const recordLine = (ms: number, what: object): string | undefined => {
  try {
    return `${JSON.stringify({ ms: Math.round(ms * 10) / 10, ...what }, (key, value: unknown) => (typeof value === 'string' ? kept(key, value) : value))}\n`;
  } catch {
    return undefined;
  }
};

const kept = (key: string, text: string): string => {
  const cut =
    text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}… (cut: ${text.length} characters)` : text;
  // A password is known by its key.
  const named = redact(`${key}: ${cut}`);
  return named.startsWith(`${key}: `) ? named.slice(key.length + 2) : redact(cut);
};
