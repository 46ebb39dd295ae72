import * as t from 'io-ts';
import {
  type Block,
  type ImageBlock,
  isImage,
  isText,
  type TurnRequest,
} from '../canonical/turn-request.js';
import { messageText } from './message-text.js';

/**
 * Code points of the longest prompt that codex accepts. It refuses a longer one on stderr only; see
 * `src/codex/README.md`, the prompt.
 */
export const MAX_PROMPT_CHARS = 1_048_576;

const SystemMessage = t.intersection([
  t.type({ role: t.keyof({ system: null, developer: null }) }),
  t.partial({ content: t.unknown }),
]);

/** The input of the user in this turn. */
export interface UserInput {
  readonly text: string;
  readonly images: readonly ImageBlock[];
}

/**
 * The text and the images of the last user message; a line feed separates its text blocks. Earlier
 * messages are in the thread of codex, or become its seed.
 */
export const userInput = ({ messages }: TurnRequest): UserInput => {
  const content = messages?.last?.content ?? '';
  const blocks: readonly Block[] =
    typeof content === 'string' ? [{ type: 'text', text: content }] : content;
  const texts = blocks.filter(isText).map((block) => block.text);
  return { text: texts.join('\n'), images: blocks.filter(isImage) };
};

/**
 * The host's standing instructions: `system` of the request, then the system messages before the
 * conversation. Later system messages are no instructions of the thread, and are left out. Half a
 * character becomes U+FFFD. One that is too long stays so: `isTooLong` says it.
 */
export const systemText = ({ system, messages }: TurnRequest): string => {
  const first = messages?.earlier ?? [];
  const end = first.findIndex((message) => !SystemMessage.is(message));
  const leading = first.slice(0, end === -1 ? undefined : end).filter(SystemMessage.is);
  return [system, ...leading.map(({ content }) => content)]
    .map((content) => messageText(content ?? '', 2 * MAX_PROMPT_CHARS + 2).text)
    .filter((text) => text.trim() !== '')
    .join('\n\n');
};

/** The prompt for codex: the user's text, then a line for every image that cannot be attached. */
export const withNotes = (text: string, notes: readonly string[]): string =>
  [text, ...notes].join('\n\n');

export const isTooLong = (prompt: string): boolean =>
  prompt.length > MAX_PROMPT_CHARS && codePoints(prompt) > MAX_PROMPT_CHARS;

/** The characters of a text as codex counts them. */
export const codePoints = (text: string): number => {
  let pairs = 0;
  for (let i = 0; i < text.length; i += 1)
    if (isHighSurrogate(text.charCodeAt(i)) && isLowSurrogate(text.charCodeAt(i + 1))) pairs += 1;
  return text.length - pairs;
};

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00;
const isLowSurrogate = (unit: number): boolean => unit >= 0xdc00 && unit < 0xe000;
