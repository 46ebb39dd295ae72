import { describe, expect, it } from 'vitest';
import type { TurnTrace } from '../../src/codex/events/silent-end.js';
import { instructionsDigest } from '../../src/codex/rollout/noted-instructions.js';
import { NO_TRACE } from '../../src/codex/rollout/turn-trace.js';
import type { Conversation } from '../../src/plexum/conversation-settings.js';
import { THREAD, turnEvents } from '../../src/testing/alphabet.js';
import { keepInstructions } from '../../src/turn/keep-instructions.js';
import { marbles } from '../support/marbles.js';
import { fakePorts } from '../support/ports.js';
import { testUnsubscription } from '../support/unsubscription.js';

const none: Record<string, never> = {};
const BEGUN = { ...NO_TRACE, hasBegun: true };
const ASKED = { ...BEGUN, hasPrompt: true };
const DIGEST = instructionsDigest('be brief');
const kept = (
  trace: TurnTrace | undefined,
  ports: ReturnType<typeof fakePorts>['ports'],
  resumed?: string,
  told: { instructed?: string } = {},
) => {
  const facts = { malformed: 0, unrecognised: 0, threadId: THREAD, trace, ...told };
  return keepInstructions('be brief', resumed, () => facts, ports);
};
const conversation: Conversation = {
  history: 'lost',
  historyMaxChars: 100,
  onContextWindow: 'error',
  system: 'developer',
};

describe('keepInstructions', () => {
  it(
    'notes the digest before the end of a turn that has begun in a new thread',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  M-t-E|   ', turnEvents);
      const note = cold('        --|  ', none);
      const subs = '         ^----!   ';
      const noteSubs = '     ----^-!  ';
      const expected = '     M-t---(E|)';
      const noted: string[][] = [];
      const { ports, logs } = fakePorts({
        conversation,
        noteInstructions$: (id, digest) => (noted.push([id, digest]), note),
      });

      expectObservable(source.pipe(kept(BEGUN, ports))).toBe(expected, turnEvents);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(note.subscriptions).toBe(noteSubs);
      flush();
      expect(noted).toEqual([[THREAD, DIGEST]]);
      expect(logs).toEqual([]);
    }),
  );

  it.each([
    ['notes them for the resumed thread once its prompt is recorded', THREAD, ASKED, 1],
    ['notes nothing for the resumed thread without its prompt', THREAD, BEGUN, 0],
    ['notes them for a thread that was told them', THREAD, BEGUN, 1, { instructed: THREAD }],
    ['notes nothing for one when another was told', THREAD, BEGUN, 0, { instructed: 'another' }],
    ['notes them for another thread than the resumed one', 'another', BEGUN, 1],
    ['notes nothing for a new thread in which no turn has begun', undefined, NO_TRACE, 0],
    ['notes nothing for a thread without records', undefined, undefined, 0],
  ])('%s', (_title, resumed, trace, times, told?: { instructed: string }) => {
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  M-tX|', turnEvents);
      const note = cold('       | ', none);
      const subs = '         ^---!';
      const expected = '     M-tX|';
      const { ports } = fakePorts({ conversation, noteInstructions$: () => note });

      expectObservable(source.pipe(kept(trace, ports, resumed, told))).toBe(expected, turnEvents);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(note.subscriptions).toHaveLength(times);
    })();
  });

  it(
    'notes nothing where the operator ignores them',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  M-tE|', turnEvents);
      const note = cold('       | ', none);
      const subs = '         ^---!';
      const expected = '     M-tE|';
      const { ports } = fakePorts({ noteInstructions$: () => note });

      expectObservable(source.pipe(kept(BEGUN, ports))).toBe(expected, turnEvents);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(note.subscriptions).toEqual([]);
    }),
  );

  it(
    'warns when the note cannot be written, and goes on',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  M-E|   ', turnEvents);
      const note = cold('      -#   ', none);
      const subs = '         ^--!   ';
      const noteSubs = '     --^!   ';
      const expected = '     M--(E|)';
      const { ports, logs } = fakePorts({ conversation, noteInstructions$: () => note });

      expectObservable(source.pipe(kept(BEGUN, ports))).toBe(expected, turnEvents);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(note.subscriptions).toBe(noteSubs);
      flush();
      expect(logs).toMatchObject([{ level: 'warning', fields: { thread_id: THREAD } }]);
    }),
  );

  testUnsubscription('MtE', turnEvents, (source$) =>
    source$.pipe(kept(BEGUN, fakePorts({ conversation }).ports)),
  );
});
