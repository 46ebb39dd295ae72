import type { TurnEvent } from '../canonical/turn-event.js';

/** The letter of each canonical event, in diagrams of documents, tests and drawings. */
export const turnEventLetters = {
  message_start: 'M',
  text_delta: 't',
  thinking_delta: 'h',
  tool_call_start: 'c',
  tool_call_delta: 'd',
  tool_call_end: 'e',
  tool_result: 'o',
  message_end: 'E',
  error: 'X',
} as const satisfies Readonly<Record<TurnEvent['type'], string>>;

/** The letter of each codex event that is no item, and of the exit of the process. */
export const codexLetters = {
  'thread.started': 'T',
  'turn.started': 'S',
  'turn.completed': 'C',
  'turn.failed': 'F',
  exited: 'x',
} as const;

const letters: ReadonlyMap<string, string> = new Map(
  Object.entries({ ...codexLetters, ...turnEventLetters }),
);

/** The letters of a marble diagram, in the order in which values without a letter take them. */
export const LETTERS = Array.from('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ');

/**
 * A letter for values of `kind` that is not in `taken`: the letter of the alphabet, else the first
 * free letter of the last word of `kind`, else the first free letter at all. `?` when all 52 are
 * taken.
 *
 * `kind` is the type of an event, or `item.completed agent_message` for an event with an item.
 */
export const freeLetter = (kind: string, taken: readonly string[]): string => {
  const wanted = [letters.get(kind) ?? '', ...Array.from(kind.split(' ').at(-1) ?? ''), ...LETTERS];
  return wanted.find((letter) => /^[A-Za-z]$/.test(letter) && !taken.includes(letter)) ?? '?';
};
