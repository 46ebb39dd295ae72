// What the model of a chaos run answers.
import { describe, expect, test } from 'vitest';
import { replyByPlan } from '../../scripts/chaos/real-plans.mjs';

const asked = (...texts: string[]) => ({
  input: texts.map((text) => ({ role: 'user', content: [{ type: 'input_text', text }] })),
});
const done = [{ text: 'Done.' }];

describe('replyByPlan', () => {
  test('answers with the plan that the last prompt names', () => {
    expect(replyByPlan(asked('{"plan":"say","nth":1}', '{"plan":"silent","nth":2}'))).toEqual([
      { hang: true },
    ]);
  });

  test.each([
    ['the request of codex to compact the thread', 'You are performing a COMPACTION. Summarize.'],
    ['a plan that does not exist', '{"plan":"none","nth":1}'],
    ['an empty prompt', ''],
  ])('answers %s with a text', (_, text) => {
    expect(replyByPlan(asked('{"plan":"much","nth":1}', text))).toEqual(done);
  });

  test('answers a request without a prompt with a text', () => {
    expect(replyByPlan({ input: [] })).toEqual(done);
  });
});
