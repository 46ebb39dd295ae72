/** Names whose value is a secret, by their end and in any case: OPENAI_API_KEY, accessToken. */
const NAME = [
  'pass(?:word|wd|phrase|code)',
  '(?<=[_-])(?:pwd|pass|auth|sig)',
  '(?<![a-z])(?:sig|passwort)',
  'signature',
  'secret',
  'token',
  'credentials?',
  '(?:api|access|secret|private|account|shared|signing|encryption|master|session|auth|service)[-_ ]?key',
].join('|');

/** One of these names, alone or at the end of a longer one. */
const SECRET_NAME = new RegExp(`(?:${NAME})$`, 'i');

/**
 * Whole names of tokens that give no access: of MCP and LSP, of pages of a list, and of a model's
 * alphabet. Not in capitals, as in the environment.
 */
const HARMLESS =
  /(?<![\w-])(?:progress|workDone|partialResult|[nN]ext(?:_?page|Page|Sync|Continuation)?|sync|[cC]ontinuation|cancellation|stop|[be]os|pad|unk|sep|cls|mask)(?:_token|Token)$/;

/** More characters than a harmless name has before its end. */
const HARMLESS_LENGTH = 30;

/** A name, its quote, the separator, and the quote of the value. A space separates a flag only. */
const ASSIGNMENT = new RegExp(
  `(?:${NAME})(?:\\\\{0,15}["'])?(\\s{0,9}[:=]\\s{0,9}|(?:(?<=--[\\w-]{1,60})\\s{1,9}))(\\\\{0,15}["'])?`,
  'gi',
);

/** Characters of the longest value; what follows is judged anew. */
const MAX_VALUE = 8_000;

/** Words that stand where a value would, in messages about a value. */
const NO_VALUE =
  /^(?:null|true|false|undefined|none|nothing|required|missing|invalid|incorrect|expired|expected|empty|not|is|was|string|\[redacted.*|<.*|\$.*|\*+|Bearer|Basic|Digest|Token)$/i;

/**
 * Whether the text below this name in a JSON value is a secret, whatever it looks like. No shell
 * has replaced variables there, so one that begins with `$` or `<` is a secret as well.
 */
export const isNamedSecret = (name: string, text: string): boolean =>
  SECRET_NAME.test(name) &&
  !HARMLESS.test(name) &&
  text !== '' &&
  (/^[<$*]/.test(text) || !NO_VALUE.test(text));

/** A value without quotes. A part of it may have been redacted already. */
const BARE_VALUE = /^(?:\[redacted\]|[^\s"',;&}\]\\)`])*/;

/**
 * Where a value ends: at the next space or punctuation, or at its closing quote, which has as many
 * backslashes as the opening one. A quote within the value has more.
 */
const endOf = (text: string, start: number, quote: string | undefined): number => {
  const value = text.slice(start, start + MAX_VALUE);
  if (quote === undefined) return start + (BARE_VALUE.exec(value)?.[0] ?? '').length;
  const depth = quote.length - 1;
  for (const { 0: line = '', 1: slashes = '', index } of value.matchAll(/(?<!\\)(\\*)["']|\n/g)) {
    if (line === '\n') return start + index;
    if (line.endsWith(quote.slice(-1)) && slashes.length <= depth) return start + index;
  }
  return start + value.length;
};

const isSecret = (value: string, name: string, separator: string, isQuoted: boolean): boolean => {
  if (value === '' || NO_VALUE.test(value)) return false;
  if (isQuoted || separator.includes('=') || /pass/i.test(name)) return true;
  if (!separator.includes(':')) return true;
  return value.length >= 6 && /\d|[a-z][A-Z]|[A-Z]{2}/.test(value.slice(0, 200));
};

/**
 * The text with the values of names such as `password`, `api_key` or `--token` replaced by
 * `[redacted]`: in a shell, in a header, in JSON, and in JSON within JSON. Linear in the length of
 * the text.
 */
export const redactValues = (text: string): string => {
  let kept = '';
  let from = 0;
  let bareEnd = 0;
  ASSIGNMENT.lastIndex = 0;
  for (let match = ASSIGNMENT.exec(text); match !== null; match = ASSIGNMENT.exec(text)) {
    const [name, separator = '', quote] = match;
    const start = match.index + name.length;
    const before = text.slice(Math.max(0, match.index - HARMLESS_LENGTH), match.index);
    if (HARMLESS.test(before + name.slice(0, 'token'.length))) continue;
    // Names within an unquoted value share its end: one scan for all of them.
    const isShared = quote === undefined && start < bareEnd;
    const end = isShared ? bareEnd : endOf(text, start, quote);
    if (quote === undefined) bareEnd = end;
    if (!isSecret(text.slice(start, end), name, separator, quote !== undefined)) continue;
    kept += `${text.slice(from, start)}[redacted]`;
    from = end;
    ASSIGNMENT.lastIndex = end;
  }
  return from === 0 ? text : kept + text.slice(from);
};
