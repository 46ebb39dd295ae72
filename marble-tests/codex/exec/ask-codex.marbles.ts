import { NEVER, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { askCodex } from '../../../src/codex/exec/ask-codex.js';
import type { Cancel, ProcessSignal } from '../../../src/process/run.js';
import { marbles } from '../../support/marbles.js';
import { quietRun } from '../../support/ports.js';
import { testUnsubscription } from '../../support/unsubscription.js';

const chunk = (text: string): ProcessSignal => ({ type: 'stdout', chunk: Buffer.from(text) });
const exited = { type: 'exited', code: 1, signal: null, stderr: 'Not logged in\n' } as const;
const cancelled: Cancel = { reason: 'deadline', graceMs: 100 };
const signals: Record<string, ProcessSignal> = {
  a: chunk('one '),
  b: chunk('two '),
  l: chunk('x'.repeat(10_000)),
  // The two bytes of é.
  c: { type: 'stdout', chunk: Buffer.of(0xc3) },
  d: { type: 'stdout', chunk: Buffer.of(0xa9) },
  x: exited,
  k: { ...exited, code: null, signal: 'SIGINT', stderr: '', cancelled },
};
const answers = {
  N: { code: 1, text: 'Not logged in', expired: false },
  D: { code: 1, text: 'one éNot logged in', expired: false },
  W: { code: 1, text: 'one two Not logged in', expired: false },
  L: { code: 1, text: `${'x'.repeat(4_096)}Not logged in`, expired: false },
  K: { code: null, text: '', expired: true },
  E: { code: null, text: '', expired: false },
};

/** Runs the command and keeps the cancel that it hands to codex. */
const ask = (
  codex$: Observable<ProcessSignal>,
  ended: { cancel$: Observable<Cancel> } = { cancel$: NEVER },
) =>
  askCodex(quietRun, (_run, cancel$) => {
    ended.cancel$ = cancel$;
    return codex$;
  });

describe('askCodex', () => {
  it(
    'emits stdout and stderr when the process has exited',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const codex = cold('   -a-b-(x|)', signals);
      const subs = '         ^----!   ';
      const expected = '     -----(W|)';

      expectObservable(ask(codex)).toBe(expected, answers);
      expectSubscriptions(codex.subscriptions).toBe(subs);
    }),
  );

  it(
    'keeps a character whole that comes in two chunks, for each subscription',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const codex = cold('   -a-cd-(x|)', signals);
      const subs = '         ^-----!   ';
      const expected = '     ------(D|)';
      const answer$ = ask(codex);

      expectObservable(answer$).toBe(expected, answers);
      expectObservable(answer$).toBe(expected, answers);
      expectSubscriptions(codex.subscriptions).toBe([subs, subs]);
    }),
  );

  it(
    'keeps the first 4,096 characters of a burst',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const codex = cold('   (lallx|)', signals);
      const subs = '         (^!)    ';
      const expected = '     (L|)    ';

      expectObservable(ask(codex)).toBe(expected, answers);
      expectSubscriptions(codex.subscriptions).toBe(subs);
    }),
  );

  it(
    'cancels a command after 10 s and marks the answer as expired',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const codex = cold('   10100ms (k|)', signals);
      const subs = '         ^ 10099ms ! ';
      const expected = '     10100ms (K|)';
      const cancel = '       10000ms (c|)';
      const ended: { cancel$: Observable<Cancel> } = { cancel$: NEVER };

      expectObservable(ask(codex, ended)).toBe(expected, answers);
      expectObservable(ended.cancel$).toBe(cancel, { c: cancelled });
      expectSubscriptions(codex.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits an empty answer for a process that completes without a signal',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const codex = cold('   --|   ', signals);
      const subs = '         ^-!   ';
      const expected = '     --(E|)';

      expectObservable(ask(codex)).toBe(expected, answers);
      expectSubscriptions(codex.subscriptions).toBe(subs);
    }),
  );

  it(
    'waits for a command that never exits',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const codex = cold('   -a--', signals);
      const subs = '         ^---';
      const expected = '     ----';

      expectObservable(ask(codex)).toBe(expected, answers);
      expectSubscriptions(codex.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails when codex cannot be started',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const codex = cold('   -#', signals);
      const subs = '         ^!';
      const expected = '     -#';

      expectObservable(ask(codex)).toBe(expected, answers);
      expectSubscriptions(codex.subscriptions).toBe(subs);
    }),
  );

  it(
    'unsubscribes from the process when unsubscribed',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const codex = cold('   -a-(x|)', signals);
      const unsub = '        --!    ';
      const subs = '         ^-!    ';
      const expected = '     ---    ';

      expectObservable(ask(codex), unsub).toBe(expected, answers);
      expectSubscriptions(codex.subscriptions).toBe(subs);
    }),
  );

  it(
    'runs a new command for every subscriber',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const codex = cold('   -(x|)     ', signals);
      const subs = ['        ^!        ', '        ------^!  '];
      const first = '        -(N|)     ';
      const later = '        ------^   ';
      const second = '       -------(N|)';
      const asked$ = ask(codex);

      expectObservable(asked$).toBe(first, answers);
      expectObservable(asked$, later).toBe(second, answers);
      expectSubscriptions(codex.subscriptions).toBe(subs);
      flush();
      expect(codex.subscriptions).toHaveLength(2);
    }),
  );

  testUnsubscription('abx', signals, (codex$) => ask(codex$));
});
