import type { ErrorKind } from '../canonical/turn-event.js';

/** Names the items of a thread that the API refuses in every request with them. */
export type RefusedItems =
  /** Reasoning and summaries that another organisation has encrypted. */
  | { readonly by: 'encrypted' }
  /** A call without its output, or an output without its call. */
  | { readonly by: 'call'; readonly ids: readonly string[] }
  | { readonly by: 'item'; readonly ids: readonly string[] }
  /** Items that are there more than once: all but the first of each id. */
  | { readonly by: 'duplicate'; readonly ids: readonly string[] }
  /** A field that is longer than `max` characters. */
  | { readonly by: 'length'; readonly field: string; readonly max: number }
  /** The pictures that are none by their first bytes; all pictures when each of them is one. */
  | { readonly by: 'pictures' }
  | { readonly by: 'broken pictures' };

/** A way to go on with a thread whose history is refused. */
export type Remedy =
  | { readonly type: 'unarchive' }
  | { readonly type: 'take out'; readonly items: RefusedItems }
  | { readonly type: 'new thread' };

/** A refusal as the API or codex words it, and the items that it is about. */
interface Refusal {
  readonly pattern: RegExp;
  /** `undefined`: no item is named. */
  readonly items: (words: RegExpExecArray) => RefusedItems | undefined;
}

const named =
  (by: 'call' | 'item' | 'duplicate') =>
  ([, ids = '']: RegExpExecArray): RefusedItems => ({
    by,
    ids: ids.split(/[\s,]+/).filter((id) => id !== ''),
  });

/**
 * The refusals of a history; the first matching row counts. codex hands the words of the API on,
 * and has no code for them (src/codex/README.md, a history that is refused).
 */
const REFUSALS: readonly Refusal[] = [
  {
    pattern:
      /invalid_encrypted_content|encrypted[_ ]content\b.{0,2000}?(?:could not be (?:verified|decrypted|decoded)|is invalid)/is,
    items: () => ({ by: 'encrypted' }),
  },
  {
    pattern:
      /No tool (?:output|call) found for\b.{0,60}?\bcall(?:_id)? (?!output\b)["'`]?([\w|:-]+)/i,
    items: named('call'),
  },
  {
    pattern:
      /(?:tool_call_ids did not have response messages|without `?tool_result`? blocks immediately after|unexpected `?tool_use_id`? found in `?tool_result`? blocks): ((?:[\w|:-]+(?:, *)?)+)/i,
    items: named('call'),
  },
  { pattern: /Duplicate item found with id ["'`]?([\w|:-]+)/i, items: named('duplicate') },
  {
    pattern:
      /\bItem (?:with id )?['"`]([\w|:-]+)['"`].{0,200}?(?:not found|was provided without its required)/i,
    items: named('item'),
  },
  { pattern: /Invalid 'input\[\d+\]\.id': '([\w|:-]+)'/i, items: named('item') },
  {
    pattern:
      /input\[\d+\]\.(call_id|name|arguments|output|encrypted_content)': string too long.{0,200}?maximum length (\d+)/is,
    items: ([, field = '', max]) => ({ by: 'length', field, max: Number(max) }),
  },
  {
    pattern:
      /Invalid image|image data you provided|valid image|unsupported image|image_url'|image_parse_error|Could not process image|\bimages?\b.{0,60}\b(?:exceeds?|too large|too many)\b|too many images/i,
    items: () => ({ by: 'pictures' }),
  },
  {
    // Fields that the message of a user does not have.
    pattern:
      /input\[\d+\]\.(?:call_id|name|arguments|output|summary|encrypted_content|id|status|action)\b/i,
    items: () => undefined,
  },
];

/** codex resumes no thread of another model provider (from 0.167) or account (0.168). */
const OTHER_OWNER =
  /Cannot change this thread's model provider|This chat uses .{1,500}(?:no longer configured|but your (?:current provider|organization))|chat.s model provider settings no longer match|created with a different ChatGPT account/i;

/** Whether codex refuses a thread because it belongs to another model provider or account. */
export const hasOtherOwner = (message: string): boolean => OTHER_OWNER.test(message);

const ARCHIVED = /session \S+ is archived|is archived\. Run `codex unarchive/i;

/**
 * The remedies for a failed turn of a resumed thread, in the order in which they are tried; none
 * when its history is not to blame. A turn with pictures of its own may be refused for these: then
 * only pictures that are surely broken are taken out, and the thread is kept.
 */
export const remediesFor = (
  { kind, message }: { readonly kind: ErrorKind; readonly message: string },
  hasPictures = false,
): readonly Remedy[] => {
  if (ARCHIVED.test(message)) return [{ type: 'unarchive' }, NEW_THREAD];
  if (kind === 'thread_lost' || hasOtherOwner(message)) return [NEW_THREAD];
  // The words of a limit, an overload or a hook may name a picture too.
  if (kind !== 'invalid_request' && kind !== 'internal') return [];
  for (const { pattern, items } of REFUSALS) {
    const words = pattern.exec(message);
    if (words === null) continue;
    const refused = items(words);
    if (refused === undefined) return [NEW_THREAD];
    return hasPictures && refused.by === 'pictures'
      ? [{ type: 'take out', items: { by: 'broken pictures' } }]
      : [{ type: 'take out', items: refused }, NEW_THREAD];
  }
  return [];
};

const NEW_THREAD: Remedy = { type: 'new thread' };

/** What a person can do when a turn has failed in spite of these remedies, in parentheses. */
export const wayOut = ([first]: readonly Remedy[], hasPictures = false): string => {
  if (first === undefined) return '';
  const next =
    first.type === 'take out' && hasPictures
      ? 'send the message without its pictures, or with other ones: a turn without pictures removes the refused pictures from the thread'
      : 'the history of this thread is refused, and its next turn repairs or replaces it';
  return ` (${next}; to begin a new thread at once, remove .plexum-codex-session from the workspace)`;
};
