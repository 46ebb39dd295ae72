import { describe, expect, it } from 'vitest';
import { createTurnCalls } from '../../../src/codex/rollout/turn-calls.js';

const call = (call_id: string): unknown => ({
  type: 'function_call',
  name: 'exec_command',
  arguments: '{}',
  call_id,
});
const output = (call_id: string): unknown => ({
  type: 'function_call_output',
  call_id,
  output: 'done',
});
const message = { type: 'message', role: 'assistant', content: [] };

/** Each step is an item, or `over`, the end of a response. */
const calls = (...steps: readonly unknown[]) => {
  const turn = createTurnCalls();
  const events = steps.flatMap((step) => {
    if (step !== 'over') return turn.events(step);
    turn.endResponse();
    return [];
  });
  return { turn, events: events.map((event) => `${event.type} ${event.id}`) };
};

describe('createTurnCalls', () => {
  it.each([
    ['a call without an output', [call('a')], 1],
    ['parallel calls', [call('a'), call('b')], 2],
    ['a call after a message of its response', [call('a'), message, call('b')], 2],
    ['a call whose response is over', [call('a'), 'over'], 1],
    ['no call with an output', [call('a'), 'over', output('a')], 0],
    ['no call before the next message', [call('a'), 'over', message], 0],
    ['only the calls of the last response', [call('a'), 'over', call('b')], 1],
    ['no call of an earlier turn', [output('z')], 0],
  ])('counts as running %s', (_what, steps, running) => {
    expect(calls(...steps).turn.running()).toBe(running);
  });

  it('has a missing output for each call without one, also for one of an earlier response', () => {
    const { turn } = calls(call('a'), 'over', call('b'), call('c'), output('b'));
    expect(turn.missing().map(({ id }) => id)).toEqual(['a', 'c']);
  });

  it('emits nothing twice, and counts no repeat, when it begins the records again', () => {
    const { turn, events } = calls(call('a'), call('a'), call('b'), output('b'));
    expect(events).toHaveLength(7);
    expect(turn.repeated()).toBe(1);
    turn.restart();
    expect([call('a'), call('b'), output('b')].flatMap(turn.events)).toEqual([]);
    expect([output('a'), call('c')].flatMap(turn.events).map(({ id }) => id)).toEqual([
      'a',
      'c',
      'c',
      'c',
    ]);
    expect(turn.repeated()).toBe(0);
  });
});
