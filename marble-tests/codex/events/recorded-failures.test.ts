import { lastValueFrom, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { ErrorKind, TurnEvent } from '../../../src/canonical/turn-event.js';
import { adviceFor } from '../../../src/codex/events/advice.js';
import { failure, ownFailure } from '../../../src/codex/events/failure.js';
import { toCanonical } from '../../../src/codex/events/to-canonical.js';
import { codexSignals } from '../../../src/codex/exec/codex-signals.js';
import { fixtures, recordedTurn } from '../../support/fixtures.js';

const AT = { now: 0, timeZone: 'UTC' };

type Version = '0.135.0' | '0.169.0';
type Recorded = readonly [
  scenario: string,
  version: Version | 'both',
  kind: ErrorKind,
  retryable: boolean,
  message: string,
];

const OLD = '0.135.0';
const NEW = '0.169.0';
const MCP =
  'thread/start: thread/start failed: error creating thread: Fatal error: Failed to initialize session: required MCP servers failed to initialize: lab: No such file or directory (os error 2) (code -32603)';
const LOST =
  'thread/resume: thread/resume failed: no rollout found for thread id 01a1fb66-da72-74a1-b1d7-516b533534cb (code -32600)';
const EMPTY =
  'thread/resume: thread/resume failed: failed to read thread: thread-store internal error: failed to read';
const BUSY =
  'thread/resume: thread/resume failed: thread 01a1fb83-0efb-74e0-a152-d9b670711a54 already has an active writer (code -32600)';
const TOO_LARGE =
  'turn/start: turn/start failed: Input exceeds the maximum length of 1048576 characters. (code -32602), data: {"input_error_code":"input_too_large","max_chars":1048576,"actual_chars":1048577}';
const LOGIN = (port: number): string =>
  `unexpected status 401 Unauthorized: Incorrect API key provided: sk-x., url: http://127.0.0.1:${port}/v1/responses`;
const LIMIT = (have: string, page: string): string =>
  `${have} hit your usage limit. Upgrade to Pro (https://chatgpt.com/explore/pro), visit https://chatgpt.com/${page} to purchase more credits or try again at 1:02 AM.`;
const CONFIG =
  'Error loading config.toml: unknown variant `nope`, expected one of `read-only`, `workspace-write`, `danger-full-access`\nin `sandbox_mode`';
const CUT = 'stream disconnected before completion: ';
const REFUSED = `${CUT}error sending request for url (http://127.0.0.1:9/v1/responses)`;
const NOT_FOUND =
  'the process exited with code 1 (its log: codex_core::session: failed to record rollout items: thread 01a1fb72-346b-7300-959b-93cd6270fe2b not found)';

/**
 * What is in the fixtures, and what the host is told of it. Nobody cancelled the two that were
 * killed.
 */
const recorded: readonly Recorded[] = [
  ['03-mcp-absent-required', 'both', 'mcp_startup', false, MCP],
  [
    '05-empty',
    OLD,
    'thread_lost',
    false,
    `${EMPTY} thread /lab/path rollout at /lab/path is empty (code -32603)`,
  ],
  [
    '05-empty',
    NEW,
    'thread_lost',
    false,
    `${EMPTY} session metadata /lab/path thread-store internal error: failed to read session metadata /lab/path rollout at /lab/path is empty (code -32603)`,
  ],
  ['05-unknown', 'both', 'thread_lost', false, LOST],
  [
    '06-400-context',
    OLD,
    'context_window',
    false,
    'Your input exceeds the context window of this model.',
  ],
  [
    '06-400-context',
    NEW,
    'context_window',
    false,
    "Codex ran out of room in the model's context window. Start a new thread or clear earlier history before retrying.",
  ],
  [
    '06-400-model',
    'both',
    'model_unsupported',
    false,
    `The model \`gpt-99\` does not exist or you do not have access to it.`,
  ],
  ['06-400-text', 'both', 'internal', false, 'plain text bad request'],
  ['06-401', OLD, 'auth', false, LOGIN(36213)],
  ['06-401', NEW, 'auth', false, LOGIN(45387)],
  [
    '06-429',
    'both',
    'rate_limit',
    true,
    'exceeded retry limit, last status: 429 Too Many Requests',
  ],
  ['06-429-usage', OLD, 'usage_limit', false, LIMIT("You've", 'codex/settings/usage')],
  ['06-429-usage', NEW, 'usage_limit', false, LIMIT('You’ve', 'settings/usage')],
  [
    '06-500',
    OLD,
    'overloaded',
    true,
    "We're currently experiencing high demand, which may cause temporary errors.",
  ],
  [
    '06-500',
    NEW,
    'overloaded',
    true,
    'We’re currently experiencing high demand, which may cause temporary errors.',
  ],
  [
    '06-disconnect',
    'both',
    'stream_interrupted',
    true,
    `${CUT}Transport error: network error: error decoding response body`,
  ],
  [
    '06-failed-server',
    'both',
    'stream_interrupted',
    true,
    `${CUT}An error occurred while processing your request.`,
  ],
  [
    '06-incomplete-max',
    OLD,
    'stream_interrupted',
    true,
    `${CUT}Incomplete response returned, reason: max_output_tokens`,
  ],
  [
    '06-incomplete-max',
    NEW,
    'stream_interrupted',
    true,
    'Incomplete response returned, reason: max_output_tokens',
  ],
  ['06r-refused-bounded', OLD, 'network', true, REFUSED],
  ['06r-refused-bounded', NEW, 'network', true, 'Connection failed: error sending request'],
  ['07-stdin-over-1mb', 'both', 'prompt_too_large', false, TOO_LARGE],
  [
    '08-kill-shell-INT',
    OLD,
    'process_died',
    true,
    'the process exited with code 1 and said nothing',
  ],
  ['08-kill-shell-INT', NEW, 'process_died', true, NOT_FOUND],
  [
    '08-kill-shell-TERM',
    'both',
    'process_died',
    true,
    'the process was ended by SIGTERM and said nothing',
  ],
  ['10-concurrent-B', NEW, 'thread_busy', true, BUSY],
  ['13-badcfg', 'both', 'config', false, CONFIG],
];

/** Without the delay until a time of day, which depends on the clock. */
const withoutDelay = (event: TurnEvent): object => ({
  ...event,
  retry_after_ms: undefined,
});

const end = (version: string, scenario: string): Promise<TurnEvent> =>
  lastValueFrom(
    of(...recordedTurn(version, scenario)).pipe(codexSignals(), toCanonical({ threadId: '' })),
  );

describe.each([OLD, NEW] as const)('recorded failures of codex %s', (version) => {
  const rows = recorded.filter(([, versions]) => versions === 'both' || versions === version);

  it.each(rows)(
    '%s (%s) is %s, retryable %s: %s',
    async (scenario, _version, kind, retryable, message) => {
      expect(withoutDelay(await end(version, scenario))).toEqual({
        type: 'error',
        kind,
        retryable,
        message: `codex: ${message}${kind === 'process_died' ? '' : adviceFor(kind, message)}`,
      });
    },
  );

  it.each(['06r-500-then-ok', '06r-disconnect-afteritem-then-ok'])(
    '%s ends without a failure, because codex recovered',
    async (scenario) => {
      expect(await end(version, scenario)).toMatchObject({
        type: 'message_end',
        stop_reason: 'end_turn',
      });
    },
  );

  it('are all in the table, and no others', async () => {
    const ends = await Promise.all(
      fixtures(version).map(async (scenario) => ({
        scenario,
        event: await end(version, scenario),
      })),
    );

    expect(rows.map(([scenario]) => scenario)).toEqual(
      ends.flatMap(({ scenario, event }) => (event.type === 'error' ? [scenario] : [])),
    );
  });
});

type Said = readonly [
  cause: string,
  version: Version | 'both',
  text: string,
  kind: ErrorKind,
  retryable: boolean,
  retryAfter?: { readonly retry_after_ms: number },
];

const after = (ms: number) => ({ retry_after_ms: ms });

const status = (line: string, words: string): string =>
  `unexpected status ${line}: ${words}, url: http://localhost/v1/responses`;
const body = (message: string, type: string, code: string | null): string =>
  JSON.stringify({ error: { message, type, code, param: null } });
const SLOW_DOWN =
  'Rate limit reached for gpt-5.5 on tokens per min (TPM): Limit 250000, Used 250000, Requested 58487. Please try again in';
const PAGE = 'Visit https://platform.openai.com/account/rate-limits to learn more.';

/**
 * What codex says (facts/codex-exec.md §6), in both spellings. A text in JSON is shown by its
 * sentence.
 */
const said: readonly Said[] = [
  ['400 {error}', OLD, body('No.', 'invalid_request_error', null), 'invalid_request', false],
  ['400 {error}, no known word', NEW, 'No.', 'internal', false],
  ['400 {detail}', 'both', '{"detail":"Unsupported parameter"}', 'invalid_request', false],
  [
    '400 context',
    OLD,
    body('Your input exceeds it.', 'invalid_request_error', 'context_length_exceeded'),
    'context_window',
    false,
  ],
  [
    '400 context',
    NEW,
    "Codex ran out of room in the model's context window. Start a new thread.",
    'context_window',
    false,
  ],
  ['401', 'both', status('401 Unauthorized', 'No key'), 'auth', false],
  ['402', 'both', status('402 Payment Required', 'pay'), 'quota', false],
  ['403', 'both', status('403 Forbidden', 'no'), 'auth', false],
  ['404', 'both', status('404 Not Found', 'no'), 'invalid_request', false],
  ['413', 'both', status('413 Payload Too Large', 'no'), 'invalid_request', false],
  ['502', 'both', status('502 Bad Gateway', '<html>'), 'overloaded', true],
  ['429', 'both', 'exceeded retry limit, last status: 429 Too Many Requests', 'rate_limit', true],
  [
    '429 insufficient_quota',
    NEW,
    'Quota exceeded. Check your plan and billing details.',
    'quota',
    false,
  ],
  [
    '429 usage_limit_reached',
    OLD,
    "You've hit your usage limit. Try again at 1:02 AM.",
    'usage_limit',
    false,
    after(3_780_000),
  ],
  [
    '429 usage_limit_reached',
    NEW,
    'You’ve hit your usage limit. Try again at 1:02 AM.',
    'usage_limit',
    false,
    after(3_780_000),
  ],
  [
    '429 usage_limit_reached',
    'both',
    "You've hit your usage limit. Try again in 3 days 4 hours.",
    'usage_limit',
    false,
    after(273_600_000),
  ],
  [
    '500',
    OLD,
    "We're currently experiencing high demand, which may cause temporary errors.",
    'overloaded',
    true,
  ],
  [
    '500',
    NEW,
    'We’re currently experiencing high demand, which may cause temporary errors.',
    'overloaded',
    true,
  ],
  [
    '503 server_is_overloaded',
    'both',
    'Selected model is at capacity. Please try a different model.',
    'overloaded',
    true,
  ],
  [
    'stream cut',
    'both',
    `${CUT}Transport error: network error: error decoding response body`,
    'stream_interrupted',
    true,
  ],
  [
    'stream closed',
    'both',
    `${CUT}stream closed before response.completed`,
    'stream_interrupted',
    true,
  ],
  [
    'failed: context',
    'both',
    "Codex ran out of room in the model's context window.",
    'context_window',
    false,
  ],
  [
    'failed: server_error',
    'both',
    `${CUT}An error occurred while processing your request.`,
    'stream_interrupted',
    true,
  ],
  [
    'failed: rate limit',
    OLD,
    `${CUT}${SLOW_DOWN} 14.036s. ${PAGE}`,
    'rate_limit',
    true,
    after(14_036),
  ],
  ['failed: rate limit', OLD, `${CUT}${SLOW_DOWN} 28ms. ${PAGE}`, 'rate_limit', true, after(28)],
  [
    'failed: rate limit',
    OLD,
    `${CUT}Rate limit is exceeded. Try again in 17 seconds.`,
    'rate_limit',
    true,
    after(17_000),
  ],
  [
    'failed: rate limit',
    NEW,
    `rate limit exceeded: ${SLOW_DOWN} 20s. ${PAGE}`,
    'rate_limit',
    true,
    after(20_000),
  ],
  [
    'failed: rate limit',
    NEW,
    `rate limit exceeded: ${SLOW_DOWN} 1m26.4s. ${PAGE}`,
    'rate_limit',
    true,
    after(86_400),
  ],
  [
    'incomplete: length',
    OLD,
    `${CUT}Incomplete response returned, reason: max_output_tokens`,
    'stream_interrupted',
    true,
  ],
  [
    'incomplete: length',
    NEW,
    'Incomplete response returned, reason: max_output_tokens',
    'stream_interrupted',
    true,
  ],
  [
    'incomplete: filter',
    OLD,
    `${CUT}Incomplete response returned, reason: content_filter`,
    'content_filtered',
    false,
  ],
  [
    'incomplete: filter',
    NEW,
    'Incomplete response returned, reason: content_filter',
    'content_filtered',
    false,
  ],
  ['refused', OLD, REFUSED, 'network', true],
  ['refused', NEW, 'Connection failed: error sending request', 'network', true],
  ['no key', 'both', 'Missing environment variable: `FAKE_KEY`.', 'auth', false],
  ['retrying', 'both', `Reconnecting... 1/5 (${CUT}stream closed)`, 'stream_interrupted', true],
  [
    'retrying',
    NEW,
    'Reconnecting... waiting for network (Connection failed: error sending request)',
    'network',
    true,
  ],
  ['unknown', 'both', 'the moon is full', 'internal', false],
  ['unknown JSON', 'both', '{"moon":"full"}', 'internal', false],
];
const sentences: Readonly<Record<string, string>> = {
  [body('No.', 'invalid_request_error', null)]: 'No.',
  [body('Your input exceeds it.', 'invalid_request_error', 'context_length_exceeded')]:
    'Your input exceeds it.',
  '{"detail":"Unsupported parameter"}': 'Unsupported parameter',
};

describe('failure, for messages of codex', () => {
  it.each(
    said.map(([cause, version, text, kind, retryable, retryAfter = {}]) => ({
      cause,
      version,
      text,
      kind,
      retryable,
      retryAfter,
    })),
  )(
    '$cause ($version): $text is $kind, retryable $retryable',
    ({ text, kind, retryable, retryAfter }) => {
      expect(failure(text, AT)).toEqual({
        type: 'error',
        kind,
        message: `codex: ${sentences[text] ?? text}${adviceFor(kind, sentences[text] ?? text)}`,
        retryable,
        ...retryAfter,
      });
    },
  );

  it.each(['', ' ', '\n', '{"error":{"message":""}}', '{"detail":" "}', 'Error: ', 'Error:'])(
    'gives a reason for the empty message %j',
    (text) => {
      expect(failure(text, AT).message).toMatch(/^codex: \S.{5}/);
    },
  );
});

/** Built from pieces, so that no scanner of repositories takes them for real. */
const key = (prefix: string): string => `${prefix}${'aB3dE6gH9j'.repeat(4)}`;
const JWT = [
  'eyJhbGciOiJSUzI1NiJ9',
  'eyJzdWIiOiIxMjM0NTY3ODkwIn0',
  'c2lnbmF0dXJlLXNpZ25hdHVyZQ',
].join('.');
const secrets: readonly (readonly [what: string, text: string, secret: string])[] = [
  [
    'an API key',
    `Incorrect API key provided: ${key('sk-')}. You can find your key at https://platform.openai.com.`,
    key('sk-'),
  ],
  ['a key of a project', `Incorrect API key provided: ${key('sk-proj-')}-_x.`, key('sk-proj-')],
  [
    'a key of a service account',
    status('401 Unauthorized', `Incorrect API key provided: ${key('sk-svcacct-')}`),
    key('sk-svcacct-'),
  ],
  [
    'the ends of a masked key',
    'Incorrect API key provided: sk-proj-********************aB3d.',
    'aB3d.',
  ],
  [
    'a bearer token',
    `request failed: Authorization: Bearer ${key('')}, url: http://localhost`,
    key(''),
  ],
  ['a bearer token, small letters', `header authorization: bearer ${key('')}`, key('')],
  [
    'a basic token',
    `Authorization: Basic ${Buffer.from('user:correct horse battery').toString('base64')}`,
    'dXNlcjpjb3JyZWN0',
  ],
  [
    'a header as a debugger prints it',
    `headers: {"authorization": "Bearer ${key('')}", "accept": "*/*"}`,
    key(''),
  ],
  [
    'a header in Rust',
    `HeaderMap { "authorization": Sensitive, "x-api-key": "${key('')}" }`,
    key(''),
  ],
  ['a header of another form', `Authorization: Token ${key('')}`, key('')],
  ['a JWT', `token ${JWT} expired`, 'c2lnbmF0dXJl'],
  ['a JWT in JSON', JSON.stringify({ error: { message: `bad token ${JWT}` } }), 'c2lnbmF0dXJl'],
  [
    'tokens of auth.json',
    `auth.json: {"access_token":"${key('at_')}","refresh_token":"${key('rt_')}","id_token":"${JWT}"}`,
    key('rt_'),
  ],
  ['a key in a variable', `OPENAI_API_KEY=${key('')} codex`, key('')],
  ['a key in an argument', `error: unexpected argument '--api-key=${key('')}' found`, key('')],
  [
    'a key in an address',
    `error sending request for url (https://api.example/v1/responses?api_key=${key('')}&x=1)`,
    key(''),
  ],
  [
    'a password in an address',
    `error sending request for url (https://me:${key('')}@proxy.example:8080/v1)`,
    key(''),
  ],
  ['a key over two lines', `Incorrect API key provided:\n${key('sk-')}\n`, key('sk-')],
  ['two keys', `${key('sk-')} and ${key('sk-ant-')}`, key('')],
];

describe('failure, for messages with secrets', () => {
  it.each(secrets)('redacts %s', (_what, text, secret) => {
    expect(failure(text, AT).message).not.toContain(secret);
    expect(ownFailure('internal', text).message).not.toContain(secret);
  });

  it.each(secrets)('redacts %s on stderr and in a failed turn', async (_what, text, secret) => {
    const line = (event: unknown): string => `${JSON.stringify(event)}\n`;
    const failed = Buffer.from(
      line({ type: 'error', message: text }) +
        line({ type: 'turn.failed', error: { message: text } }),
    );
    const ends = [
      of(
        { type: 'stdout' as const, chunk: failed },
        { type: 'exited' as const, code: 1, signal: null, stderr: '' },
      ),
      of({ type: 'exited' as const, code: 1, signal: null, stderr: `Error: ${text}\n` }),
      of(
        { type: 'stdout' as const, chunk: Buffer.from(line({ type: 'error', message: text })) },
        { type: 'exited' as const, code: 1, signal: null, stderr: '' },
      ),
    ];
    for (const end$ of ends) {
      const event = await lastValueFrom(end$.pipe(codexSignals(), toCanonical({ threadId: '' })));

      expect(JSON.stringify(event)).not.toContain(secret);
    }
  });

  it.each([
    'the task-list of ask-me-anything is at risk-free-of-charge',
    'unexpected status 401 Unauthorized: No key, url: http://localhost/v1/responses',
    'stream disconnected before completion: basic authentication is needed',
    'no rollout found for thread id 01a1fb66-da72-74a1-b1d7-516b533534cb',
  ])('keeps a text without a secret: %s', (text) => {
    expect(failure(text, AT).message).toContain(`codex: ${text}`);
  });
});

it('failure says what to do about a thread that an older codex has made unreadable', () => {
  expect(
    failure('final paginated rollout record in /lab/path is missing an ordinal', AT),
  ).toMatchObject({
    kind: 'config',
    retryable: false,
    message: expect.stringMatching(
      /^codex: final paginated rollout record in \/lab\/path is missing an ordinal \(.*remove \.plexum-codex-session/,
    ),
  });
});

it.each([
  'thread/resume: thread/resume failed: paginated_threads is not supported yet (code -32601)',
  'paginated_threads is not supported yet',
])('failure says what to do about a thread of a newer codex: %s', (text) => {
  const { kind, retryable, message } = failure(text, AT);
  expect({ kind, retryable }).toEqual({ kind: 'config', retryable: false });
  expect(message).toContain(`codex: ${text} (a newer codex has begun this thread`);
  expect(message).toContain('remove .plexum-codex-session');
});

describe('failure, for long messages', () => {
  it.each([
    'a.',
    'eyJaaaaaaaa-',
    'model ',
    'rollout at ',
    'Bearer ',
    'sk-',
    'authorization: ',
    'password:',
    'https://',
    'try again in 1s ',
  ])('shortens them in linear time: %j', (piece) => {
    const { message } = failure(piece.repeat(2_000_000 / piece.length), AT);

    expect(message.length).toBeLessThan(20_000);
    expect(message.isWellFormed()).toBe(true);
  });
});
