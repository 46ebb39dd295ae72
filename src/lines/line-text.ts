import { isAscii, isUtf8, transcode } from 'node:buffer';

/** `toString('utf8')`, which takes three times as long for text beyond ASCII; for short texts. */
export const textOf = (bytes: Buffer): string =>
  isAscii(bytes) || !isUtf8(bytes)
    ? bytes.toString('utf8')
    : transcode(bytes, 'utf8', 'utf16le').toString('utf16le');

/** Splits a text at LF, without empty lines and without the CR before an LF. */
export const linesOf = (text: string): string[] => {
  const lines: string[] = [];
  for (let start = 0; start < text.length; ) {
    const feed = text.indexOf('\n', start);
    const next = feed === -1 ? text.length : feed;
    const end = next > start && text[next - 1] === '\r' ? next - 1 : next;
    const line = text.slice(start, end);
    if (line !== '') lines.push(line);
    start = next + 1;
  }
  return lines;
};
