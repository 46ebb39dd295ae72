import { isOlder } from '../../src/codex/version.js';
import { codexVersion } from './lab.js';

/** What codex does from a version on, and only the tests of the real codex ask; see `codexCan`. */
const SINCE = {
  /** Refuses to resume a thread that was archived. */
  refusesArchived: '0.136.0',
  /** The app-server reads `AGENTS.md` again for a thread that is resumed. */
  reloadsInstructions: '0.143.0',
  /** Refuses a thread with numbered records, until it numbers its own. */
  refusesNumbered: '0.143.0',
  /** Goes on with the numbers of a thread that a newer codex has begun. */
  keepsNumbers: '0.145.0',
  /** The app-server's end of a turn holds the last message. */
  endHoldsMessage: '0.146.0',
  /** Numbers and indexes the records of a rollout; refuses one without a number at the end. */
  threadIndex: '0.148.0',
} as const;

/** Whether the codex under test does it. */
export const codexDoes = (fact: keyof typeof SINCE): boolean => !isOlder(codexVersion, SINCE[fact]);
