import { describe, expect, it } from 'vitest';
import {
  isOfTurn,
  nextThreadTurn,
  REQUESTED,
  type ThreadTurn,
  type ThreadTurnEvent,
} from '../../../src/codex/app-server/thread-turn.js';
import { turnNotes } from '../../support/app-server.js';

const { S, a, C, X } = turnNotes('T', 'U');
const other = turnNotes('T', 'other');
const warning = { method: 'warning', params: { threadId: 'T', message: 'careful' } } as const;

const accepted: ThreadTurn = { phase: 'accepted', turnId: 'U' };
const started: ThreadTurn = { phase: 'started', turnId: 'U' };
const over: ThreadTurn = { phase: 'over', turnId: 'U' };
const early: ThreadTurn = { phase: 'requested', startedId: 'U' };
const notified = (notification: typeof S | typeof C | typeof a | typeof X): ThreadTurnEvent => ({
  type: 'notified',
  notification,
});
const answer: ThreadTurnEvent = { type: 'accepted', turnId: 'U' };

describe('nextThreadTurn', () => {
  it.each<[string, ThreadTurn, ThreadTurnEvent, ThreadTurn]>([
    ['codex names the turn', REQUESTED, answer, accepted],
    ['codex starts the accepted turn', accepted, notified(S), started],
    ['a turn starts before codex names ours', REQUESTED, notified(S), early],
    ['codex names the turn that has started', early, answer, started],
    ['codex completes the turn', started, notified(C), over],
    ['codex completes an interrupted turn', started, notified(X), over],
    ['the request fails', REQUESTED, { type: 'failed' }, { phase: 'over' }],
    ['the turn fails', started, { type: 'failed' }, { phase: 'over' }],
  ])('moves on when %s', (_, turn, event, next) => {
    expect(nextThreadTurn(turn, event)).toEqual(next);
  });

  it('names the turn when another one has started before', () => {
    const startedOther = nextThreadTurn(REQUESTED, notified(other.S));
    expect(nextThreadTurn(startedOther, answer)).toEqual(accepted);
  });

  it.each<[string, ThreadTurn, ThreadTurnEvent]>([
    ['another turn starts', accepted, notified(other.S)],
    ['another turn completes', started, notified(other.C)],
    ['the turn completes before it starts', accepted, notified(C)],
    ['a turn completes before codex names ours', REQUESTED, notified(C)],
    ['text arrives', started, notified(a)],
    ['codex names the turn twice', started, answer],
    ['the turn starts twice', started, notified(S)],
    ['the completed turn starts', over, notified(S)],
    ['the completed turn fails', over, { type: 'failed' }],
  ])('returns the same state when %s', (_, turn, event) => {
    expect(nextThreadTurn(turn, event)).toBe(turn);
  });
});

describe('isOfTurn', () => {
  it.each([
    ['text of the started turn', started, a, true],
    ['the end of the completed turn', over, C, true],
    ['a warning of the thread while the turn runs', started, warning, true],
    ['text of another turn', started, other.a, false],
    ['text before the turn has started', accepted, a, false],
    ['a warning before the turn has started', accepted, warning, false],
    ['a warning before codex has named the turn', early, warning, false],
  ])('decides for %s', (_, turn, notification, isOurs) => {
    expect(isOfTurn(turn, notification)).toBe(isOurs);
  });
});
