import { redactTokens } from './known-tokens.js';
import { isNamedSecret, redactValues } from './secret-values.js';

/** Other forms of secrets in texts of codex, a server or a shell, and what replaces each. */
const FORMS: readonly (readonly [RegExp, string] | ((text: string) => string))[] = [
  [
    /\b(bearer)\s{1,9}(?!(?:auth\w*|tokens?|credentials?|realm)\b)[\w.~+/=-]{8,8000}/gi,
    '$1 [redacted]',
  ],
  // "basic authentication" is no secret.
  [
    /\b(basic)\s{1,9}(?=[\w.~+/-]{0,8000}[\dA-Z=]|[\w.~+/-]{20})(?!auth)[\w.~+/=-]{8,8000}/gi,
    '$1 [redacted]',
  ],
  [/(\b[a-z][a-z\d+.-]{0,20}:\/\/)[^\s/@"']{1,400}@/gi, '$1[redacted]@'],
  [/(\bhooks\.slack\.com\/(?:services|workflows|triggers)\/)[\w/-]{8,400}/gi, '$1[redacted]'],
  [/(\bdiscord(?:app)?\.com\/api\/webhooks\/)[\w/-]{8,400}/gi, '$1[redacted]'],
  [/(\bbot)?\d{8,10}:AA[\w-]{30,50}/g, '$1[redacted]'],
  redactTokens,
  [/(?<![\w-])eyJ[\w-]{8,8000}\.[\w-]{1,8000}(?:\.[\w-]{0,8000}){0,3}/g, '[redacted]'],
  [
    /(\b(?:set-)?cookie2?\\?["']?\s{0,9}[:=](?!\s{0,9}\\?["']?\[redacted)\s{0,9}\\?["']?)[^\r\n"'\\]{1,8000}/gi,
    '$1[redacted]',
  ],
  [
    /(\bauthorization\\?["']?\s{0,9}[:=]\s{0,9}\\?["']?(?!(?:Bearer|Basic)\s)[\w-]{1,20}\s{1,9})(?!\[redacted)[^\s"',;}\\]{6,8000}/gi,
    '$1[redacted]',
  ],
  [
    /(\bauthorization\\?["']?\s{0,9}[:=]\s{0,9}\\?["']?)(?!(?:[\w-]{1,20}\s)|\[redacted)[^\s"',;}\\]{6,8000}/gi,
    '$1[redacted]',
  ],
];

const BEGIN = /-----BEGIN ([A-Z\d ]{0,40}PRIVATE KEY(?: BLOCK)?)-----/g;

/** Private keys from BEGIN to END; one without an END is a secret as far as its Base64 goes. */
const redactKeys = (text: string): string => {
  if (!text.includes('-----BEGIN ')) return text;
  let kept = '';
  let from = 0;
  for (const { 0: begin, 1: label = '', index } of text.matchAll(BEGIN)) {
    if (index < from) continue;
    const body = index + begin.length;
    const next = text.indexOf('-----BEGIN ', body);
    const block = text.slice(body, next === -1 ? text.length : next);
    const end = block.indexOf(`-----END ${label}-----`);
    if (block.startsWith('[redacted]')) continue;
    kept += `${text.slice(from, body)}[redacted]`;
    from = body + (end === -1 ? base64Length(block) : end);
  }
  return kept + text.slice(from);
};

const base64Length = (text: string): number =>
  (/^(?:\\[nr]|[\w+/=\s])*/.exec(text)?.[0] ?? '').length;

/** The text without private keys, tokens, passwords and what else gives access. Linear in time. */
export const redact = (text: string): string =>
  redactValues(
    FORMS.reduce(
      (rest, form) => (typeof form === 'function' ? form(rest) : rest.replace(...form)),
      redactKeys(text),
    ),
  );

/** Redacts every text in a JSON value; values nested deeper than 20 levels are left out. */
export const redacted = (value: unknown, depth = 20): unknown => {
  if (typeof value === 'string') return redact(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) return '…';
  if (Array.isArray(value)) return value.map((inner) => redacted(inner, depth - 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, redactedMember(key, inner, depth)]),
  );
};

const redactedMember = (key: string, inner: unknown, depth: number): unknown =>
  typeof inner === 'string' ? redactMember(key, inner) : redacted(inner, depth - 1);

/** Redacts a text by its name in a JSON value, too: only its name identifies a password. */
export const redactMember = (name: string, text: string): string => {
  if (isNamedSecret(name, text)) return '[redacted]';
  const named = redact(`${name}: ${text}`);
  return named.startsWith(`${name}: `) ? named.slice(name.length + 2) : redact(text);
};
