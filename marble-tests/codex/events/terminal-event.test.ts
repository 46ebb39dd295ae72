import { describe, expect, it } from 'vitest';
import { noUsage } from '../../../src/canonical/turn-event.js';
import { terminalEvent } from '../../../src/codex/events/terminal-event.js';
import type { Exited } from '../../../src/process/run.js';

const HINT = 'is "binary" in config.json really codex?';
const DAMAGED = 'if "codex --version" prints no version either, install codex again';
const exited: Exited = { type: 'exited', code: 1, signal: null, stderr: '' };

describe('terminalEvent', () => {
  it.each<[what: string, hasThread: boolean, isCodex: true | undefined, stderr: string, string]>([
    ['asks whether it is codex when it has named no thread', false, undefined, '', HINT],
    ['asks for a whole codex when that has said nothing', false, true, '', DAMAGED],
    ['asks nothing when codex has said why', false, true, 'no room left for ink', ''],
    ['asks nothing when it has named a thread', true, undefined, '', ''],
    ['asks nothing when codex has named a thread', true, true, '', ''],
  ])('of a program that died: %s', (_what, hasThread, isCodex, stderr, hint) => {
    const event = terminalEvent(
      { threadId: '', hasThread },
      { ...exited, stderr, ...(isCodex === undefined ? {} : { isCodex }) },
      { now: 0 },
    );
    const said = stderr === '' ? ' and said nothing' : `: ${stderr}`;
    const asked = hint === '' ? '' : `; it printed no event at all: ${hint}`;

    expect(event).toMatchObject({
      type: 'error',
      kind: 'process_died',
      message: `codex: the process exited with code 1${said}${asked}`,
    });
  });

  it.each<[hasThread: boolean, stderr: string, kind: string, message: string]>([
    [false, 'a library is missing', 'process_died', 'SIGABRT: a library is missing'],
    [false, 'Error: out of paper', 'process_died', 'SIGABRT: Error: out of paper'],
    [false, 'Error loading config.toml: no', 'config', 'Error loading config.toml: no ('],
    [true, 'the words of a tool', 'process_died', 'SIGABRT and said nothing'],
    [true, 'Error: the words of a tool', 'process_died', 'SIGABRT and said nothing'],
  ])(
    'after a signal (a thread was named: %s), %j is %s: %s',
    (hasThread, stderr, kind, message) => {
      const ended = { ...exited, code: null, signal: 'SIGABRT', stderr } as const;
      expect(terminalEvent({ threadId: '', hasThread }, ended, { now: 0 })).toMatchObject({
        kind,
        message: expect.stringContaining(message),
      });
    },
  );

  it.each<[what: string, hasAnswer: boolean, expected: object]>([
    ['fails with the words of a hook that blocked the prompt', false, { kind: 'content_filtered' }],
    ['ends as usual when the model has answered before a hook', true, { stop_reason: 'end_turn' }],
  ])('of a completed turn: %s', (_what, hasAnswer, expected) => {
    const event = { event: 'UserPromptSubmit', source: '/h/hooks.json', reason: 'not today' };
    const stop = { type: 'hook.stopped', ...event } as const;
    const outcome = { threadId: 'T', hasThread: true, usage: noUsage, hasAnswer, stop };

    expect(terminalEvent(outcome, { ...exited, code: 0 }, { now: 0 })).toMatchObject(expected);
  });
});
