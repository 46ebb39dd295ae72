import { SEED_FRAME, type Seed } from '../codex/seed.js';
import type { Ports } from '../ports.js';
import { codePoints, MAX_PROMPT_CHARS } from './prompt.js';
import { seedOf } from './seed-of.js';

/** Why a turn may begin a new thread: it replaces another one, or the workspace has none. */
export type NewThread = 'replaced' | 'first';

type SeedPorts = Pick<Ports, 'conversation' | 'log' | 'onNotice'>;

/**
 * The seed of a new thread by the setting `history`, logged and noted in the record. A prompt that
 * leaves less room than `history_max_chars` gets a shorter one.
 */
export const seedThread = (
  earlier: readonly unknown[],
  prompt: string,
  reason: NewThread,
  { conversation, log, onNotice }: SeedPorts,
): Seed | undefined => {
  const { history, historyMaxChars } = conversation;
  const isWanted = history === 'always' || (history === 'lost' && reason === 'replaced');
  if (!isWanted || earlier.length === 0) return undefined;
  const room = MAX_PROMPT_CHARS - codePoints(prompt) - SEED_FRAME;
  const { seed, chars, skipped } = seedOf(earlier, historyMaxChars, room);
  const counts = {
    messages: seed?.messages.length ?? 0,
    chars,
    left_out: seed?.leftOut ?? earlier.length,
  };
  log(
    'info',
    seed === undefined
      ? 'the new thread begins without the earlier messages of the request: none of them fits'
      : 'the new thread begins with earlier messages of the request',
    { ...counts, ...(skipped === 0 ? {} : { skipped }) },
  );
  if (seed !== undefined) onNotice?.({ seeded: counts });
  return seed;
};
