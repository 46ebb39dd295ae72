// The sentences of codex's error enum, read out of its binary.
import { createReadStream } from 'node:fs';

/**
 * Bytes of text in a binary: printable ASCII, curly quotes, and the places of values in a template.
 */
const TEXT = /[\x20-\x7e\x80-\xff]{12,}/g;
/** Strings lie in a binary without a space between; some names have capitals inside. */
const BETWEEN =
  /(?<=[a-z.?)])(?<!Auth|Chat|Open|Web)(?=[A-Z])|(?<=[a-z]\.)(?=[a-z])(?!(?:com|json|md|rs|toml)\b)/;
/** Sentences of at least four words, the last with a full stop or a value. */
const MESSAGE = /^[A-Z]\S*(?: \S+){3,}[.…]$/;
/** Names that lie together. */
const IS_NAMES = /\w{19}/;
/**
 * Messages that the error enums of 0.135 to 0.171 have. The strings of one type lie side by side in
 * a binary; prompts and pages, which speak of the same things, lie elsewhere.
 */
const OF_ENUM =
  /^(?:Codex ran out of room in|Selected model is at capacity|Policy-restricted capacity|Quota exceeded\. Check your|To use Codex with your|We[’']re currently experiencing|Your access token could not be|The requested access program|Encountered unknown 401|Token data is not available)/;
/** How templates of the enum begin; these lie among those of all types, after their length. */
const TEMPLATE = /^You[’']ve (?:hit|reached|used) |^Your (?:workspace|organi[sz]ation) /;
const LENGTH = /^.(?=You[’']ve |Your )/;
/** Characters of a message; documentation has longer ones. */
const MOST = 300;
/** What the log says beside them. */
const IS_LOG = /^(?:Skipping|Falling back|Sanitized|Reloading) /;

/** @param {string} text of a binary @returns {string[]} the messages of the enum in it */
export const enumMessages = (text) => {
  const strings = text.split(BETWEEN).map((string) => string.replace(LENGTH, ''));
  return strings.filter(
    (string, at) =>
      MESSAGE.test(string) &&
      string.length < MOST &&
      !IS_LOG.test(string) &&
      !IS_NAMES.test(string) &&
      (TEMPLATE.test(string) ||
        strings.slice(Math.max(0, at - 1), at + 2).some((one) => OF_ENUM.test(one))),
  );
};

/**
 * @param {string} file the native codex @returns {Promise<Set<string>>} the sentences of its error
 * enum; values in them are `…`
 */
export const sentencesOf = async (file) => {
  /** @type {Set<string>} */ const found = new Set();
  let rest = '';
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 23 })) {
    const bytes = rest + Buffer.from(chunk).toString('latin1');
    rest = bytes.slice(-2_000);
    for (const [run] of bytes.matchAll(TEXT)) {
      const text = Buffer.from(run, 'latin1')
        .toString('utf8')
        .replaceAll(/\uFFFD[\s\S]?/g, '…');
      for (const message of enumMessages(text)) found.add(message);
    }
  }
  return found;
};
