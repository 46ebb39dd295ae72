import { describe, expect, it } from 'vitest';
import type { Notice } from '../../../src/canonical/notice.js';
import { noteSignals } from '../../../src/codex/app-server/note-signals.js';
import type { CodexSignal } from '../../../src/codex/events/signal.js';
import { marbles } from '../../support/marbles.js';
import { testUnsubscription } from '../../support/unsubscription.js';

const signals = {
  T: { type: 'thread.started', thread_id: 'T' },
  S: { type: 'turn.started' },
  p: { type: 'item.piece', item: 'agent_message', text: 'Hello', first: true },
  k: { type: 'alive' },
  g: { type: 'rollout.grew', completed: 0 },
  x: { type: 'exited', code: 0, signal: null, stderr: '' },
} satisfies Record<string, CodexSignal>;

describe('noteSignals', () => {
  it(
    'emits every signal, and notifies of those that belong into the record',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  T-S-pkg-(x|)', signals);
      const subs = '         ^-------!   ';
      const expected = '     T-S-pkg-(x|)';
      const notices: Notice[] = [];

      expectObservable(source.pipe(noteSignals((notice) => void notices.push(notice)))).toBe(
        expected,
        signals,
      );
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(notices).toEqual([
        { raw: signals.T },
        { raw: signals.S },
        { exited: { code: 0, signal: null } },
      ]);
    }),
  );

  testUnsubscription<CodexSignal>(
    'TSx',
    signals,
    noteSignals(() => undefined),
  );
});
