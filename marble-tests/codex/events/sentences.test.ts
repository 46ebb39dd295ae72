import { readFileSync } from 'node:fs';
import { endWith, lastValueFrom, type Observable, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { ErrorKind, TurnEvent } from '../../../src/canonical/turn-event.js';
import { AppServerError } from '../../../src/codex/app-server/rpc.js';
import { toSignals } from '../../../src/codex/app-server/to-signals.js';
import { adviceFor } from '../../../src/codex/events/advice.js';
import type { CodexSignal } from '../../../src/codex/events/signal.js';
import { toCanonical } from '../../../src/codex/events/to-canonical.js';
import { codexSignals } from '../../../src/codex/exec/codex-signals.js';
import type { Exited } from '../../../src/process/run.js';
import { portFailure } from '../../../src/turn/failures.js';

type Sentence = readonly [kind: ErrorKind, retryable: boolean, text: string];

const file: { readonly sentences: { text: string; kind: ErrorKind; retryable: boolean }[] } =
  JSON.parse(readFileSync(new URL('../../fixtures/codex-sentences.json', import.meta.url), 'utf8'));

/** Fixed sentences in the binaries of 0.135.0 to 0.171.0, and words that model APIs answer with. */
const others: readonly Sentence[] = [
  ['quota', false, 'Quota exceeded. Check your plan and billing details.'],
  ['quota', false, 'budget reached'],
  ['quota', false, 'session budget exceeded'],
  ['quota', false, 'usage not included'],
  ['quota', false, 'unexpected status 402 Payment Required: pay'],
  [
    'quota',
    false,
    'unexpected status 403 Forbidden: no, auth error: organization_spend_limit_exceeded',
  ],
  [
    'quota',
    false,
    'unexpected status 403 Forbidden: no, auth error: organization_usage_limit_exceeded',
  ],
  ['usage_limit', false, "You've hit your usage limit."],
  ['usage_limit', false, 'You’ve hit your usage limit for GPT-6. Switch to another model now,'],
  [
    'usage_limit',
    false,
    "You've hit your usage limit. To get more access now, send a request to your admin or try again later.",
  ],
  [
    'usage_limit',
    false,
    'You’ve hit your usage limit. Upgrade to Plus to continue using Codex (https://chatgpt.com/explore/plus), or try again later.',
  ],
  [
    'usage_limit',
    false,
    'You’ve hit your usage limit. Visit https://chatgpt.com/settings/usage to purchase more credits or try again later.',
  ],
  [
    'context_window',
    false,
    "Codex ran out of room in the model's context window. Start a new thread or clear earlier history before retrying.",
  ],
  ['context_window', false, 'context window exceeded'],
  ['model_unsupported', false, 'The requested access program cannot be used with this model.'],
  ['model_unsupported', false, 'The requested access program is not enabled.'],
  [
    'model_unsupported',
    false,
    "The 'gpt-6' model requires a newer version of Codex. Please upgrade to the latest app or CLI and try again.",
  ],
  ['content_filtered', false, 'This request has been flagged for possible biological risk.'],
  [
    'content_filtered',
    false,
    "Invalid prompt: we've limited access to this content for safety reasons.",
  ],
  ['content_filtered', false, 'Your workspace inference hook blocked this request.'],
  ['content_filtered', false, 'The input was rejected by the content policy.'],
  ['content_filtered', false, 'content policy violation'],
  ['content_filtered', false, 'cyber policy: no'],
  ['content_filtered', false, 'Agent interrupted by Guardian: too many denials'],
  [
    'content_filtered',
    false,
    'stream disconnected before completion: Incomplete response returned, reason: content_filter',
  ],
  ...[
    'your refresh token has expired. Please log out',
    'your refresh token was already used. Please log out',
    'your refresh token was revoked. Please log out',
    'you have since logged out or signed in to another account. Please',
  ].map(
    (why): Sentence => [
      'auth',
      false,
      `Your access token could not be refreshed because ${why} and sign in again.`,
    ],
  ),
  ...[
    'Your authentication session could not be refreshed automatically. Please log out and sign in again.',
    'Encountered unknown 401 response while refreshing token',
    'Token data is not available.',
    'auth data is not available',
    'Account credential storage is unavailable.',
    'Account credential read failed.',
    'Your ChatGPT credential expired. Reopen Codex to reconnect.',
    'ChatGPT login is required, but an API key is currently being used. Logging out.',
    'API key login is required, but ChatGPT is currently being used. Logging out.',
    'Login is restricted to workspace(s) w, but current credentials belong to v. Logging out.',
    'ChatGPT account ID not available, please re-run `codex login`',
    "Not signed in. Please run 'codex login' to sign in with ChatGPT",
    'external auth is not configured',
    'external auth refresh did not return ChatGPT metadata',
    'API key auth is missing a key.',
    'agent identity auth is missing an agent identity token.',
    'No more recovery steps available.',
    'Codex authentication is unavailable',
    'ChatGPT auth not available',
    'no Codex credentials were found',
    'Missing environment variable: `OPENAI_API_KEY`.',
    'Your account has been deactivated.',
    'exceeded retry limit, last status: 401 Unauthorized',
    'exceeded retry limit, last status: 403 Forbidden, request id: r',
    'unexpected status 407 Proxy Authentication Required: no',
    'Access blocked by Cloudflare. This usually happens when connecting from a restricted region (status 403 Forbidden), url: http://localhost',
  ].map((text): Sentence => ['auth', false, text]),
  ['network', true, 'Failed to refresh token: error sending request for url (http://localhost)'],
  ['network', true, 'Failed to refresh token: 429 Too Many Requests'],
  ['network', true, 'Connection failed: error sending request'],
  ['network', true, 'Timed out waiting for cloud requirements after 15s'],
  ['network', true, 'Failed to load cloud requirements (workspace-managed policies).'],
  ['network', true, 'Failed to load cloud config bundle (workspace-managed policies).'],
  ['rate_limit', true, 'exceeded retry limit, last status: 429 Too Many Requests'],
  ['rate_limit', true, 'rate limit exceeded: slow down'],
  ['overloaded', true, 'Selected model is at capacity. Please try a different model.'],
  [
    'overloaded',
    true,
    'We’re currently experiencing high demand, which may cause temporary errors.',
  ],
  ['overloaded', true, 'Codex is currently experiencing high load.'],
  ['overloaded', true, 'policy-restricted capacity unavailable'],
  ['overloaded', true, 'server overloaded'],
  ['overloaded', true, 'Server overloaded; retry later.'],
  ['overloaded', true, 'agent thread limit reached'],
  ['overloaded', true, 'unexpected status 529 <unknown status code>: overloaded'],
  ['overloaded', true, 'exceeded retry limit, last status: 520 <unknown status code>'],
  ['overloaded', true, 'Fatal error: Too many open files (os error 24)'],
  [
    'overloaded',
    true,
    'failed to initialize sqlite state runtime under /x: failed to open queue DB at /x/queue_1.sqlite: error returned from database: (code: 14) unable to open database file',
  ],
  ['overloaded', true, 'application network policy is unavailable'],
  [
    'stream_interrupted',
    true,
    'stream disconnected before completion: idle timeout waiting for SSE',
  ],
  ['stream_interrupted', true, 'idle timeout waiting for websocket'],
  ['stream_interrupted', true, 'websocket closed by server before response.completed'],
  ['stream_interrupted', true, 'remote compaction v2 stream closed before response.completed'],
  ['stream_interrupted', true, 'Incomplete response returned, reason: max_output_tokens'],
  [
    'process_died',
    true,
    'turn aborted. Something went wrong? Hit `/feedback` to report the issue.',
  ],
  [
    'process_died',
    true,
    'interrupted (Ctrl-C). Something went wrong? Hit `/feedback` to report the issue.',
  ],
  ['thread_lost', false, 'no rollout found for thread id 01a2'],
  ['thread_lost', false, 'failed to resolve rollout path `/h/r.jsonl`: file does not exist'],
  ['thread_lost', false, 'failed to resolve rollout path `/h/r.jsonl`: path is a directory'],
  ['thread_lost', false, 'failed to read thread /h/r.jsonl: Is a directory (os error 21)'],
  ['thread_lost', false, 'no thread with id: 01a2'],
  ['thread_lost', false, 'thread not found: 01a2'],
  [
    'thread_lost',
    false,
    'failed to read thread: thread-store internal error: failed to load thread history /h/a.jsonl: stream did not contain valid UTF-8',
  ],
  ['thread_lost', false, 'failed to load thread history: thread 01a2 is archived'],
  [
    'thread_lost',
    false,
    'failed to read thread: thread-store internal error: failed to read session metadata /h/a.jsonl: incomplete frame',
  ],
  ['thread_lost', false, 'No saved session found with ID 01a2.'],
  [
    'thread_lost',
    false,
    'failed to read thread: thread-store internal error: session metadata /h/a.jsonl belongs to thread 01a3, expected 01a2',
  ],
  [
    'thread_lost',
    false,
    'Fatal error: Failed to initialize session: invalid thread-store request: paginated rollout path `/h/a.jsonl.orig` does not have a canonical rollout filename',
  ],
  ['config', false, 'thread/resume failed: list_turns is not supported yet (code -32601)'],
  ['config', false, 'thread/resume failed: paginated_threads is not supported yet (code -32601)'],
  [
    'config',
    false,
    'failed to open thread history DB at /h/thread_history_1.sqlite: error returned from database: (code: 26) file is not a database',
  ],
  ['thread_busy', true, 'thread 01a2 already has an active writer'],
  ['thread_busy', true, 'thread 01a2 is closing; retry after the thread is closed'],
  [
    'mcp_startup',
    false,
    'Fatal error: Failed to initialize session: required MCP servers failed to initialize: lab: Permission denied (os error 13)',
  ],
  ['prompt_too_large', false, 'Input exceeds the maximum length of 1048576 characters.'],
  ['invalid_request', false, 'Image poisoning'],
  ['invalid_request', false, 'The image data you provided does not represent a valid image'],
  [
    'invalid_request',
    false,
    'Please remove or replace the affected audio attachment and try again.',
  ],
  ['invalid_request', false, 'Invalid audio input.'],
  ['invalid_request', false, 'unsupported operation: no'],
  ['invalid_request', false, "Unknown parameter: 'input[3].status'."],
  ['invalid_request', false, 'No tool call found for function call output with call_id call_abc.'],
  [
    'invalid_request',
    false,
    "Item 'rs_1' of type 'reasoning' was provided without its required following item.",
  ],
  ['invalid_request', false, 'unexpected status 404 Not Found: no'],
  ...[
    'Error loading config.toml: unknown variant `nope`',
    'Error parsing -c overrides: no',
    'error: the following required arguments were not provided:',
    'invalid --profile value `a/b`; pass a plain name such as `work`',
    '`ollama-chat` is no longer supported.',
    '`wire_api = "chat"` is no longer supported.',
    'Model provider `lab` is not configured.',
    'Model provider `lab` not found',
    'unknown configuration field `x` in -c/--config override',
    'Configured value for `sandbox_mode` is disallowed by requirements (managed)',
    '`danger-full-access` is not in the allowed set',
    'This chat uses model provider a, but your organization requires b. Contact your administrator or start a new chat using the required provider.',
    'Cloud requirements (workspace-managed policies) are invalid and could not be parsed. Please contact your workspace admin.',
    'model_providers contains reserved built-in provider IDs: `openai`. Built-in providers cannot be overridden.',
    'default_permissions refers to undefined profile `x`',
    'Session storage path /x is blocked by an existing file. Remove or rename it so Codex can create sessions.',
    'Codex cannot access session files at /x (permission denied). If sessions were created using sudo, fix ownership: sudo chown -R $(whoami) /x',
    'codex-linux-sandbox was required but not provided',
    'Landlock was not able to fully enforce all sandbox rules',
    'seccomp setup error',
    'features.multi_agent_v2.min_wait_timeout_ms must be at most 1',
    'failed to initialize sqlite state runtime under /x: Permission denied (os error 13)',
    'Not inside a trusted directory and --skip-git-repo-check was not specified.',
    'Failed to read output schema file /x: No such file or directory (os error 2)',
    'Output schema file /x is not valid JSON: EOF while parsing an object at line 2 column 0',
    'failed to read model instructions file /x: No such file or directory (os error 2)',
    'failed to read experimental compact prompt file /x: No such file or directory (os error 2)',
    'Failed to open last message file "/x/y": No such file or directory (os error 2)',
    'No such file or directory (os error 2)',
    'Unknown feature flag: x',
    'Invalid request: unknown variant `x`, expected one of `read-only`, `workspace-write`',
    'OSS setup failed: No running Ollama server detected. Start it with: `ollama serve`',
    '`--remote-auth-token-env` requires `--remote`.',
    'git command failed: fatal: not a git repository (or any of the parent directories): .git',
  ].map((text): Sentence => ['config', false, text]),
  ['internal', true, 'Disk quota exceeded (os error 122)'],
  ['internal', true, 'spawn failed: child stdout/stderr not captured'],
  ['internal', true, 'session configured event was not the first event in the stream'],
  ['internal', true, 'sandbox error: command timed out'],
  ['internal', false, 'the moon is full'],
  ['internal', false, 'Fatal error: the moon is full'],
];

const sentences: readonly Sentence[] = [
  ...file.sentences.map(({ text, kind, retryable }): Sentence => [kind, retryable, text]),
  ...others,
];

const exited = (stderr = ''): Exited => ({ type: 'exited', code: 1, signal: null, stderr });
const printed = (...events: readonly unknown[]) => ({
  type: 'stdout' as const,
  chunk: Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join('')),
});
const started = [{ type: 'thread.started', thread_id: 'T' }, { type: 'turn.started' }];
const onStderr = (text: string): string => (/^error\b/i.test(text) ? text : `Error: ${text}\n`);
const ends = (signal$: Observable<CodexSignal>): Promise<TurnEvent> =>
  lastValueFrom(signal$.pipe(toCanonical({ threadId: 'T', timeZone: 'UTC' })));

