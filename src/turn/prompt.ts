import {
  type Block,
  type ImageBlock,
  isImage,
  isText,
  type TurnRequest,
} from '../canonical/turn-request.js';

/**
 * codex refuses a longer prompt, on stderr only (facts/codex-exec.md §7). Counted in code points,
 * as codex counts.
 */
export const MAX_PROMPT_CHARS = 1_048_576;

/** What the user says in this turn. */
export interface UserInput {
  readonly text: string;
  readonly images: readonly ImageBlock[];
}

/**
 * The last user message: its text blocks, a line feed between them, and its images. The history
 * lives in codex's thread.
 */
export const userInput = ({ messages = [] }: TurnRequest): UserInput => {
  const content = messages.findLast((message) => message.role === 'user')?.content ?? '';
  const blocks: readonly Block[] =
    typeof content === 'string' ? [{ type: 'text', text: content }] : content;
  const texts = blocks.filter(isText).map((block) => block.text);
  return { text: texts.join('\n'), images: blocks.filter(isImage) };
};

/**
 * The prompt as codex gets it: the user's text, then a line for every image that could not be
 * attached.
 */
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
