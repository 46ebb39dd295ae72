import { NEVER, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { askCodex } from '../../../src/cli/doctor/ask-codex.js';
import type { Cancel, ProcessSignal } from '../../../src/process/run.js';
import { marbles } from '../../support/marbles.js';
import { quietRun } from '../../support/ports.js';

const chunk = (text: string): ProcessSignal => ({ type: 'stdout', chunk: Buffer.from(text) });
const exited = { type: 'exited', code: 1, signal: null, stderr: 'Not logged in\n' } as const;
const cancelled: Cancel = { reason: 'deadline', graceMs: 100 };
const signals: Record<string, ProcessSignal> = {
  a: chunk('one '),
  b: chunk('two '),
  l: chunk('x'.repeat(10_000)),
  x: exited,
  k: { ...exited, code: null, signal: 'SIGINT', stderr: '', cancelled },
};
const answers = {
  N: { code: 1, text: 'Not logged in', late: false },
  W: { code: 1, text: 'one two Not logged in', late: false },
  L: { code: 1, text: `${'x'.repeat(4_096)}Not logged in`, late: false },
  K: { code: null, text: '', late: true },
  E: { code: null, text: '', late: false },
};

/** Asks, and keeps when the codex was told to end. */
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
    'emits what was said, on stdout and on stderr, when the process is gone',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const codex = cold('   -a-b-(x|)', signals);
      const subs = '         ^----!   ';
      const expected = '     -----(W|)';

      expectObservable(ask(codex)).toBe(expected, answers);
      expectSubscriptions(codex.subscriptions).toBe(subs);
    }),
  );

  it(
    'takes a burst, and keeps no more than the beginning of it',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const codex = cold('   (lallx|)', signals);
      const subs = '         (^!)    ';
      const expected = '     (L|)    ';

      expectObservable(ask(codex)).toBe(expected, answers);
      expectSubscriptions(codex.subscriptions).toBe(subs);
    }),
  );

  it(
    'tells a process that it has had its 10 s, and says so',
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
    'of one that says nothing at all there is nothing to tell',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const codex = cold('   --|   ', signals);
      const subs = '         ^-!   ';
      const expected = '     --(E|)';

      expectObservable(ask(codex)).toBe(expected, answers);
      expectSubscriptions(codex.subscriptions).toBe(subs);
    }),
  );

  it(
    'waits for one that never ends',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const codex = cold('   -a--', signals);
      const subs = '         ^---';
      const expected = '     ----';

      expectObservable(ask(codex)).toBe(expected, answers);
      expectSubscriptions(codex.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails when it cannot be started',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const codex = cold('   -#', signals);
      const subs = '         ^!';
      const expected = '     -#';

      expectObservable(ask(codex)).toBe(expected, answers);
      expectSubscriptions(codex.subscriptions).toBe(subs);
    }),
  );

  it(
    'ends it when it is unsubscribed',
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
    'asks anew with every subscription',
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
});
