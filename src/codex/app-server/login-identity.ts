import { createHash } from 'node:crypto';
import * as t from 'io-ts';

const Login = t.record(t.string, t.unknown);
const Tokens = t.partial({ account_id: t.unknown, id_token: t.unknown });
/** The namespace of OpenAI's own claims in an id token. */
const CLAIMS = 'https://api.openai.com/auth';

/** A short value that is the same for the same text, and tells nothing about it. */
export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/**
 * Identifies who is signed in by an auth.json, by account and user or by the key: it stays the same
 * when codex refreshes its tokens. `undefined` for a text that is no login, for instance a
 * half-written one; `nobody` without a file, after a logout.
 */
export const loginIdentity = (text: string | undefined): string | undefined => {
  if (text === undefined) return 'nobody';
  const login = parseJson(text);
  if (!Login.is(login)) return undefined;
  const { tokens, OPENAI_API_KEY: key, auth_mode: mode, ...others } = login;
  const named = mode ?? (typeof key === 'string' ? 'apikey' : 'chatgpt');
  // Beside tokens codex stores what it has got for them by itself.
  const who = Tokens.is(tokens) ? accountOf(tokens) : present(others);
  return digestOf(JSON.stringify([named, key, who]));
};

const present = (fields: Readonly<Record<string, unknown>>): unknown[] =>
  Object.entries(fields)
    .filter(([key, value]) => key !== 'last_refresh' && value !== null)
    .sort(([a], [b]) => (a < b ? -1 : 1));

const accountOf = ({ account_id, id_token }: t.TypeOf<typeof Tokens>): unknown[] => {
  const claims = claimsOf(id_token);
  const own = claims[CLAIMS];
  const { chatgpt_account_id, chatgpt_user_id, user_id } = Login.is(own) ? own : {};
  return [
    account_id ?? chatgpt_account_id,
    chatgpt_user_id ?? user_id ?? claims['sub'] ?? claims['email'],
  ];
};

/** The claims of a JSON Web Token; empty when it has none. */
const claimsOf = (token: unknown): Readonly<Record<string, unknown>> => {
  const [, payload = ''] = typeof token === 'string' ? token.split('.') : [];
  const claims = parseJson(Buffer.from(payload, 'base64url').toString('utf8'));
  return Login.is(claims) ? claims : {};
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
