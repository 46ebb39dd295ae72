import { describe, expect, it } from 'vitest';
import {
  IDLE,
  nextSharedServer,
  type SharedServerEvent,
  type SharedServerState,
} from '../../../src/codex/app-server/shared-server-state.js';

const error = new Error('no');
const starting: SharedServerState = { phase: 'starting' };
const running: SharedServerState = { phase: 'running' };
const retired: SharedServerState = { phase: 'retired' };
const failed: SharedServerState = { phase: 'failed', error, until: 100 };
const fail: SharedServerEvent = { type: 'failed', error, until: 100 };
const request = (now: number): SharedServerEvent => ({ type: 'requested', now });

describe('nextSharedServer', () => {
  it.each<[string, SharedServerState, SharedServerEvent, SharedServerState]>([
    ['starts with the first turn', IDLE, request(0), starting],
    ['runs once it has started', starting, { type: 'started' }, running],
    ['retires while it runs', running, { type: 'retired' }, retired],
    ['retires before it runs', starting, { type: 'retired' }, retired],
    ['may start again when what it read has changed', failed, { type: 'changed' }, IDLE],
    ['is idle after its end', running, { type: 'ended' }, IDLE],
    ['is idle when it ends before it has started', starting, { type: 'ended' }, IDLE],
    ['fails when it cannot start', starting, fail, failed],
    ['fails while it runs', running, fail, failed],
    ['starts again when the time is up', failed, request(100), starting],
  ])('%s', (_, state, event, next) => {
    expect(nextSharedServer(state, event)).toEqual(next);
  });

  it.each<[string, SharedServerState, SharedServerEvent]>([
    ['is not started again before the time is up', failed, request(99)],
    ['stays failed after its end', failed, { type: 'ended' }],
    ['stays retired after its end', retired, { type: 'ended' }],
    ['retires once', retired, { type: 'retired' }],
    ['does not retire before a turn has requested it', IDLE, { type: 'retired' }],
    ['stays retired once it has started', retired, { type: 'started' }],
    ['forgets no failure that it does not have', running, { type: 'changed' }],
    ['ignores a start that nobody has requested', IDLE, { type: 'started' }],
  ])('%s', (_, state, event) => {
    expect(nextSharedServer(state, event)).toBe(state);
  });
});
