import { map, merge, NEVER, type Observable, of, Subject, shareReplay } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { CodexSignal } from '../../src/codex/events/signal.js';
import type { Asked } from '../../src/codex/permissions.js';
import type { Parsed } from '../../src/lines/parse-json.js';
import type { Ports } from '../../src/ports.js';
import type { Cancel } from '../../src/process/run.js';
import { endAttempt, watchSandbox } from '../../src/turn/end-attempt.js';
import { NEW_THREAD } from '../../src/turn/mirror-rollout.js';
import { marbles } from '../support/marbles.js';
import { fakePorts } from '../support/ports.js';
import { testUnsubscription } from '../support/unsubscription.js';

const signals: Record<string, CodexSignal> = {
  T: { type: 'thread.started', thread_id: 'T1' },
  S: { type: 'turn.started' },
  i: { type: 'item.started', item: { type: 'command_execution' } },
  x: { type: 'exited', code: 0, signal: null, stderr: '' },
};
const context = (type: string): Parsed => ({
  type: 'json',
  value: { type: 'turn_context', payload: { sandbox_policy: { type } } },
});
const records: Record<string, Parsed> = {
  m: { type: 'json', value: { type: 'session_meta', payload: {} } },
  r: context('read-only'),
  w: context('workspace-write'),
};
const asked: Asked = {
  sandbox: 'read-only',
  approval: undefined,
  model: undefined,
  cwd: undefined,
};
const before = { threadId: undefined, mark: NEW_THREAD };

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
          x: expect.objectContaining({ type: 'exited', expired: { deadline, ms: 3_000 } }),
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
        x: expect.objectContaining({ expired: { deadline: 'command', ms: 7_000 } }),
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
      const rollout$ = () => of<Parsed>(context('workspace-write'));

      expectObservable(attempt(source, { rollout$ }), unsub).toBe(expected, {
        ...signals,
        x: expect.objectContaining({
          type: 'exited',
          refused: expect.stringContaining('the sandbox is weaker than asked'),
        }),
      });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});

describe('watchSandbox', () => {
  it(
    'tells a weaker sandbox at the first item after the rollout shows it',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T-S-i----i---x|', signals);
      const first = cold('       m-|         ', records);
      const later = cold('            m-w-|  ', records);
      const subs = '         ^-------------!';
      const firstSubs = '    ----^-!        ';
      const laterSubs = '    ---------^-!   ';
      const weaker = '       -----------w---';
      const rollouts = [first, later];
      const weaker$ = new Subject<string>();
      const ports = { rollout$: () => rollouts.shift() ?? first };
      const watched = source.pipe(
        watchSandbox(
          () => asked,
          before,
          ports,
          () => weaker$.next('w'),
        ),
      );

      expectObservable(weaker$).toBe(weaker);
      expectObservable(watched).toBe('T-S-i----i---x|', signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(first.subscriptions).toBe(firstSubs);
      expectSubscriptions(later.subscriptions).toBe(laterSubs);
    }),
  );

  it(
    'reads no more once the sandbox is the one that was asked',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T-i--i-x|', signals);
      const rollout = cold('   r|     ', records);
      const subs = '         ^-------!';
      const rolloutSubs = '  --(^!)   ';
      const weaker$ = new Subject<string>();
      const ports = { rollout$: () => rollout };
      const watched = source.pipe(
        watchSandbox(
          () => asked,
          before,
          ports,
          () => weaker$.next('w'),
        ),
      );

      expectObservable(weaker$).toBe('---------');
      expectObservable(watched).toBe('T-i--i-x|', signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(rollout.subscriptions).toBe(rolloutSubs);
    }),
  );

  it(
    'looks ten times at most, and not while it looks',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T-i--ii--i--i--i--i--i--i--i--i--i--i-x|', signals);
      const rollout = cold('   m-|', records);
      const subs = '         ^--------------------------------------!';
      const looks = [2, 5, 9, 12, 15, 18, 21, 24, 27, 30];
      const watched = source.pipe(
        watchSandbox(
          () => asked,
          before,
          { rollout$: () => rollout },
          () => expect.fail(),
        ),
      );

      expectObservable(watched).toBe('T-i--ii--i--i--i--i--i--i--i--i--i--i-x|', signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(rollout.subscriptions).toBe(looks.map((at) => `${'-'.repeat(at)}^-!`));
    }),
  );

  it.each<[what: string, given: Asked | undefined]>([
    ['that the app-server runs', undefined],
    ['without a sandbox', { ...asked, sandbox: 'danger-full-access' }],
  ])('reads nothing for a turn %s', (_what, given) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T-i-x|', signals);
      const rollout = cold(' w|    ', records);
      const subs = '         ^----!';
      const ports = { rollout$: () => rollout };
      const watched = source.pipe(
        watchSandbox(
          () => given,
          before,
          ports,
          () => expect.fail(),
        ),
      );

      expectObservable(watched).toBe('T-i-x|', signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(rollout.subscriptions).toBe([]);
    })();
  });

  testUnsubscription(
    'TSi',
    signals,
    watchSandbox(
      () => asked,
      before,
      { rollout$: () => NEVER },
      () => undefined,
    ),
  );
});
