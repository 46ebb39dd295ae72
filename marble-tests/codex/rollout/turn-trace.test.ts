import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openingItems } from '../../../src/codex/opening.js';
import { NO_TRACE, nextTrace } from '../../../src/codex/rollout/turn-trace.js';

const fixtures = new URL('../../fixtures/', import.meta.url);
/** The rollouts of turns in which the model spoke, called, or said nothing on request. */
const answered = readdirSync(fixtures)
  .filter((version) => /^\d/.test(version))
  .flatMap((version) =>
    ['01-plain', '01-no-items', '01-empty-message', '02-exec-ok', '02-web-search']
      .map((situation) => `${version}/${situation}`)
      .filter((name) => readdirSync(new URL(version, fixtures)).includes(name.split('/')[1] ?? '')),
  );

const traceOf = (records: readonly unknown[]) => records.reduce(nextTrace, NO_TRACE);
const event = (payload: object) => ({ type: 'event_msg', payload });

describe('nextTrace', () => {
  it.each(answered)('finds beginning, prompt, answer and end in the recording %s', (name) => {
    const text = readFileSync(new URL(`${name}/rollout.jsonl`, fixtures), 'utf8');
    const records = text.split('\n').filter((line) => line !== '');

    expect(traceOf(records.map((line): unknown => JSON.parse(line)))).toEqual({
      isInstructed: false,
      hasBegun: true,
      hasPrompt: true,
      hasAnswer: true,
      hasEnded: true,
    });
  });

  it.each(['be brief', ''])('finds changed instructions before the turn: %j', (text) => {
    const items = openingItems({ prompt: 'hi', instructions: { text, isChanged: true } });
    const injected = items.map((payload) => ({ type: 'response_item', payload }));
    const begin = event({ type: 'task_started', turn_id: 'V' });

    expect(traceOf([...injected, begin])).toEqual({
      ...NO_TRACE,
      isInstructed: true,
      hasBegun: true,
    });
    expect(traceOf([begin, ...injected])).toEqual({ ...NO_TRACE, hasBegun: true });
  });

  it('finds no end of a turn that has not begun: an earlier one may end late', () => {
    const end = event({ type: 'turn_aborted', turn_id: 'U', reason: 'interrupted' });
    const begin = event({ type: 'task_started', turn_id: 'V' });

    expect(traceOf([end, begin])).toEqual({ ...NO_TRACE, hasBegun: true });
    expect(traceOf([begin, end])).toEqual({ ...NO_TRACE, hasBegun: true, hasEnded: true });
  });

  it('finds neither prompt nor answer in a turn whose prompt a hook has blocked', () => {
    const context = { type: 'message', role: 'user', content: [] };
    const records = [
      event({ type: 'task_started', turn_id: 'U' }),
      { type: 'response_item', payload: { ...context, role: 'developer' } },
      { type: 'response_item', payload: context },
      { type: 'turn_context', payload: {} },
      event({ type: 'token_count', info: null }),
      event({ type: 'task_complete', turn_id: 'U', last_agent_message: null }),
    ];

    expect(traceOf(records)).toEqual({ ...NO_TRACE, hasBegun: true, hasEnded: true });
  });
});
