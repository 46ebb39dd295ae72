import { isAscii } from 'node:buffer';
import type { Line } from '../../lines/line.js';
import { textOf } from '../../lines/line-text.js';
import type { ItemEvent } from './codex-event.js';
import { messageOpening, parseText, readMessage } from './read-message.js';

/** Reads the lines of codex, and the text of a long message while its line arrives. */
export interface MessageReader {
  /** Reads an unfinished line. Returns how many of its first bytes are not needed any more. */
  readonly take: (bytes: Buffer) => number;
  /** Returns the message of the line that has ended, or a line that is none, as a whole. */
  readonly read: (line: Line) => ItemEvent | Line;
}

/**
 * Creates a reader for the lines of one cutter; see `Cutter.take`.
 *
 * A text of 64 MiB in parts takes two thirds of the memory and four fifths of the time of the whole
 * line: its bytes and its JSON are never all there.
 */
export const createMessageReader = (): MessageReader => {
  const readPart = createPartReader();
  let opening = '';
  let taken = '';
  let isOther = false;

  const take = (bytes: Buffer): number => {
    if (isOther) return 0;
    const found = opening === '' ? messageOpening(bytes.toString('latin1', 0, MAX_OPENING)) : '';
    const part = opening + found === '' ? undefined : readPart(bytes.subarray(found.length));
    isOther = part === undefined;
    if (part === undefined) return 0;
    opening += found;
    taken += part.text;
    return found.length + part.bytes;
  };
  const read = (line: Line): ItemEvent | Line => {
    const before = opening;
    const text = taken;
    opening = '';
    taken = '';
    isOther = false;
    if (typeof line !== 'string') return line;
    return readMessage(before + line, text) ?? before + inner(text) + line;
  };
  return { take, read };
};

/** Bytes in which the text of a message has begun. */
const MAX_OPENING = 256;

/** A text as it stands between the quotes of a JSON string. */
const inner = (text: string): string => JSON.stringify(text).slice(1, -1);

interface Part {
  readonly text: string;
  readonly bytes: number;
}

/**
 * Creates a function that reads the first bytes of what stands between the quotes of a JSON string:
 * all but a character or an escape that they may not hold as a whole. It returns `undefined` where
 * the string ends in them, or is none.
 */
const createPartReader = (): ((bytes: Buffer) => Part | undefined) => {
  let json = Buffer.alloc(0);
  return (bytes) => {
    const most = wholeCharacters(bytes);
    if (json.length < most + 2) json = Buffer.allocUnsafeSlow(2 * most + 2);
    json[0] = QUOTE;
    bytes.copy(json, 1, 0, most);
    for (let length = most; length >= most - MAX_ESCAPE; length -= 1) {
      json[length + 1] = QUOTE;
      const text = parseText(decode(json.subarray(0, length + 2)));
      if (text !== undefined) return { text, bytes: length };
    }
    return undefined;
  };
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
