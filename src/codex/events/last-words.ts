/** A line of codex's own log. It may quote the output of a tool. */
const TRACE =
  /^(?:\u001b\[\d+m)*\d{4}-\d\d-\d\dT[\d:.]+Z(?:\u001b\[\d+m)*\s+(?:\u001b\[\d+m)*(?:ERROR|WARN|INFO|DEBUG|TRACE)(?:\u001b\[\d+m)*\s/;

/** The last line of codex's own log on stderr. It is not matched against known failures. */
export const lastTrace = (stderr: string): string | undefined => {
  const line = stderr.split('\n').findLast((candidate) => TRACE.test(candidate));
  return line === undefined ? undefined : `(its log: ${line.replace(TRACE, '').trim()})`;
};

/** The last error on stderr, to its end. Ignores codex's log. */
export const ownWords = (stderr: string): string | undefined => fromLastError(wordsOf(stderr));

/** The last line on stderr. Ignores codex's log. */
export const lastWords = (stderr: string): string | undefined => wordsOf(stderr).at(-1);

const wordsOf = (stderr: string): string[] =>
  stderr
    .split('\n')
    .filter(
      (line) =>
        line.trim() !== '' &&
        !/^(Reading additional input|WARNING:)/.test(line) &&
        !TRACE.test(line),
    );

/** The lines from the last error or panic of codex on. */
export const fromLastError = (lines: readonly string[]): string | undefined => {
  const error = lines.findLastIndex((line) => /^(error\b|thread '.*' panicked at)/i.test(line));
  return error === -1 ? undefined : lines.slice(error).join('\n');
};
