/**
 * What a secret looks like in the words of codex, of a server, or in JSON, and what stays of it.
 */
const secrets: readonly (readonly [RegExp, string])[] = [
  // "basic authentication" is none.
  [
    /\b([Bb]earer|[Bb]asic|BEARER|BASIC)\s+(?=[\w.~+/=-]*[\dA-Z=]|[\w.~+/=-]{20})[\w.~+/=-]{8,}/g,
    '$1 [redacted]',
  ],
  [/(\b[a-z][a-z\d+.-]{0,20}:\/\/)[^\s/@]{1,400}@/gi, '$1[redacted]@'],
  [/\b(gh[pousr]_|github_pat_|xox[abprs]-|AKIA|AIza)[\w-]{12,255}/g, '$1[redacted]'],
  [
    /(\bauthorization\\?["']?\s{0,9}[:=]\s{0,9}\\?["']?[\w-]{1,20}\s{1,9})(?!\[redacted)[^\s"',;}\\]{6,}/gi,
    '$1[redacted]',
  ],
  [/\b(sk|sess|rk)-[\w*-]{8,400}/g, '$1-[redacted]'],
  [/\beyJ[\w-]{8,4000}\.[\w-]{1,8000}\.[\w-]*/g, '[redacted]'],
  [
    /((?:authorization|api[-_ ]?key|(?:access|refresh|id|bearer|auth|github|gitlab|npm)[-_]?token|client[-_]?secret|password)\\?["']?\s*[:=]\s*\\?["']?)(?!(?:Bearer|Basic)\b|\[redacted)[^\s"',;}\\]{6,}/gi,
    '$1[redacted]',
  ],
];

/** The text without bearer tokens, keys and passwords. */
export const redact = (text: string): string =>
  secrets.reduce((rest, [pattern, kept]) => rest.replace(pattern, kept), text);

/** The same for every text in a JSON value; what is nested deeper than 20 levels is left out. */
export const redacted = (value: unknown, depth = 20): unknown => {
  if (typeof value === 'string') return redact(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) return '…';
  if (Array.isArray(value)) return value.map((inner) => redacted(inner, depth - 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, redacted(inner, depth - 1)]),
  );
};
