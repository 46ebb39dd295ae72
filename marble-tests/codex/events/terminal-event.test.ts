import { describe, expect, it } from 'vitest';
import { noUsage } from '../../../src/canonical/turn-event.js';
import { terminalEvent } from '../../../src/codex/events/terminal-event.js';
import type { Exited } from '../../../src/process/run.js';

const HINT = 'is "binary" in config.json really codex?';
const exited: Exited = { type: 'exited', code: 1, signal: null, stderr: '' };

describe('terminalEvent', () => {
  it.each<[what: string, hasThread: boolean, isCodex: true | undefined, hasHint: boolean]>([
    ['asks whether it is codex at all when it has named no thread', false, undefined, true],
    ['does not ask when it is known to be codex', false, true, false],
    ['does not ask when it has named a thread', true, undefined, false],
  ])('of a program that died: %s', (_what, hasThread, isCodex, hasHint) => {
    const event = terminalEvent(
      { threadId: '', hasThread },
      isCodex === undefined ? exited : { ...exited, isCodex },
      { now: 0 },
    );

    expect(event).toMatchObject({ type: 'error', kind: 'process_died' });
    expect(JSON.stringify(event).includes(JSON.stringify(HINT).slice(1, -1))).toBe(hasHint);
  });

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
