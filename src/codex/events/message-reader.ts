import { isAscii } from 'node:buffer';
import type { Line } from '../../lines/line.js';
import { textOf } from '../../lines/line-text.js';
import type { ItemEvent } from './codex-event.js';
import { messageOpening, parseText, readMessage } from './read-message.js';

/** Reads the lines of codex, and the text of a long message while its line arrives. */
export interface MessageReader {
  /**
   * Reads an unfinished line. Returns how many of its first bytes are not needed any more, and
   * writes a quote before what is left of the text.
   */
  readonly take: (bytes: Buffer) => number;
  /** Returns the message of the line that has ended, or a line that is none, as a whole. */
  readonly read: (line: Line) => ItemEvent | Line;
}

/**
 * Creates a reader for the lines of one cutter; see `Cutter.take`.
 *
 * A text of 64 MiB in parts takes two thirds of the memory and three quarters of the time of the
 * whole line: its bytes and its JSON are never all there.
 */
export const createMessageReader = (): MessageReader => {
  let opening = '';
  let taken = '';
  let isOther = false;

  const take = (bytes: Buffer): number => {
    if (isOther) return 0;
    const found = opening === '' ? messageOpening(bytes.toString('latin1', 0, MAX_OPENING)) : '';
    const part = opening + found === '' ? undefined : readPart(bytes, found.length);
    isOther = part === undefined;
    if (part === undefined) return 0;
    opening += found;
    taken += part.text;
    const rest = part.end - 1;
    bytes[rest] = QUOTE;
    return rest;
  };
  const read = (line: Line): ItemEvent | Line => {
    const before = opening;
    const text = taken;
    opening = '';
    taken = '';
    isOther = false;
    if (typeof line !== 'string') return line;
    const message = readMessage(before + line, text);
    if (message !== undefined || before === '') return message ?? line;
    return before + JSON.stringify(text).slice(0, -1) + line.slice(1);
  };
  return { take, read };
};

/** Bytes in which the text of a message has begun. */
const MAX_OPENING = 256;

/** The first bytes of a text, and where they end in the line. */
interface Part {
  readonly text: string;
  readonly end: number;
}

/**
 * Reads a JSON string from its quote on, whose end is not there: all but the last byte, and but a
 * character or an escape that is not there as a whole. `undefined` where it ends, or is no string.
 */
const readPart = (bytes: Buffer, quote: number): Part | undefined => {
  const last = wholeCharacters(bytes.subarray(0, -1));
  for (let end = last; end > quote && end >= last - MAX_ESCAPE; end -= 1) {
    const byte = bytes[end] ?? 0;
    bytes[end] = QUOTE;
    const text = parseText(decode(bytes.subarray(quote, end + 1)));
    bytes[end] = byte;
    if (text !== undefined) return { text, end };
  }
  return undefined;
};

/** `textOf` for a long text: of ASCII it takes less time as latin1. */
const decode = (bytes: Buffer): string =>
  isAscii(bytes) ? bytes.toString('latin1') : textOf(bytes);

const QUOTE = 0x22;

/** The most bytes of an escape that is cut: `\u123`. */
const MAX_ESCAPE = 5;

/** The number of bytes before a last character that may not be whole. */
const wholeCharacters = (bytes: Buffer): number => {
  for (let back = 1; back < 4; back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) break;
    if (byte >= 0xc0) return bytes.length - back;
  }
  return bytes.length;
};
