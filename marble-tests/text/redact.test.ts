import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failure } from '../../src/codex/events/failure.js';
import { redact, redacted } from '../../src/text/redact.js';
import { holds } from '../support/fuzz.js';

// Put together here, so that no scanner takes this file for a leak.
const letters = (count: number): string =>
  'aB3dE5fG7hJ9kL2mN4pQ6rS8tU0vW1xY'.repeat(3).slice(0, count);
const HEX = Array.from({ length: 16 }, (_, digit) => digit.toString(16));
const hex = (count: number): string => HEX.join('').repeat(5).slice(0, count);
const pem = (label: string): string =>
  `-----BEGIN ${label}-----\nMIIE${letters(60)}\n${letters(64)}\n-----END ${label}-----`;

/** What it is, a text that holds it, and the part that must not pass. */
const SECRETS: readonly (readonly [what: string, text: string, secret: string])[] = [
  ['an npm token', `npm_${letters(36)}`, letters(36)],
  ['an .npmrc line', `//registry.example/:_authToken=${letters(36)}`, letters(36)],
  ['an old .npmrc line', `_auth=${letters(24)}`, letters(24)],
  ['a GitHub token', `remote: ghp_${letters(36)} was refused`, letters(36)],
  ['a fine-grained GitHub token', `github_pat_${letters(60)}`, letters(60)],
  ['a GitLab token', `glpat-${letters(20)}`, letters(20)],
  ['a GitLab runner token', `glrt-${letters(20)}`, letters(20)],
  ['a PyPI token', `pypi-${letters(80)}`, letters(80)],
  ['a Docker token', `dckr_pat_${letters(27)}`, letters(27)],
  ['a Stripe live key', `sk_live_${letters(24)}`, letters(24)],
  ['a Stripe restricted key', `rk_live_${letters(24)}`, letters(24)],
  ['a Stripe test key', `sk_test_${letters(24)}`, letters(24)],
  ['a Stripe webhook secret', `whsec_${letters(32)}`, letters(32)],
  ['a Slack bot token', `xoxb-1234567890-${letters(24)}`, letters(24)],
  ['a Slack app token', `xapp-1-A0123456789-${letters(24)}`, letters(24)],
  ['a Slack webhook', `https://hooks.slack.com/services/T00/B00/${letters(24)}`, letters(24)],
  ['a Slack workflow', `https://hooks.slack.com/workflows/T00/A00/${letters(24)}`, letters(24)],
  ['a Discord webhook', `https://discord.com/api/webhooks/123/${letters(40)}`, letters(40)],
  ['a Telegram bot', `https://api.telegram.org/bot123456789:AA${letters(33)}/x`, letters(33)],
  ['a SendGrid key', `SG.${letters(22)}.${letters(43)}`, letters(43)],
  ['a Twilio key', `SK${hex(32)}`, hex(32)],
  ['a Hugging Face token', `hf_${letters(34)}`, letters(34)],
  ['an OpenAI key', `Incorrect API key provided: sk-proj-${letters(40)}`, letters(40)],
  ['a key in a path', `https://proxy.example/sk-proj-${letters(40)}/v1`, letters(40)],
  ['a token in a path', `GET /bot/hooks/ghp_${letters(36)}`, letters(36)],
  ['a key behind a line break in JSON', JSON.stringify(`a\nsk-${letters(40)}`), letters(40)],
  ['a key behind other words of a name', `key.prod-sk-${letters(40)}`, letters(40)],
  ['an Anthropic key', `sk-ant-api03-${letters(40)}`, letters(40)],
  ['a Groq key', `gsk_${letters(40)}`, letters(40)],
  ['an xAI key', `xai-${letters(40)}`, letters(40)],
  ['a Google API key', `AIza${letters(35)}`, letters(35)],
  ['a Google access token', `ya29.${letters(40)}`, letters(40)],
  ['a Google client secret', `GOCSPX-${letters(28)}`, letters(28)],
  ['an AWS key id', ['AKIA', 'A2B3C4D5E6F7G8H9'].join(''), 'A2B3C4D5E6F7G8H9'],
  ['a temporary AWS key id', ['ASIA', 'A2B3C4D5E6F7G8H9'].join(''), 'A2B3C4D5E6F7G8H9'],
  ['an AWS secret in the environment', `AWS_SECRET_ACCESS_KEY=${letters(30)}/+x`, letters(30)],
  ['an AWS secret in a file', `aws_secret_access_key = ${letters(40)}`, letters(40)],
  ['an AWS secret in JSON', `{"SecretAccessKey": "${letters(40)}"}`, letters(40)],
  ['an AWS session token', `AWS_SESSION_TOKEN=${letters(60)}==`, letters(60)],
  ['an AWS session token in JSON', `{"SessionToken":"${letters(60)}"}`, letters(60)],
  ['a signed AWS address', `https://b.s3/x?X-Amz-Signature=${hex(64)}&y=1`, hex(64)],
  ['a private key', pem('PRIVATE KEY'), letters(60)],
  ['an RSA key', `key:\n${pem('RSA PRIVATE KEY')}\nafter`, letters(60)],
  ['an OpenSSH key in JSON', JSON.stringify({ k: pem('OPENSSH PRIVATE KEY') }), letters(60)],
  ['a private key that is cut', pem('EC PRIVATE KEY').slice(0, 100), letters(50)],
  ['a PGP key', pem('PGP PRIVATE KEY BLOCK'), letters(60)],
  ['an Azure account key', `AccountName=a;AccountKey=${letters(60)}==;Suffix=x`, letters(60)],
  ['an Azure shared key', `SharedAccessKey=${letters(40)}=`, letters(40)],
  ['an Azure SAS', `https://a.blob/x?sv=2024&sig=${letters(40)}%3D&se=1`, letters(40)],
  ['a cookie', `Cookie: session=${letters(20)}; theme=dark`, letters(20)],
  ['a later cookie', `Cookie: theme=dark; sid=${letters(20)}`, letters(20)],
  ['a cookie that is set', `set-cookie: sid=${letters(20)}; Path=/`, letters(20)],
  ['a cookie in JSON', `{"cookie":"theme=dark; sid=${letters(20)}"}`, letters(20)],
  ['passwd=', 'passwd=hunter2', 'hunter2'],
  ['secret=', 'secret=hunter2', 'hunter2'],
  ['token=', 'https://x/y?token=hunter2&z=1', 'hunter2'],
  ['a short password', 'password=abc', 'abc'],
  ['a password after a colon', 'password: hunter', 'hunter'],
  ['a quoted password with a space', 'password="correct horse battery"', 'horse battery'],
  ['a password in single quotes', "db_password: 'correct horse'", 'horse'],
  ['a password with an escaped quote', '{"password":"a\\"b c"}', 'b c'],
  ['a password in JSON within JSON', JSON.stringify('{"password":"correct horse"}'), 'horse'],
  ['--api-key', `codex --api-key ${letters(12)} run`, letters(12)],
  ['--token=', `tool --token=${letters(12)}`, letters(12)],
  ['--password', 'mysql --password "two words" db', 'two words'],
  ['a client secret', `client_secret=${letters(20)}`, letters(20)],
  ['a private key of a name', `"privateKey": "${letters(30)}"`, letters(30)],
  ['credentials', `GOOGLE_CREDENTIALS="${letters(30)}"`, letters(30)],
  ['a passphrase', `passphrase: ${letters(10)}`, letters(10)],
  ['a bearer token in lower case', `authorization: bearer ${hex(20)}`, hex(20)],
  ['a bearer token of letters', 'Authorization: bearer qwertyuiopas', 'qwertyuiopas'],
  ['a bearer token in prose', `sent Bearer ${letters(30)} to it`, letters(30)],
  ['basic authentication', `Authorization: Basic ${letters(24)}==`, letters(24)],
  ['another scheme', `Authorization: Token ${letters(24)}`, letters(24)],
  ['no scheme', `authorization: ${letters(24)}`, letters(24)],
  ['a key header', `x-api-key: ${letters(24)}`, letters(24)],
  ['our own token', `PLEXUM_MCP_TOKEN=${letters(43)}`, letters(43)],
  ['a password in an address', 'https://me:hunter2@proxy.example:8080/v1', 'hunter2'],
  ['a JWT', `eyJ${letters(20)}.eyJ${letters(30)}.${letters(30)}`, letters(30)],
  ['a Vault token', `hvs.${letters(24)}`, letters(24)],
  ['a Tailscale key', `tskey-auth-${letters(20)}`, letters(20)],
  ['an age key', `AGE-SECRET-KEY-1${letters(50).toUpperCase()}`, letters(50).toUpperCase()],
];

