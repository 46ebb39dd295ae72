/** Removes the characters that move the cursor of a terminal, colour it or rename it. */
export const printable = (text: string): string =>
  text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '');

/**
 * Splits a text into lines and replaces each control character and each character that turns the
 * direction of writing by `\uFFFD`.
 */
export const printableLines = (text: string): readonly string[] =>
  text.split('\n').map((line) => line.replace(/\p{Cc}|\p{Bidi_Control}/gu, '\uFFFD'));

/**
 * Puts a text on one line that a terminal prints as it is and that XML may hold: white space becomes
 * one space, format characters are removed, any other character that is not printable becomes
 * `\uFFFD`.
 */
export const printableLine = (text: string): string =>
  text
    .replace(/\s+/gu, ' ')
    .replace(/\p{Cf}/gu, '')
    .replace(/\p{C}/gu, '\uFFFD')
    .trim();
