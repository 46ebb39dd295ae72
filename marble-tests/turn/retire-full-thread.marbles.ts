import { EMPTY } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { TurnEvent } from '../../src/canonical/turn-event.js';
import { failure } from '../../src/codex/events/failure.js';
import type { Conversation } from '../../src/plexum/conversation-settings.js';
import { THREAD, turnEvents } from '../../src/testing/alphabet.js';
import { retireFullThread } from '../../src/turn/retire-full-thread.js';
import { marbles } from '../support/marbles.js';
import { fakePorts } from '../support/ports.js';
import { testUnsubscription } from '../support/unsubscription.js';

const ROOM = "Codex ran out of room in the model's context window. Start a new thread.";
const full = failure(ROOM, { now: 0 });
const events: Record<string, TurnEvent> = { ...turnEvents, F: full };
const words = {
  ...events,
  N: { ...full, message: expect.stringMatching(/next turn of this workspace begins a new thread/) },
  S: { ...full, message: expect.stringMatching(/shorten it, or lower history_max_chars/) },
};
const conversation = (onContextWindow: Conversation['onContextWindow']): Conversation => ({
  history: 'lost',
  historyMaxChars: 100,
  onContextWindow,
  system: 'ignore',
});
const none: Record<string, never> = {};

describe('retireFullThread', () => {
  it(
    'emits a full context window once the session file has its mark, and says what comes next',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  M--t-F|   ', events);
      const write = cold('        ---| ', none);
      const subs = '         ^-----!   ';
      const writeSubs = '    -----^--! ';
      const expected = '     M--t----(N|)';
      const written: string[][] = [];
      const { ports, logs } = fakePorts({
        conversation: conversation('new_thread'),
        writeSession$: (workspace, text) => (written.push([workspace, text]), write),
      });

      expectObservable(source.pipe(retireFullThread('/w', () => THREAD, THREAD, ports))).toBe(
        expected,
        words,
      );
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(write.subscriptions).toBe(writeSubs);
      flush();
      expect(written).toEqual([['/w', `full ${THREAD}`]]);
      expect(logs).toMatchObject([{ level: 'warning', fields: { thread_id: THREAD } }]);
    }),
  );

  it(
    'emits the error as it is, with one warning, when the file cannot be written',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  M-F|', events);
      const write = cold('    -# ', none);
      const subs = '         ^--!';
      const expected = '     M--(F|)';
      const { ports, logs } = fakePorts({
        conversation: conversation('new_thread'),
        writeSession$: () => write,
      });

      expectObservable(source.pipe(retireFullThread('/w', () => THREAD, THREAD, ports))).toBe(
        expected,
        words,
      );
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(logs).toHaveLength(1);
    }),
  );

  it.each([
    ['says what to shorten when a new thread is full before it has answered', '-F|', '-S|'],
    ['asks for the message again when a new thread is full after an answer', '-t-F|', '-t-N|'],
  ])('%s', (_what, given, expected) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(given, events);
      const subs = `^${'-'.repeat(given.length - 2)}!`;
      const { ports } = fakePorts({
        conversation: conversation('new_thread'),
        writeSession$: () => EMPTY,
      });

      expectObservable(source.pipe(retireFullThread('/w', () => THREAD, undefined, ports))).toBe(
        expected,
        words,
      );
      expectSubscriptions(source.subscriptions).toBe(subs);
    })();
  });

  it.each([
    ['the setting is "error"', 'error', THREAD],
    ['the thread is not known', 'new_thread', undefined],
  ] as const)('writes nothing when %s', (_what, setting, thread) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  M-F|', events);
      const write = cold('    |  ', none);
      const subs = '         ^--!';
      const expected = '     M-F|';
      const { ports } = fakePorts({
        conversation: conversation(setting),
        writeSession$: () => write,
      });

      expectObservable(source.pipe(retireFullThread('/w', () => thread, thread, ports))).toBe(
        expected,
        words,
      );
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(write.subscriptions).toBe([]);
    })();
  });

  it('names the file and the setting where nothing is retired', () => {
    expect(full).toMatchObject({ kind: 'context_window', retryable: false });
    expect(full.message).toContain('.plexum-codex-session');
    expect(full.message).toContain('"on_context_window": "new_thread"');
  });

  testUnsubscription('MtE', events, (source$) =>
    source$.pipe(retireFullThread('/w', () => THREAD, THREAD, fakePorts().ports)),
  );
});
