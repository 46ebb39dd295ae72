import { describe, expect, it } from 'vitest';
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
});