/** Names that end as those of secrets do. */
const HARMLESS = [
  ...['progressToken', 'progress_token', 'workDoneToken', 'partialResultToken'],
  ...['nextToken', 'NextToken', 'next_page_token', 'nextPageToken', 'nextSyncToken'],
  ...['syncToken', 'continuationToken', 'NextContinuationToken', 'cancellationToken'],
  ...['stop_token', 'stopToken', 'bos_token', 'eos_token', 'pad_token', 'unk_token'],
  ...['sep_token', 'cls_token', 'mask_token'],
];

/** What names of files and of tokens may begin with. */
const NAMES_LIKE_TOKENS =
  'sk- rk- sess- a.sk- a-rk- xai- xapp- xoxb- ghp_ glpat- npm_ pypi- hf_ gsk_ tskey- hvs. ya29. sk_test_'.split(
    ' ',
  );

describe('redact', () => {
  it.each(SECRETS)('hides %s', (_what, text, secret) => {
    expect(redact(text)).not.toContain(secret);
    expect(redact(`before ${text} after`)).not.toContain(secret);
    expect(redact(text)).toContain('[redacted]');
  });

  it.each(SECRETS)('hides %s in the message of a failure', (_what, text, secret) => {
    expect(failure(text, { now: 0 }).message).not.toContain(secret);
  });

  it.each(SECRETS)('hides %s in the fields of a log', (_what, text, secret) => {
    const log = redacted({ msg: text, error: { lines: [text], json: JSON.stringify({ text }) } });
    expect(JSON.stringify(log)).not.toContain(secret);
  });

  it('hides any text below the key of a secret', () => {
    expect(redacted({ password: 'a b', nested: [{ apiKey: 'abc', tokens: 'few' }] })).toEqual({
      password: '[redacted]',
      nested: [{ apiKey: '[redacted]', tokens: 'few' }],
    });
  });

  it.each(HARMLESS)('keeps a text below %s, which gives no access', (name) => {
    const plain = fc.stringMatching(/^[a-z0-9]{1,20}$/);
    holds(
      fc.property(plain, (text) => {
        expect(redacted({ [name]: text })).toEqual({ [name]: text });
        for (const line of [JSON.stringify({ [name]: text }), `?a=1&${name}=${text}`])
          expect(redact(line)).toBe(line);
      }),
    );
  });

  it.each(SECRETS)('hides %s below a name that gives no access', (_what, text, secret) => {
    for (const name of HARMLESS)
      expect(JSON.stringify(redacted({ [name]: text }))).not.toContain(secret);
  });

  it.each(HARMLESS)('hides a text below a longer name than %s, or in capitals', (name) => {
    for (const longer of [`my_${name}`, `--${name}`, `my${name}`, name.toUpperCase()]) {
      expect(redacted({ [longer]: 'abc' })).toEqual({ [longer]: '[redacted]' });
      expect(redact(`${longer}=abc`)).toBe(`${longer}=[redacted]`);
    }
  });

  it('hides a token of a known form behind its name whole', () => {
    expect(redact('"api_key=sk-abcdefghijklmnop"')).toBe('"api_key=[redacted]"');
  });

  it('is idempotent', () => {
    for (const [, text] of SECRETS) expect(redact(redact(text))).toBe(redact(text));
  });

  it.each([
    'the task-list of ask-me-anything is at risk-free-of-charge',
    'unexpected status 401 Unauthorized: No key, url: http://localhost/v1/responses',
    'stream disconnected before completion: basic authentication is needed',
    'no rollout found for thread id 01a1fb66-da72-74a1-b1d7-516b533534cb',
    'Missing bearer authentication in header; bearer tokens are short-lived',
    'unexpected token: }',
    'the token is expired; token: expected string, got 5',
    'input_tokens: 1200, max_output_tokens=500, total_tokens: 1700',
    '{"input_tokens":100,"cached_input_tokens":40}',
    'bearer_token_env_var="PLEXUM_MCP"',
    'npm_config_cache=/home/ada/.npm npm_lifecycle_event=test',
    'PWD=/home/ada OLDPWD=/tmp',
    'password is required; password: required',
    'design=flat assign=3 author: Ada',
    'cookies are enabled',
    '/home/ada/sk-learn-examples/rk-aaaa-_-0/a.sess-notes-of-may',
    'https://sk-learn-examples.example/xapp-demo-project/npm_lifecycle_events',
  ])('keeps %s', (text) => {
    expect(redact(text)).toBe(text);
  });

  it('keeps paths, hashes, commit ids, UUIDs and URLs', () => {
    const plain = fc.stringMatching(/^[a-z][a-z0-9_.-]{0,15}$/);
    const likeToken = fc
      .tuple(fc.constantFrom(...NAMES_LIKE_TOKENS), fc.stringMatching(/^[a-z0-9_.-]{0,15}$/))
      .map((parts) => parts.join(''));
    const path = fc
      .array(fc.oneof({ weight: 9, arbitrary: plain }, likeToken), { minLength: 1, maxLength: 6 })
      .map((parts) => `/${parts.join('/')}`);
    const hash = fc
      .constantFrom(7, 12, 32, 40, 64, 128)
      .chain((length) =>
        fc
          .array(fc.constantFrom(...HEX), { minLength: length, maxLength: length })
          .map((digits) => digits.join('')),
      );
    const url = fc.tuple(fc.domain(), path).map(([host, rest]) => `https://${host}${rest}`);
    const word = fc.oneof(path, hash, fc.uuid(), url, fc.constantFrom('commit', 'sha256:', 'in'));
    holds(
      fc.property(fc.array(word, { minLength: 1, maxLength: 12 }), (words) => {
        const text = words.join(' ');
        expect(redact(text)).toBe(text);
      }),
    );
  });

  it('never fails, and is linear on repeated input', () => {
    holds(fc.property(fc.string({ unit: 'binary' }), (text) => typeof redact(text) === 'string'));
    const worst = [
      'password=',
      '-----BEGIN PRIVATE KEY-----',
      'bearer ',
      'token: "',
      'a://',
      '--x',
    ];
    for (const part of [...worst, 'sk-', 'eyJ', 'cookie:', 'api_key\\"', 'AKIA', 'basic a'])
      expect(redact(part.repeat(20_000)).length).toBeLessThan(part.length * 40_000);
  }, 60_000);

  it('is linear on backslashes in the place of a value', () => {
    const text = `password="${'\\'.repeat(7_990)}`.repeat(2_500);
    expect(redact(text).length).toBeLessThan(text.length);
  }, 60_000);

  it('is linear on the beginnings of tokens, repeated', () => {
    const beginnings =
      'ghp_ github_pat_ glpat- npm_ pypi- rubygems_ dckr_pat_ xoxb- xapp- sk_live_ whsec_ SG. SK shpat_ dop_v1_ lin_api_ ntn_ figd_ glsa_ tskey- hvs. AGE-SECRET-KEY-1 AKIA AIza ya29. GOCSPX- sk- sess- rk- hf_ gsk_ xai- r8_ pplx- nvapi- eyJ';
    for (const beginning of beginnings.split(' '))
      for (const end of ['', '-', '.', '/', 'a-', 'aaaaaaaaaaaaaaa-', 'aaaaaaaaaaaaaaa/']) {
        const text = `${beginning}${end}`.repeat(4_000);
        expect(redact(text).length).toBeLessThan(text.length * 6);
      }
  }, 60_000);
});
