import { describe, expect, it } from 'vitest';
import type { CodexSignal } from '../../src/codex/events/signal.js';
import { THREAD } from '../../src/testing/alphabet.js';
import { keepInstructions } from '../../src/turn/keep-instructions.js';
import { marbles } from '../support/marbles.js';
import { fakePorts } from '../support/ports.js';
import { testUnsubscription } from '../support/unsubscription.js';

const values: Record<string, CodexSignal> = {
  N: { type: 'thread.started', thread_id: THREAD },
  S: { type: 'turn.started' },
  a: { type: 'alive' },
  x: { type: 'exited', code: 0, signal: null, stderr: '' },
};
const none: Record<string, never> = {};

describe('keepInstructions', () => {
  it(
    'notes the digest before the exit of a turn that has begun',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  N-S-a-x|   ', values);
      const note = cold('          --|  ', none);
      const subs = '         ^------!   ';
      const noteSubs = '     ------^-!  ';
      const expected = '     N-S-a---(x|)';
      const noted: string[][] = [];
      const { ports, logs } = fakePorts({
        noteInstructions$: (id, digest) => (noted.push([id, digest]), note),
      });

      expectObservable(source.pipe(keepInstructions('d', ports))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(note.subscriptions).toBe(noteSubs);
      flush();
      expect(noted).toEqual([[THREAD, 'd']]);
      expect(logs).toEqual([]);
    }),
  );

  it(
    'notes nothing for a turn that has not begun',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  N-x|', values);
      const note = cold('      | ', none);
      const subs = '         ^--!';
      const expected = '     N-x|';
      const { ports } = fakePorts({ noteInstructions$: () => note });

      expectObservable(source.pipe(keepInstructions('d', ports))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(note.subscriptions).toBe([]);
    }),
  );

  it(
    'warns when the note cannot be written, and goes on',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  N-S-x|   ', values);
      const note = cold('        -#   ', none);
      const subs = '         ^----!   ';
      const expected = '     N-S--(x|)';
      const { ports, logs } = fakePorts({ noteInstructions$: () => note });

      expectObservable(source.pipe(keepInstructions('d', ports))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(logs).toMatchObject([{ level: 'warning', fields: { thread_id: THREAD } }]);
    }),
  );

  testUnsubscription('Sax', values, (source$) =>
    source$.pipe(keepInstructions('d', fakePorts().ports)),
  );
});
