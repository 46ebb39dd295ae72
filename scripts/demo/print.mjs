// Prints lines, in colours on a terminal.

/** @param {'1' | '2' | '36'} code bold, dim or cyan @param {string} text */
export const styled = (code, text) =>
  process.stdout.isTTY ? `\u001B[${code}m${text}\u001B[0m` : text;
/** @param {string} text */
export const dim = (text) => styled('2', text);
/** @param {string} text */
export const say = (text) => process.stdout.write(`${text}\n`);

/** The fields of an event in one line. @param {Record<string, unknown>} event */
export const fieldsOf = (event) => {
  if (typeof event['text'] === 'string') return styled('36', JSON.stringify(event['text']));
  return dim(
    Object.entries(event)
      .map(([key, value]) => `${key} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
      .join('  '),
  );
};
