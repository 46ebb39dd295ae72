import { describe, expect, it } from 'vitest';
import { remediesFor, wayOut } from '../../src/codex/history-refusal.js';

const NEW = { type: 'new thread' };
const out = (items: object) => [{ type: 'take out', items }, NEW];
const of = (message: string, hasPictures = false) =>
  remediesFor({ kind: 'invalid_request', message: `codex: ${message}` }, hasPictures);

describe('remediesFor', () => {
  it.each([
    [
      'config',
      "Cannot change this thread's model provider from `a` to `b` on resume. (code -32600)",
    ],
    ['internal', 'This chat uses a, but your current provider is b. Switch to a to continue.'],
    [
      'internal',
      'This chat uses model provider “a”, which is no longer configured. Restore this provider’s configuration to continue.',
    ],
    [
      'internal',
      'This chat uses model provider “a”, but your organization requires “b”. Contact your administrator or start a new chat using the required provider.',
    ],
    [
      'internal',
      'This chat’s model provider settings no longer match your organization’s requirements.',
    ],
    [
      'internal',
      'This thread was created with a different ChatGPT account or workspace. Sign in with the original account to resume it.',
    ],
  ] as const)(
    'begins a new thread in the place of one of another provider or account (%s): %s',
    (kind, message) => {
      expect(remediesFor({ kind, message: `codex: ${message}` })).toEqual([NEW]);
    },
  );

  it.each([
    ['session 01a2 is archived. Run `codex unarchive 01a2` to unarchive it first.'],
    [
      'Error: thread/resume: thread/resume failed: session 01a2 is archived. Run `codex unarchive 01a2` to unarchive it first. (code -32600)',
    ],
  ])('unarchives a thread of which codex says: %s', (message) => {
    const remedies = [{ type: 'unarchive' }, NEW];
    expect(of(message)).toEqual(remedies);
    expect(remediesFor({ kind: 'thread_lost', message })).toEqual(remedies);
  });

  it.each([
    ['The encrypted content gAAA... could not be verified.', { by: 'encrypted' }],
    ['The encrypted content for item rs_1 could not be verified. Reason: x', { by: 'encrypted' }],
    ['{"error":{"message":"x","code":"invalid_encrypted_content"}}', { by: 'encrypted' }],
    ['No tool output found for function call call_abc.', { by: 'call', ids: ['call_abc'] }],
    ['No tool output found for custom tool call call_1.', { by: 'call', ids: ['call_1'] }],
    [
      'No tool call found for function call output with call_id call_abc.',
      { by: 'call', ids: ['call_abc'] },
    ],
    [
      "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: call_a, call_b",
      { by: 'call', ids: ['call_a', 'call_b'] },
    ],
    [
      'messages.4: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_01. Each',
      { by: 'call', ids: ['toolu_01'] },
    ],
    [
      'Duplicate item found with id rs_7. Remove duplicate items from your input and try again.',
      { by: 'duplicate', ids: ['rs_7'] },
    ],
    [
      "Item 'rs_1' of type 'reasoning' was provided without its required following item.",
      { by: 'item', ids: ['rs_1'] },
    ],
    [
      "Item with id 'rs_9' not found. Items are not persisted when `store` is set to false.",
      { by: 'item', ids: ['rs_9'] },
    ],
    [
      "Invalid 'input[2].id': 'abc'. Expected an ID that begins with 'fc'.",
      { by: 'item', ids: ['abc'] },
    ],
    [
      "Invalid 'input[3].call_id': string too long. Expected a string with maximum length 64, but got a string with length 80 instead.",
      { by: 'length', field: 'call_id', max: 64 },
    ],
    ['Invalid image in your last message. Please remove it and try again.', { by: 'pictures' }],
    ['The image data you provided does not represent a valid image.', { by: 'pictures' }],
    ["Invalid 'input[3].content[1].image_url'. Expected a base64-encoded", { by: 'pictures' }],
    ['messages.2: image exceeds 5 MB maximum', { by: 'pictures' }],
  ])('takes out what is refused by: %s', (message, items) => {
    expect(of(message)).toEqual(out(items));
  });

  it('begins a new thread when the refusal names no item, and when the thread is lost', () => {
    expect(of("Unknown parameter: 'input[3].status'.")).toEqual([NEW]);
    expect(remediesFor({ kind: 'thread_lost', message: 'no rollout found' })).toEqual([NEW]);
  });

  it.each(['rate_limit', 'overloaded', 'content_filtered', 'quota'] as const)(
    'keeps a history that a failure of the kind %s names',
    (kind) => {
      expect(remediesFor({ kind, message: 'images are too large, try again' })).toEqual([]);
    },
  );

  it('takes out only broken pictures when the turn has pictures of its own', () => {
    expect(of('Invalid image in your last message.', true)).toEqual([
      { type: 'take out', items: { by: 'broken pictures' } },
    ]);
    expect(of('The encrypted content x could not be verified.', true)).toHaveLength(2);
  });

  it.each([
    'unexpected status 401 Unauthorized: no',
    'You’ve hit your usage limit.',
    'Codex ran out of room in the model’s context window.',
    'stream disconnected before completion: stream closed',
    'the model `gpt-x` does not exist',
    'Invalid input[3].content: string too long. maximum length 10485760',
  ])('has none for: %s', (message) => {
    expect(of(message)).toEqual([]);
  });
});

describe('wayOut', () => {
  it('names the file to remove whenever there is a remedy', () => {
    for (const [message, hasPictures] of [
      ['Invalid image', true],
      ['Invalid image', false],
      ['session x is archived', false],
    ] as const)
      expect(wayOut(of(message, hasPictures), hasPictures)).toContain('.plexum-codex-session');
    expect(wayOut(of('Invalid image', true), true)).toContain('without its pictures');
  });

  it('is empty without a remedy', () => {
    expect(wayOut([])).toBe('');
  });
});
