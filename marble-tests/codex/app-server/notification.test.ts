import { describe, expect, it } from 'vitest';
import { notificationOf } from '../../../src/codex/app-server/notification.js';

const params = { threadId: 'T', turnId: 'U' };

describe('notificationOf', () => {
  it.each([
    { method: 'item/agentMessage/delta', params: { ...params, itemId: 'm', delta: 'hi' } },
    { method: 'turn/started', params: { threadId: 'T', turn: { id: 'U', items: [] } } },
    { method: 'warning', params: { threadId: 'T', message: 'careful' } },
  ])('reads $method', (frame) => {
    expect(notificationOf(frame)).toBe(frame);
  });

  it.each([
    ['is of another shape', 'item/agentMessage/delta', { ...params, itemId: 'm', text: 'hi' }],
    ['has no turn', 'turn/completed', params],
    ['is new', 'item/agentMessage/patched', params],
    ['is new, and of a turn', 'turn/paused', params],
  ])('tells of one that %s', (_, method, fields) => {
    expect(notificationOf({ method, params: fields })).toEqual({
      method: 'odd',
      params: { threadId: 'T', kind: `notification ${method}` },
    });
  });

  it.each<[string, unknown]>([
    ['one that is known, and not read', { method: 'item/commandExecution/outputDelta', params }],
    ['one about a thread', { method: 'thread/name/updated', params }],
    ['one of no thread', { method: 'item/started', params: {} }],
    ['an answer', { id: 1, result: { threadId: 'T' } }],
    ['what is no frame', null],
  ])('passes %s over', (_, frame) => {
    expect(notificationOf(frame)).toBeUndefined();
  });

  it('tells a long name by its beginning', () => {
    const odd = notificationOf({ method: `item/${'x'.repeat(1_000)}`, params });
    expect(odd?.method === 'odd' ? odd.params.kind : '').toBe(
      `notification item/${'x'.repeat(75)}`,
    );
  });
});
