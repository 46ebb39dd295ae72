import { describe, expect, it } from 'vitest';
import { enumMessages } from '../../scripts/codex-try/sentences.mjs';

describe('enumMessages', () => {
  it('finds the neighbours of known messages, with all of their sentences', () => {
    const run =
      'codex-linux-sandbox was required but not providedQuota exceeded. Check your plan and billing details.The moon is full tonight. Try again in a month.Selected model is at capacity. Please try a different model.stream closed';
    expect(enumMessages(run)).toEqual([
      'Quota exceeded. Check your plan and billing details.',
      'The moon is full tonight. Try again in a month.',
      'Selected model is at capacity. Please try a different model.',
    ]);
  });

  it('ends a message where a string without a capital follows', () => {
    const run =
      'reason: content_filterCodex ran out of room in the model’s context. Start a new thread.agent thread limit reached';
    expect(enumMessages(run)).toEqual([
      'Codex ran out of room in the model’s context. Start a new thread.',
    ]);
  });

  it.each([
    'SYou’ve hit your usage limit. To get more access now, ask your admin…',
    'You’ve reached your weekly share of the workspace.',
  ])('finds the template of a limit among those of all types, without its length: %s', (run) => {
    expect(enumMessages(run)).toEqual([run.replace(/^S/, '')]);
  });

  it.each([
    'Take security policy instructions to allow or deny as guidance.',
    'The context window is a public good.',
    'Selected model is at capacity, auth_access_token_field.The other field is gone_for_some_reason.',
  ])('leaves out prompts, pages and names of fields: %s', (run) => {
    expect(enumMessages(run)).toEqual([]);
  });
});
