import { lastValueFrom, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { ErrorKind, TurnEvent } from '../../../src/canonical/turn-event.js';
import { failure, ownFailure } from '../../../src/codex/events/failure.js';
import { toCanonical } from '../../../src/codex/events/to-canonical.js';
import type { ProcessSignal } from '../../../src/codex/exec/codex-run.js';
import { codexSignals } from '../../../src/codex/exec/codex-signals.js';
import { fixtures, read } from '../../support/fixtures.js';

type Row = readonly [scenario: string, kind: ErrorKind, retryable: boolean, message: RegExp];

const common: readonly Row[] = [
  ['03-mcp-absent-required', 'mcp_startup', false, /required MCP servers failed to initialize: lab: No such file/],
  ['05-empty', 'thread_lost', false, /rollout at \S+ is empty/],
  ['05-unknown', 'thread_lost', false, /no rollout found for thread id/],
  ['06-400-context', 'context_window', false, /^codex: (Your input exceeds the|Codex ran out of room in the model's) context window/],
  ['06-400-model', 'model_unsupported', false, /^codex: The model `gpt-99` does not exist/],
  ['06-400-text', 'internal', false, /^codex: plain text bad request$/],
  ['06-401', 'auth', false, /401 Unauthorized: Incorrect API key provided/],
  ['06-429', 'rate_limit', true, /429 Too Many Requests/],
  ['06-429-usage', 'usage_limit', false, /hit your usage limit.*try again at 1:02 AM/],
  ['06-500', 'overloaded', true, /experiencing high demand/],
  ['06-disconnect', 'stream_interrupted', true, /stream disconnected before completion/],
  ['06-failed-server', 'stream_interrupted', true, /An error occurred while processing your request/],
  ['06-incomplete-max', 'stream_interrupted', true, /Incomplete response returned, reason: max_output_tokens/],
  ['06r-refused-bounded', 'network', true, /error sending request/],
  ['07-stdin-over-1mb', 'prompt_too_large', false, /maximum length of 1048576 characters/],
  ['13-badcfg', 'config', false, /Error loading config\.toml: unknown variant `nope`, .*\nin `sandbox_mode`$/],
];
const recorded: Readonly<Record<string, readonly Row[]>> = {
  '0.135.0': common,
  '0.169.0': [...common, ['10-concurrent-B', 'thread_busy', true, /already has an active writer/]],
};

const end = (version: string, scenario: string): Promise<TurnEvent> => {
  const signals: ProcessSignal[] = [
    { type: 'stdout', chunk: Buffer.from(read(version, scenario, 'stdout.jsonl')) },
    { type: 'exited', code: 1, signal: null, stderr: read(version, scenario, 'stderr.txt') },
  ];
  return lastValueFrom(of(...signals).pipe(codexSignals(), toCanonical({ threadId: '' })));
};

describe.each(Object.entries(recorded))('recorded failures of codex %s', (version, rows) => {
  it.each(rows)('%s is %s, retryable %s', async (scenario, kind, retryable, message) => {
    expect(await end(version, scenario)).toEqual({ type: 'error', kind, retryable, message: expect.stringMatching(message) });
  });

  it.each(['06r-500-then-ok', '06r-disconnect-afteritem-then-ok'])('%s is none: codex recovered', async (scenario) => {
    expect(await end(version, scenario)).toMatchObject({ type: 'message_end', stop_reason: 'end_turn' });
  });

  it('has a row for every one of them', () => {
    const failed = fixtures(version).filter((name) => /^code=[1-9]/.test(read(version, name, 'exit.txt')) && !name.startsWith('08-kill'));

    expect(rows.map(([scenario]) => scenario).toSorted()).toEqual(failed);
  });
});

const unsupported = "The 'gpt-5.4' model is not supported when using Codex with a ChatGPT account.";

describe('failure', () => {
  it.each<[string, ErrorKind, boolean]>([
    ['Quota exceeded. Check your plan and billing details.', 'quota', false],
    ['Selected model is at capacity. Please try a different model.', 'overloaded', true],
    ['unexpected status 403 Forbidden: no, url: http://localhost/v1/responses', 'auth', false],
    ['unexpected status 413 Payload Too Large: no, url: http://localhost/v1/responses', 'invalid_request', false],
    ['unexpected status 502 Bad Gateway: no, url: http://localhost/v1/responses', 'overloaded', true],
    ['unexpected status 504 Gateway Timeout: no, url: http://localhost/v1/responses', 'overloaded', true],
    ['rate limit exceeded: slow down', 'rate_limit', true],
    ['stream disconnected before completion: Rate limit reached for gpt-5', 'rate_limit', true],
    ['stream disconnected before completion: stream closed before response.completed', 'stream_interrupted', true],
    ['Incomplete response returned, reason: content_filter', 'content_filtered', false],
    ['Missing environment variable: `FAKE_KEY`.', 'auth', false],
    ['Reconnecting... waiting for network (Connection failed: error sending request)', 'network', true],
    ["error: unexpected argument '--nope' found", 'config', false],
    ['Not inside a trusted directory and --skip-git-repo-check was not specified.', 'config', false],
    ['No prompt provided via stdin.', 'invalid_request', false],
    ['thread-store internal error: /r.jsonl does not start with session metadata', 'thread_lost', false],
    [unsupported, 'model_unsupported', false],
    ["The 'gpt-5.4' model requires a newer version of Codex. Please upgrade.", 'model_unsupported', false],
  ])('knows %j', (text, kind, retryable) => {
    expect(failure(text)).toEqual({ type: 'error', kind, message: `codex: ${text}`, retryable });
  });

  it.each<[string, string, ErrorKind]>([
    ['{"error":{"message":"No.","type":"invalid_request_error","code":null}}', 'No.', 'invalid_request'],
    [`{"type":"error","status":400,"error":{"type":"invalid_request_error","message":"${unsupported}"}}`, unsupported, 'model_unsupported'],
    [`{"detail":"${unsupported}"}`, unsupported, 'model_unsupported'],
  ])('reads the sentence out of %j', (body, sentence, kind) => {
    expect(failure(body)).toEqual(ownFailure(kind, sentence));
  });

  it.each(['', 'the moon is full', '{"error":null}', '{"cut', '{"error":{"message":7}}', '[1]'])('keeps %j, of which it knows nothing', (text) => {
    expect(failure(text)).toEqual(ownFailure('internal', text));
    expect(failure(text, 'process_died')).toEqual(ownFailure('process_died', text, true));
  });

  it('takes no fallback for words that it knows', () => {
    expect(failure('no rollout found for thread id x', 'process_died')).toMatchObject({ kind: 'thread_lost', retryable: false });
  });
});
