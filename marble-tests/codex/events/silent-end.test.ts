import { describe, expect, it } from 'vitest';
import { noUsage, type Terminal } from '../../../src/canonical/turn-event.js';
import { ownFailure } from '../../../src/codex/events/failure.js';
import { silentEnd, stoppedByHook, type TurnTrace } from '../../../src/codex/events/silent-end.js';

const end: Terminal = {
  type: 'message_end',
  stop_reason: 'end_turn',
  usage: noUsage,
  thread_id: 'T1',
};
const trace: TurnTrace = {
  isInstructed: false,
  hasBegun: true,
  hasPrompt: true,
  hasAnswer: true,
  hasEnded: true,
};
const unanswered: TurnTrace = { ...trace, hasAnswer: false };
const blocked: TurnTrace = { ...unanswered, hasPrompt: false };

describe('silentEnd', () => {
  it.each<[what: string, terminal: Terminal, shown: TurnTrace]>([
    ['of an answered turn', end, trace],
    ['of a turn that used tokens', { ...end, usage: { ...noUsage, input_tokens: 9 } }, blocked],
    ['of a turn without records', end, { ...blocked, hasBegun: false }],
    ['of a cancelled turn', { ...end, stop_reason: 'cancelled' }, blocked],
    ['of a failed turn', ownFailure('network', 'gone'), blocked],
  ])('leaves the end as it is: %s', (_what, terminal, shown) => {
    expect(silentEnd(terminal, shown)).toBe(terminal);
  });

  it.each<[what: string, shown: TurnTrace, expected: object]>([
    ['says that a hook blocked a prompt that was not recorded', blocked, { retryable: false }],
    ['fails a turn without a request to the model', unanswered, { retryable: true }],
  ])('%s', (_what, shown, expected) => {
    const kind = shown === blocked ? 'content_filtered' : 'internal';

    expect(silentEnd(end, shown)).toMatchObject({ type: 'error', kind, ...expected });
  });
});

describe('stoppedByHook', () => {
  it.each([
    [
      'quotes the hook',
      'not today',
      /UserPromptSubmit hook of \/h\/hooks.json .*: not today \(change the wording of the request\)$/,
    ],
    ['says that a hook gave no reason', ' ', /: it gave no reason \(change /],
  ])('%s', (_what, reason, message) => {
    const stop = {
      type: 'hook.stopped',
      event: 'UserPromptSubmit',
      source: '/h/hooks.json',
    } as const;

    expect(stoppedByHook({ ...stop, reason })).toMatchObject({
      kind: 'content_filtered',
      retryable: false,
      message: expect.stringMatching(message),
    });
  });
});
