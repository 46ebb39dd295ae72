/** The last line of codex's own log, which tells no kind. */
export const traced = (stderr: string): string | undefined => {
  const line = stderr.split('\n').findLast((each) => TRACE.test(each));
  return line === undefined ? undefined : `(its log: ${line.replace(TRACE, '').trim()})`;
};

/** A line of codex's own log, which may hold the words of a tool. */
export const TRACE =
  /^(?:\u001b\[\d+m)*\d{4}-\d\d-\d\dT[\d:.]+Z(?:\u001b\[\d+m)*\s+(?:\u001b\[\d+m)*(?:ERROR|WARN|INFO|DEBUG|TRACE)(?:\u001b\[\d+m)*\s/;

/** From the last line that begins with "Error" on; without one, the last line of all. */
export const lastWords = (stderr: string): string | undefined => {
  const lines = stderr
    .split('\n')
    .filter(
      (line) =>
        line.trim() !== '' &&
        !/^(Reading additional input|WARNING:)/.test(line) &&
        !TRACE.test(line),
    );
  return fromLastError(lines) ?? lines.at(-1);
};

/** From the last line on with which codex tells of its own end. */
export const fromLastError = (lines: readonly string[]): string | undefined => {
  const error = lines.findLastIndex((line) => /^(error\b|thread '.*' panicked at)/i.test(line));
  return error === -1 ? undefined : lines.slice(error).join('\n');
};
