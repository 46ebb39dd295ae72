import { map, merge, NEVER, type Observable, of, shareReplay } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { CodexSignal } from '../../src/codex/events/signal.js';
import type { Parsed } from '../../src/lines/parse-json.js';
import type { Ports } from '../../src/ports.js';
import type { Cancel } from '../../src/process/run.js';
import { endAttempt } from '../../src/turn/end-attempt.js';
import { NEW_THREAD } from '../../src/turn/mirror-rollout.js';
import { marbles } from '../support/marbles.js';
import { fakePorts } from '../support/ports.js';
import { asked, context, signals } from '../support/sandbox.js';

const before = { threadId: undefined, mark: NEW_THREAD, calls$: NEVER };

const flow = { t: true, f: false };
/** A codex that exits when it is cancelled. */
const attempt = (
  signal$: Observable<CodexSignal>,
  given: Partial<Ports>,
  isToolAlive = (): boolean => false,
) =>
  endAttempt(
    {
      version: () => '0.171.0',
      asked: () => asked,
      isToolAlive,
      signals: (cancel$) =>
        merge(
          signal$,
          cancel$.pipe(
            map(
              (cancelled: Cancel): CodexSignal => ({
                type: 'exited',
                code: 0,
                signal: null,
                stderr: '',
                cancelled,
              }),
            ),
          ),
        ),
    },
    NEVER,
    before,
    fakePorts(given).ports,
  );

/** The exit of a codex that was ended for this reason. */
const ended = (why: object) =>
  expect.objectContaining({
    type: 'exited',
    cancelled: { reason: 'deadline', graceMs: 5_000, ...why },
  });

describe('endAttempt', () => {
  const idle = { firstEvent: 0, idle: 3_000, command: 0, reconnect: 0, turn: 0 };
  const first = { ...idle, firstEvent: 3_000, idle: 0 };
  const short = `t ${'399ms f 599ms t '.repeat(6)}`;
  const long = 't 399ms f 1599ms t';

  it.each([
    ['idle', 'goes on in short pauses', idle, 'S', short, 'S 2999ms x'],
    ['idle', 'starts again after a long one', idle, 'S', long, 'S 4999ms x'],
    ['firstEvent', 'goes on in short pauses', first, '-', short, '- 2999ms x'],
    ['firstEvent', 'starts again after a long one', first, '-', long, '- 4999ms x'],
  ])(
    'ends a silent turn (%s) by a clock that %s',
    (deadline, _what, deadlines, silence, ready, expected) => {
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const source = cold(silence, signals);
        const unsub = '     6s !';
        const subs = '      ^ 5999ms !';
        const ready$ = cold(ready, flow).pipe(shareReplay({ bufferSize: 1, refCount: true }));

        expectObservable(attempt(source, { deadlines, ready$ }), unsub).toBe(expected, {
          ...signals,
          x: ended({ expired: { deadline, ms: 3_000 } }),
        });
        expectSubscriptions(source.subscriptions).toBe(subs);
      })();
    },
  );

  it(
    'leaves a silent turn to the limit of commands while a tool is alive',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  S', signals);
      const unsub = '        8s !';
      const subs = '         ^ 7999ms !';
      const expected = '     S 6999ms x';
      const deadlines = { ...idle, command: 7_000 };

      expectObservable(
        attempt(source, { deadlines }, () => true),
        unsub,
      ).toBe(expected, {
        ...signals,
        x: ended({ expired: { deadline: 'command', ms: 7_000 } }),
      });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'ends a turn whose sandbox is weaker than asked, and says why in its exit',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T-i---', signals);
      const unsub = '        -----!';
      const subs = '         ^----!';
      const expected = '     T-(ix)';
      const rolloutEnd$ = () => of({ end: 9, file: '1:1' });
      const rollout$ = () => of<Parsed>(context('workspace-write'));

      expectObservable(attempt(source, { rollout$, rolloutEnd$ }), unsub).toBe(expected, {
        ...signals,
        x: ended({ refused: expect.stringContaining('the sandbox is weaker than asked') }),
      });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});
