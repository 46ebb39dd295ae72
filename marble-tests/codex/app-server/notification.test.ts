import { describe, expect, it } from 'vitest';
import { notificationOf } from '../../../src/codex/app-server/notification.js';

const params = { threadId: 'T', turnId: 'U' };

describe('notificationOf', () => {
  it.each([
    { method: 'item/agentMessage/delta', params: { ...params, itemId: 'm', delta: 'hi' } },
    { method: 'turn/started', params: { threadId: 'T', turn: { id: 'U', items: [] } } },
    { method: 'warning', params: { threadId: 'T', message: 'careful' } },
    {
      method: 'hook/completed',
      params: { ...params, run: { eventName: 'stop', status: 'completed', entries: [] } },
    },
  ])('reads $method', (frame) => {
    expect(notificationOf(frame)).toBe(frame);
  });

  it.each([
    ['has another shape', 'item/agentMessage/delta', { ...params, itemId: 'm', text: 'hi' }],
    ['has no turn', 'turn/completed', params],
    ['is new', 'item/agentMessage/patched', params],
    ['is new, and of a turn', 'turn/paused', params],
  ])('reports a notification that %s', (_, method, fields) => {
    expect(notificationOf({ method, params: fields })).toEqual({
      method: 'odd',
      params: { threadId: 'T', kind: `notification ${method}` },
    });
  });

  it.each([
    'item/commandExecution/outputDelta',
    'item/commandExecution/terminalInteraction',
    'thread/name/updated',
    'hook/started',
  ])('reports %s as a sign of life of its thread', (method) => {
    expect(notificationOf({ method, params })).toEqual({
      method: 'alive',
      params: { threadId: 'T' },
    });
  });

  it.each<[string, unknown]>([
    ['a notification without a thread', { method: 'item/started', params: {} }],
    ['an answer', { id: 1, result: { threadId: 'T' } }],
    ['a value that is no frame', null],
  ])('ignores %s', (_, frame) => {
    expect(notificationOf(frame)).toBeUndefined();
  });

  it('reports a long method by its first 80 characters', () => {
    const odd = notificationOf({ method: `item/${'x'.repeat(1_000)}`, params });
    expect(odd?.method === 'odd' ? odd.params.kind : '').toBe(
      `notification item/${'x'.repeat(75)}`,
    );
  });
});