/** The ways in which a sentence comes, by transport and phase. */
const ways: readonly (readonly [way: string, said: (text: string) => Promise<TurnEvent>])[] = [
  [
    'the failed turn of codex exec',
    (message) =>
      ends(
        of(printed(...started, { type: 'turn.failed', error: { message } }), exited()).pipe(
          codexSignals(),
        ),
      ),
  ],
  ['stderr, before any event', (text) => ends(of(exited(onStderr(text))).pipe(codexSignals()))],
  [
    'stderr, after the start of the turn',
    (text) => ends(of(printed(...started), exited(onStderr(text))).pipe(codexSignals())),
  ],
  [
    'an error event, before the start of the turn',
    (message) => ends(of(printed({ type: 'error', message }), exited()).pipe(codexSignals())),
  ],
  [
    'the failed turn of an app-server',
    (message) =>
      ends(
        of({
          method: 'turn/completed' as const,
          params: {
            threadId: 'T',
            turn: { id: 'U', status: 'failed', error: { message, codexErrorInfo: 'other' } },
          },
        }).pipe(toSignals(), endWith<CodexSignal>(exited())),
      ),
  ],
  [
    'a refusal of an app-server',
    (message) => Promise.resolve(portFailure(new AppServerError(message))),
  ],
];

describe('terminalEvent, for the sentences of codex', () => {
  it.each(sentences)('is %s, retryable %s, by every way: %s', async (kind, retryable, text) => {
    for (const [way, said] of ways) {
      const event = await said(text);

      expect([way, event]).toEqual([
        way,
        expect.objectContaining({ type: 'error', kind, retryable }),
      ]);
      expect(JSON.stringify(event)).not.toContain('really codex');
    }
  });

  it('says what to do about each of them', async () => {
    const [, said] = ways[0] ?? [];
    for (const [kind, , text] of sentences)
      expect(await said?.(text)).toMatchObject({
        message: expect.stringContaining(adviceFor(kind, text)),
      });
  });
});
