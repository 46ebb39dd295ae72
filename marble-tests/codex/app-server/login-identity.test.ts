import { describe, expect, it } from 'vitest';
import { loginIdentity } from '../../../src/codex/app-server/login-identity.js';

const idToken = (claims: object): string =>
  ['e30', Buffer.from(JSON.stringify(claims)).toString('base64url'), 'signature'].join('.');
const own = (user: string): object => ({
  'https://api.openai.com/auth': { chatgpt_account_id: 'account', chatgpt_user_id: user },
});
const signedIn = (tokens: object, more: object = {}): string =>
  JSON.stringify({ OPENAI_API_KEY: null, tokens, last_refresh: 'now', ...more });
const first = signedIn({
  account_id: 'account',
  id_token: idToken(own('me')),
  access_token: 'a',
  refresh_token: 'r',
});

describe('loginIdentity', () => {
  it.each([
    [
      'tokens and the time of the refresh',
      signedIn(
        {
          account_id: 'account',
          id_token: idToken({ ...own('me'), iat: 2 }),
          access_token: 'b',
          refresh_token: 's',
        },
        { last_refresh: 'later' },
      ),
    ],
    [
      'the mode, which a newer codex adds',
      signedIn({ account_id: 'account', id_token: idToken(own('me')) }, { auth_mode: 'chatgpt' }),
    ],
    ['the account id, which the token has too', signedIn({ id_token: idToken(own('me')) })],
    [
      'what codex registers for its tokens',
      signedIn(
        { account_id: 'account', id_token: idToken(own('me')) },
        { agent_identity: { agent_runtime_id: 'x' } },
      ),
    ],
  ])('stays the same when a refresh changes %s', (_, text) => {
    expect(loginIdentity(text)).toBe(loginIdentity(first));
  });

  it.each([
    ['another account', signedIn({ account_id: 'other', id_token: idToken(own('me')) })],
    ['another user', signedIn({ account_id: 'account', id_token: idToken(own('you')) })],
    [
      'another subject',
      signedIn({ account_id: 'account', id_token: idToken({ sub: 'you' }), access_token: 'a' }),
    ],
    ['an API key', '{"OPENAI_API_KEY":"sk-1"}'],
    ['another API key', '{"OPENAI_API_KEY":"sk-2"}'],
    ['an access token of one’s own', '{"personal_access_token":"at-1"}'],
    ['another access token of one’s own', '{"personal_access_token":"at-2"}'],
    ['a logout', undefined],
  ])('differs for %s', (_, text) => {
    const identity = loginIdentity(text);
    expect(identity).toEqual(expect.any(String));
    expect(identity).not.toBe(loginIdentity(first));
    expect(identity).not.toMatch(/sk-|at-/);
  });

  it('differs between two keys', () => {
    expect(loginIdentity('{"OPENAI_API_KEY":"sk-1"}')).not.toBe(
      loginIdentity('{"OPENAI_API_KEY":"sk-2"}'),
    );
  });

  it.each(['', '{"OPENAI_API', '[]', 'null'])('is undefined for %j, which is no login', (text) => {
    expect(loginIdentity(text)).toBeUndefined();
  });
});
