import { changeOfInstructions, type Instructions } from './instructions.js';
import { type Seed, seedItems, transcript, USER_SAYS } from './seed.js';

/** What a thread is given before the prompt of a turn. */
export interface Opening {
  readonly prompt: string;
  /** Earlier messages for a new thread. */
  readonly seed?: Seed | undefined;
  readonly instructions?: Instructions | undefined;
}

/** The opening as one text, for a codex that takes no more; `token` is random, see `transcript`. */
export const openingText = ({ prompt, seed, instructions }: Opening, token: string): string => {
  const change = changeOfInstructions(instructions);
  const whole =
    change === undefined
      ? prompt
      : [
          `[${token}: instructions]\n${change}`,
          `[${token}: instructions end]`,
          USER_SAYS,
          prompt,
        ].join('\n\n');
  return seed === undefined ? whole : transcript(seed, whole, token);
};

/** Whether a text that codex has recorded is a prompt, alone or behind the rest of an opening. */
export const isOpeningText = (text: string, prompt: string): boolean => {
  const [recorded, asked] = [text.trim(), prompt.trim()];
  return recorded === asked || recorded.endsWith(`${USER_SAYS}\n\n${asked}`);
};

/** The opening but the prompt, as items of the Responses API; empty when there is nothing. */
export const openingItems = ({ seed, instructions }: Opening): readonly object[] => {
  const change = changeOfInstructions(instructions);
  return [
    ...(seed === undefined ? [] : seedItems(seed)),
    ...(change === undefined
      ? []
      : [{ type: 'message', role: 'developer', content: [{ type: 'input_text', text: change }] }]),
  ];
};
