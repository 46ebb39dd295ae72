import {
  type Block,
  type ImageBlock,
  isImage,
  isText,
  type TurnRequest,
} from '../canonical/turn-request.js';

/**
 * Code points of the longest prompt that codex accepts. It refuses a longer one on stderr only; see
 * `src/codex/README.md`, the prompt.
 */
export const MAX_PROMPT_CHARS = 1_048_576;

/** The input of the user in this turn. */
export interface UserInput {
  readonly text: string;
  readonly images: readonly ImageBlock[];
}

/**
 * The text and the images of the last user message; a line feed separates its text blocks. Earlier
 * messages are in the thread of codex.
 */
export const userInput = ({ messages = [] }: TurnRequest): UserInput => {
  const content = messages.findLast((message) => message.role === 'user')?.content ?? '';
  const blocks: readonly Block[] =
    typeof content === 'string' ? [{ type: 'text', text: content }] : content;
  const texts = blocks.filter(isText).map((block) => block.text);
  return { text: texts.join('\n'), images: blocks.filter(isImage) };
};

/** The prompt for codex: the user's text, then a line for every image that cannot be attached. */
export const withNotes = (text: string, notes: readonly string[]): string =>
  [text, ...notes].join('\n\n');

export const isTooLong = (prompt: string): boolean => {
  if (prompt.length <= MAX_PROMPT_CHARS) return false;
  let pairs = 0;
  for (let i = 0; i < prompt.length; i += 1)
    if (isHighSurrogate(prompt.charCodeAt(i)) && isLowSurrogate(prompt.charCodeAt(i + 1)))
      pairs += 1;
  return prompt.length - pairs > MAX_PROMPT_CHARS;
};

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00;
const isLowSurrogate = (unit: number): boolean => unit >= 0xdc00 && unit < 0xe000;
