/** A line of codex's own log. It may quote the output of a tool. */
const TRACE =
  /^(?:\u001b\[\d+m)*\d{4}-\d\d-\d\dT[\d:.]+Z(?:\u001b\[\d+m)*\s+(?:\u001b\[\d+m)*(?:ERROR|WARN|INFO|DEBUG|TRACE)(?:\u001b\[\d+m)*\s/;

/** The last line of codex's own log on stderr. It is not matched against known failures. */
export const lastTrace = (stderr: string): string | undefined => {
  const line = stderr.split('\n').findLast((candidate) => TRACE.test(candidate));
  return line === undefined ? undefined : `(its log: ${line.replace(TRACE, '').trim()})`;
};

/** The last error on stderr, to its end. Ignores codex's log. */
export const ownWords = (stderr: string): string | undefined => lastError(wordsOf(stderr));

/** The last line on stderr. Ignores codex's log. */
export const lastWords = (stderr: string): string | undefined => wordsOf(stderr).at(-1);

const wordsOf = (stderr: string): string[] =>
  withoutBacktrace(stderr)
    .split('\n')
    .filter(
      (line) =>
        line.trim() !== '' &&
        !/^(Reading additional input|WARNING:)/.test(line) &&
        !TRACE.test(line),
    );

/** A panic has the number of its thread from Rust 1.91 on (codex 0.135.0 to 0.171.0). */
const ERROR = /^(?:error\b|thread '.*'(?: \(\d+\))? panicked at)/i;

/** The text from the last error or panic of codex on, without a backtrace. */
export const fromLastError = (text: string): string | undefined =>
  lastError(withoutBacktrace(text).split('\n'));

const lastError = (lines: readonly string[]): string | undefined => {
  const error = lines.findLastIndex((line) => ERROR.test(line));
  return error === -1 ? undefined : lines.slice(error).join('\n').trimEnd();
};

/** What follows the words of a panic: the indented frames of the stack and a note, or a note. */
const BACKTRACE =
  /^(?:note: run with `RUST_BACKTRACE=.*|stack backtrace:$(?:\n[ \t].*)*(?:\nnote: .*)?)/gm;

const withoutBacktrace = (text: string): string => text.replace(BACKTRACE, '');
