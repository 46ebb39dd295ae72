// The sentences of codex's errors, read out of its binary.
import { createReadStream } from 'node:fs';

/**
 * Bytes of text in a binary: printable ASCII, curly quotes, and the places of values in a template.
 */
const TEXT = /[\x20-\x7e\x80-\xff]{12,}/g;
/** Starts with a capital, has at least four words, and ends with a full stop. */
const SENTENCE = /(?<![A-Z])[A-Z][a-z’']+(?: [^\s.!?]{1,40}){3,40}\.(?![a-z(/])/g;
/** What an error of a turn is about: the words of the error enum. */
const ABOUT =
  /usage limit|rate limit|credits|spend cap|budget|plan, upgrade|quota|capacity|overloaded|high demand|access token|refresh token|sign in again|log ?out and|unauthorized|context window|model .*not supported|flagged|policy|guardian|inference hook|archived|image .*(?:valid|invalid)|unexpected status|stream disconnected|retry limit|sandbox (?:denied|error)|try again (?:at|later)/i;
/** Characters of a sentence; prompts for the model have longer ones. */
const MOST = 200;
/** Strings lie in a binary without a space between. */
const RUN_TOGETHER = /[a-z](?<!Auth|Chat|Open|Web)[A-Z]|\w{19}|::|[_/<>(){}[\]|]/;
/** The words of the terminal's own screens, which no turn ends with. */
const SCREEN = /\b(?:press|toggle|select|choose|menu|tab|shortcut|tip|enable|disable|configure)\b/i;

/** @param {string} sentence */
const isAboutErrors = (sentence) =>
  sentence.length < MOST &&
  ABOUT.test(sentence) &&
  !SCREEN.test(sentence) &&
  !RUN_TOGETHER.test(sentence);

/**
 * @param {string} file the native codex @returns {Promise<Set<string>>} its sentences about errors;
 * values in them are `…`
 */
export const sentencesOf = async (file) => {
  /** @type {Set<string>} */ const found = new Set();
  let rest = '';
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 23 })) {
    const bytes = rest + Buffer.from(chunk).toString('latin1');
    rest = bytes.slice(-2_000);
    for (const [run] of bytes.matchAll(TEXT)) {
      if (!ABOUT.test(run)) continue;
      const text = Buffer.from(run, 'latin1')
        .toString('utf8')
        .replaceAll(/\uFFFD[\s\S]?/g, '…');
      for (const [sentence] of text.matchAll(SENTENCE))
        if (isAboutErrors(sentence)) found.add(sentence);
    }
  }
  return found;
};
