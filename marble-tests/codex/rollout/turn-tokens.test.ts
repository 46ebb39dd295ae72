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

const FULL = { used_tokens: 258_400, window_tokens: 258_400 };
const recorded = (input_tokens: number, output_tokens: number, all: number, last: number) => ({
  type: 'event_msg',
  payload: {
    type: 'token_count',
    info: {
      total_token_usage: { input_tokens, output_tokens, total_tokens: all },
      last_token_usage: { total_tokens: last },
      model_context_window: 258_400,
    },
  },
});
const answered = (input: number, last: number) => recorded(input, 20, input + 20, last);
/** What codex records when a request does not fit: no counts, and the window as their sum. */
const full = (last: number) => recorded(0, 0, 258_400, last);

describe('nextTokens', () => {
  const started = (turn_id: string) => ({
    type: 'event_msg',
    payload: { type: 'task_started', turn_id },
  });
  const compacted = { type: 'compacted', payload: { message: '' } };
  const used = {
    type: 'token_usage_record',
    payload: { thread_id: 'T1', usage: { input_tokens: 5, output_tokens: 1 } },
  };
  const late = [started('U1'), used, answered(100, 120), compacted];
  const tokensOf = (records: readonly unknown[], turnId?: string) =>
    records.reduce<TurnTokens>((all, each) => nextTokens(all, each, 'T1', turnId), NONE);

  it('begins anew where the turn begins, behind the late records of earlier turns', () => {
    const own = [started('U2'), used, answered(300, 520)];
    const { before, ...tokens } = tokensOf([...late, ...own], 'U2');
    expect(before).toMatchObject({ input_tokens: 100, output_tokens: 20 });
    expect(tokens).toEqual(tokensOf([used, answered(300, 520)]));
    expect(tokensOf([...late, ...own])).toEqual(tokensOf([...late, ...own], 'U3'));
  });

  it('keeps the tokens of the turn when a goal begins another turn behind it', () => {
    const { before, ...tokens } = tokensOf([...late, started('U2')], 'U1');
    expect(before).toBeUndefined();
    expect(tokens).toEqual(tokensOf(late));
  });
});

describe('turnContext', () => {
  it('has the tokens of the last request and the window', () => {
    expect(contextOf([counted(120, 258_400), counted(540, 258_400)])).toEqual({
      context: { used_tokens: 540, window_tokens: 258_400 },
    });
  });

  it('has a full window when codex ran out of it, and keeps the total of the turn', () => {
    const records = [answered(403_000, 3_010), full(0), full(0)];
    const tokens = records.reduce<TurnTokens>((all, each) => nextTokens(all, each, 'T1'), NONE);
    expect(tokens.total).toMatchObject({ input_tokens: 403_000, output_tokens: 20 });
    expect(turnContext(tokens)).toEqual({ context: FULL });
  });

  it('has a full window also when it was empty before', () => {
    expect(contextOf([full(253_390)])).toEqual({ context: FULL });
  });

  it('has the context after a compaction of a full window', () => {
    const compacted = { type: 'compacted', payload: { message: '' } };
    const context = { used_tokens: 5_477, window_tokens: 258_400 };
    expect(contextOf([full(0), compacted, full(5_477)])).toEqual({ context, compacted: true });
    expect(contextOf([compacted, full(5_477), full(0)])).toEqual({
      context: FULL,
      compacted: true,
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
