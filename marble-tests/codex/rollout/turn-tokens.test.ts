import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  nextTokens,
  type TurnTokens,
  turnContext,
} from '../../../src/codex/rollout/turn-tokens.js';

const fixtures = new URL('../../fixtures/', import.meta.url);
const NONE: TurnTokens = {};
const contextOf = (records: readonly unknown[]) =>
  turnContext(records.reduce<TurnTokens>((tokens, each) => nextTokens(tokens, each, 'T1'), NONE));
const counted = (total_tokens: unknown, model_context_window: unknown) => ({
  type: 'event_msg',
  payload: {
    type: 'token_count',
    info: { total_token_usage: {}, last_token_usage: { total_tokens }, model_context_window },
  },
});

describe('turnContext', () => {
  it('has the tokens of the last request and the window', () => {
    expect(contextOf([counted(120, 258_400), counted(540, 258_400)])).toEqual({
      context: { used_tokens: 540, window_tokens: 258_400 },
    });
  });

  it('tells a compaction, and the context after it', () => {
    const compacted = { type: 'compacted', payload: { message: '' } };
    expect(contextOf([counted(200_000, 258_400), compacted, counted(5_477, 258_400)])).toEqual({
      context: { used_tokens: 5_477, window_tokens: 258_400 },
      compacted: true,
    });
  });

  it.each(['0.135.0', '0.169.0', '0.171.0'])('reads the recorded compaction of %s', (version) => {
    const text = readFileSync(new URL(`${version}/05-compact/rollout.jsonl`, fixtures), 'utf8');
    const records = text
      .split('\n')
      .filter(Boolean)
      .map((line): unknown => JSON.parse(line));
    expect(contextOf(records)).toMatchObject({
      context: { window_tokens: expect.any(Number), used_tokens: expect.any(Number) },
      compacted: true,
    });
  });

  it.each<[what: string, record: unknown]>([
    ['no window', counted(120, null)],
    ['an empty window', counted(120, 0)],
    ['no count', counted('many', 258_400)],
    ['a count that is no number of tokens', counted(-1, 258_400)],
    ['no info', { type: 'event_msg', payload: { type: 'token_count', info: null } }],
  ])('says nothing of a record with %s', (_what, record) => {
    expect(contextOf([record])).toEqual({});
  });
});
