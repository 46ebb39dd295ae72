import { describe, expect, it } from 'vitest';
import {
  type AppTurnEvent,
  type AppTurnState,
  exitOf,
  nextAppTurn,
  OPENING,
  threadOf,
} from '../../../src/codex/app-server/app-turn-state.js';
import type { Cancel } from '../../../src/process/run.js';

const cancel: Cancel = { reason: 'host', graceMs: 9 };
const shutdown: Cancel = { reason: 'shutdown', graceMs: 1 };
const killed = { code: null, signal: 'SIGKILL', stderr: 'Error: killed' };
const quit = { code: 0, signal: null, stderr: '' };

const events: Record<string, AppTurnEvent> = {
  o: { type: 'opened', threadId: 'T' },
  c: { type: 'cancelled', cancel },
  s: { type: 'cancelled', cancel: shutdown },
  p: { type: 'emitted', signal: { type: 'turn.started' } },
  C: { type: 'emitted', signal: { type: 'turn.completed', usage: undefined } },
  F: { type: 'emitted', signal: { type: 'turn.failed', error: { message: 'no' } } },
  k: { type: 'exited', exit: killed },
  q: { type: 'exited', exit: quit },
};
const after = (letters: string): AppTurnState =>
  letters
    .split('')
    .reduce((turn, letter) => nextAppTurn(turn, events[letter] ?? expect.fail(letter)), OPENING);

describe('nextAppTurn', () => {
  it.each<[string, string, AppTurnState]>([
    ['is opening at first', '', { phase: 'opening' }],
    ['runs once its thread is open', 'o', { phase: 'running', threadId: 'T' }],
    ['keeps running while it emits', 'opp', { phase: 'running', threadId: 'T' }],
    ['is over when it has completed', 'oC', { phase: 'over', threadId: 'T', isCompleted: true }],
    ['is over when it has failed', 'oF', { phase: 'over', threadId: 'T', isCompleted: false }],
    [
      'is over without a thread when that cannot be opened',
      'F',
      { phase: 'over', isCompleted: false },
    ],
    ['keeps its first cancel', 'ocs', { phase: 'running', threadId: 'T', cancelled: cancel }],
    ['keeps a cancel from before its thread is open', 'c', { phase: 'opening', cancelled: cancel }],
    ['ends with the app-server', 'ok', { phase: 'exited', threadId: 'T', exit: killed }],
    ['ends with the app-server before its thread is open', 'k', { phase: 'exited', exit: killed }],
    ['keeps the first exit', 'okq', { phase: 'exited', threadId: 'T', exit: killed }],
    ['stays exited when it emits', 'okC', { phase: 'exited', threadId: 'T', exit: killed }],
    ['opens no thread after the exit', 'ko', { phase: 'exited', exit: killed }],
  ])('%s', (_, letters, turn) => {
    expect(after(letters)).toEqual(turn);
  });
});

describe('threadOf', () => {
  it.each([
    ['', undefined],
    ['o', 'T'],
    ['oC', 'T'],
    ['ok', 'T'],
    ['F', undefined],
    ['k', undefined],
  ])('names the thread after "%s"', (letters, threadId) => {
    expect(threadOf(after(letters))).toBe(threadId);
  });
});

describe('exitOf', () => {
  const clean = { type: 'exited', isCodex: true, code: 0, signal: null, stderr: '' };
  const interrupted = 'Error: the turn was interrupted';
  it.each([
    ['is 0 for a completed turn', 'oC', clean],
    ['is 0 for a failed turn', 'oF', clean],
    ['names the interrupt of somebody else', 'op', { ...clean, stderr: interrupted }],
    ['names the cancel of an interrupted turn', 'oc', { ...clean, cancelled: cancel }],
    ['is that of a killed app-server', 'ok', { ...clean, ...killed }],
    ['names the cancel of a killed app-server', 'ock', { ...clean, ...killed, cancelled: cancel }],
    ['is an interrupt when the app-server quits', 'oq', { ...clean, stderr: interrupted }],
  ])('%s', (_, letters, exit) => {
    expect(exitOf(after(letters))).toEqual(exit);
  });
});
