import * as t from 'io-ts';
import { MESSAGE_FRAME, type Seed, type SeedMessage } from '../codex/seed.js';
import { messageText } from './message-text.js';

/** What has become of the earlier messages of a request. */
export interface Seeding {
  /** `undefined` when no message fits, or none has a text. */
  readonly seed: Seed | undefined;
  /** Characters of the earlier messages in the seed. */
  readonly chars: number;
  /** Messages and blocks, of those that were looked at, that could not be read. */
  readonly skipped: number;
}

const Speaker = t.type({ role: t.keyof({ user: null, assistant: null }) });
const Spoken = t.intersection([Speaker, t.partial({ content: t.unknown })]);
/** Its text is no part of the conversation; see `systemText`. */
const System = t.type({ role: t.keyof({ system: null, developer: null }) });

/** An older message that does not fit is left out, or its end is kept where this many fit. */
const LEAST_PART = 1_000;
/** The room for it is part of `SEED_FRAME`: a seed has one cut. */
const CUT = '[… the beginning of this message is left out …]\n';

/**
 * The seed of a new thread: the newest messages of a conversation that fit into `max` characters,
 * in their order. The newest message is always there, with its end when it is longer. Thinking and
 * system messages are left out, calls of tools are shortened, pictures are named. `room`: the
 * characters for the messages with what `transcript` adds to each.
 *
 * Looks at the messages from the newest on and stops when `max` is reached; of those before it only
 * counts how many there are. Never throws: what cannot be read is skipped and counted.
 */
export const seedOf = (
  earlier: readonly unknown[],
  max: number,
  room = Number.POSITIVE_INFINITY,
): Seeding => {
  const newest: SeedMessage[] = [];
  let chars = 0;
  let skipped = 0;
  let isFull = false;
  let from = earlier.length;
  while (from > 0 && !isFull) {
    const message = earlier[from - 1];
    if (Spoken.is(message)) {
      const framed = chars + (newest.length + 1) * MESSAGE_FRAME;
      const fitting = Math.max(0, Math.min(max - chars, room - framed));
      const read = messageText(message.content ?? '', fitting);
      if (read.isCut && fitting < (newest.length === 0 ? 1 : LEAST_PART)) break;
      skipped += read.skipped;
      isFull = read.isCut;
      if (read.text !== '') {
        newest.push({ role: message.role, text: `${read.isCut ? CUT : ''}${read.text}` });
        chars += read.text.length;
      }
    } else if (!System.is(message)) skipped += 1;
    from -= 1;
  }
  const leftOut = earlier.reduce(
    (count: number, message, i) => (i < from && Speaker.is(message) ? count + 1 : count),
    0,
  );
  const messages = newest.toReversed();
  return { seed: messages.length === 0 ? undefined : { messages, leftOut }, chars, skipped };
};
