import { finalize, NEVER, type Observable, of, ReplaySubject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { ServerExit } from '../../../src/codex/app-server/app-server.js';
import type { ServerNotification } from '../../../src/codex/app-server/notification.js';
import type { ServerLease } from '../../../src/codex/app-server/server-lease.js';
import {
  type SharedTurnOptions,
  turnOnSharedServer,
} from '../../../src/codex/app-server/turn-on-shared-server.js';
import type { CodexSignal } from '../../../src/codex/events/signal.js';
import type { Cancel } from '../../../src/process/run.js';
import { fakeAppServer, turnNotes } from '../../support/app-server.js';
import { marbles } from '../../support/marbles.js';
import { testUnsubscription } from '../../support/unsubscription.js';

/** Codex's words for a login that the API refuses. */
const refusal = 'unexpected status 401 Unauthorized';
const limit = "You've hit your usage limit.";
/** F is a turn whose login was refused, E one that failed for another reason. */
const notes: Record<string, ServerNotification> = {
  ...turnNotes('T', 'U'),
  F: failed(refusal),
  E: failed('the disk is full'),
  L: failed(limit),
};
function failed(message: string): ServerNotification {
  return {
    method: 'turn/completed',
    params: { threadId: 'T', turn: { id: 'U', status: 'failed', error: { message } } },
  };
}
const cancels: Record<string, Cancel> = {
  c: { reason: 'host', graceMs: 9 },
  l: { reason: 'host', graceMs: 1_000 },
  s: { reason: 'shutdown', graceMs: 9 },
};
const exited = { type: 'exited', code: 0, signal: null, stderr: '' } as const;
const killed = {
  type: 'exited',
  isCodex: true,
  code: null,
  signal: 'SIGKILL',
  stderr: '',
} as const;
const signals: Record<string, CodexSignal> = {
  T: { type: 'thread.started', thread_id: 'T' },
  S: { type: 'turn.started', turn_id: 'U' },
  C: { type: 'turn.completed', usage: undefined },
  F: { type: 'turn.failed', error: { message: refusal } },
  E: { type: 'turn.failed', error: { message: 'the disk is full' } },
  L: { type: 'turn.failed', error: { message: limit } },
  x: { ...exited, isCodex: true },
  n: { ...exited, code: null, cancelled: { reason: 'host', graceMs: 9 } },
  k: { ...killed, cancelled: { reason: 'host', graceMs: 1_000 } },
  K: { ...killed, cancelled: { reason: 'shutdown', graceMs: 9 } },
};
const plan = {
  threadId: 'T',
  cwd: '/w',
  model: undefined,
  sandbox: 'danger-full-access',
  config: {},
  files: 'f',
  prompt: 'hello',
  images: [],
};

/** A lease of a fake app-server; `calls` are its effects in order. */
const leasing = (
  notification$: Observable<ServerNotification>,
  { version = '0.169.0', more = {} }: { version?: string; more?: object } = {},
) => {
  const calls: string[] = [];
  const { server } = fakeAppServer(notification$, undefined, more);
  const lease: ServerLease = {
    server,
    version,
    hold: (work$) => {
      calls.push('hold');
      return work$.pipe(finalize(() => calls.push('release')));
    },
    retire: () => void calls.push('retire'),
  };
  const options: SharedTurnOptions = {
    planFor: (planned) => {
      calls.push(`plan ${planned ?? ''}`);
      return plan;
    },
    fileOf: () => undefined,
    changeOf: () => undefined,
    withLock: (source$) => {
      calls.push('lock');
      return source$;
    },
    runInBackground: (work$) => void work$.subscribe(),
    isLoginHidden: () => false,
  };
  return { values: { l: lease }, options, calls };
};

describe('turnOnSharedServer', () => {
  it(
    'watches the hooks from the first signal of codex to the end of the turn at the latest',
    marbles(({ hot, cold, expectObservable, expectSubscriptions, flush }) => {
      const source = hot('   -----S--C---', notes);
      const { values, options } = leasing(source);
      const lease = cold('   --l---------', values);
      const leaseSubs = '    ^-------!   ';
      const subs = '         --^-----!   ';
      const watch = cold<never>('---------', {});
      const watchSubs = '    --^-----!   ';
      const expected = '     --T--S--(Cx|)';
      const places: string[] = [];
      const watchHooks: SharedTurnOptions['watchHooks'] = (_server, { cwd }) => {
        places.push(cwd);
        return watch;
      };

      expectObservable(turnOnSharedServer(lease, NEVER, { ...options, watchHooks })).toBe(
        expected,
        signals,
      );
      expectSubscriptions(lease.subscriptions).toBe(leaseSubs);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(watch.subscriptions).toBe(watchSubs);
      flush();
      expect(places).toEqual(['/w']);
    }),
  );

  it(
    'runs the turn once it has an app-server, and gives that back with the end of the turn',
    marbles(({ hot, cold, expectObservable, expectSubscriptions, flush }) => {
      const source = hot('   -----S--C---', notes);
      const { values, options, calls } = leasing(source);
      const lease = cold('   --l---------', values);
      const leaseSubs = '    ^-------!   ';
      const subs = '         --^-----!   ';
      const expected = '     --T--S--(Cx|)';

      expectObservable(turnOnSharedServer(lease, NEVER, options)).toBe(expected, signals);
      expectSubscriptions(lease.subscriptions).toBe(leaseSubs);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(calls).toEqual(['plan 0.169.0', 'hold', 'release']);
    }),
  );

  it(
    'emits the exit at once when it is cancelled before it has an app-server',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const { values, options, calls } = leasing(NEVER);
      const lease = cold('   -----l', values);
      const cancel = cold('  --c---', cancels);
      const subs = '         ^-!   ';
      const expected = '     --(n|)';

      expectObservable(turnOnSharedServer(lease, cancel, options)).toBe(expected, signals);
      expectSubscriptions(lease.subscriptions).toBe(subs);
      expectSubscriptions(cancel.subscriptions).toBe(subs);
      flush();
      expect(calls).toEqual([]);
    }),
  );

  it(
    'starts no app-server for a turn that was cancelled before',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const { values, options } = leasing(NEVER);
      const lease = cold('   l   ', values);
      const expected = '     (n|)';

      expectObservable(
        turnOnSharedServer(lease, of({ reason: 'host', graceMs: 9 } as const), options),
      ).toBe(expected, signals);
      expectSubscriptions(lease.subscriptions).toBe([]);
    }),
  );

  it(
    'fails when the app-server cannot start',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const { values, options } = leasing(NEVER);
      const lease = cold('   --#', values, new Error('no'));
      const subs = '         ^-!';
      const expected = '     --#';

      expectObservable(turnOnSharedServer(lease, NEVER, options)).toBe(
        expected,
        signals,
        new Error('no'),
      );
      expectSubscriptions(lease.subscriptions).toBe(subs);
    }),
  );

  it.each([
    ['retires an app-server whose login was refused', 'F', false, ['retire']],
    ['retires one at its usage limit when no file shows another login', 'L', true, ['retire']],
    ['keeps an app-server at its usage limit when a file shows another login', 'L', false, []],
    ['keeps an app-server after another failure', 'E', true, []],
    ['keeps an app-server after a completed turn', 'C', true, []],
  ])('%s', (_, end, isLoginHidden, retired) => {
    marbles(({ hot, cold, expectObservable, expectSubscriptions, flush }) => {
      const source = hot(`   --S-${end}`, notes);
      const { values, options, calls } = leasing(source);
      const lease = cold('   l----', values);
      const subs = '         ^---!';
      const expected = `     T-S-(${end}x|)`;

      expectObservable(
        turnOnSharedServer(lease, NEVER, { ...options, isLoginHidden: () => isLoginHidden }),
      ).toBe(expected, signals);
      expectSubscriptions(lease.subscriptions).toBe(subs);
      flush();
      expect(calls.filter((call) => call === 'retire')).toEqual(retired);
    })();
  });

  it(
    'adds the reset of the limit to a failure',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const source = hot('   --S-E', notes);
      const { values, options } = leasing(source, { more: { resetsAt: () => 7_000 } });
      const lease = cold('   l----', values);
      const subs = '         ^---!';
      const expected = '     T-S-(Ex|)';
      const error = { message: 'the disk is full', resetsAt: 7_000 };

      expectObservable(turnOnSharedServer(lease, NEVER, options)).toBe(expected, {
        ...signals,
        E: { type: 'turn.failed', error },
      });
      expectSubscriptions(lease.subscriptions).toBe(subs);
    }),
  );

  it.each([
    ['locks the workspace for a codex without a writer lock', '0.135.0', ['plan 0.135.0', 'lock']],
    ['does not lock the workspace for a newer codex', '0.150.0', ['plan 0.150.0']],
  ])('%s', (_, version, expectedCalls) => {
    marbles(({ hot, cold, expectObservable, expectSubscriptions, flush }) => {
      const source = hot('   --S-C', notes);
      const { values, options, calls } = leasing(source, { version });
      const lease = cold('   l----', values);
      const subs = '         ^---!';
      const expected = '     T-S-(Cx|)';

      expectObservable(turnOnSharedServer(lease, NEVER, options)).toBe(expected, signals);
      expectSubscriptions(lease.subscriptions).toBe(subs);
      flush();
      expect(calls.slice(0, -2)).toEqual(expectedCalls);
    })();
  });

  it.each([
    ['a second after a cancel', '---c', 'T-S 1s (k|)', '^-- 1s !'],
    ['after the grace period of a shutdown', '---s', 'T-S 9ms (K|)', '^-- 9ms !'],
  ])('kills the app-server %s', (_, cancel, expected, subs) => {
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const source = hot('   --S-- 2s --', notes);
      // The process exits at the moment of the kill.
      const exited$ = new ReplaySubject<ServerExit>(1);
      const kill = (): void => exited$.next({ code: null, signal: 'SIGKILL', stderr: '' });
      const { values, options } = leasing(source, { more: { exited$, kill } });
      const lease = cold('   l----', values);

      expectObservable(turnOnSharedServer(lease, cold(cancel, cancels), options)).toBe(
        expected,
        signals,
      );
      expectSubscriptions(lease.subscriptions).toBe(subs);
    })();
  });

  it(
    'keeps the app-server for the work that an unsubscribed turn leaves',
    marbles(({ hot, cold, expectObservable, expectSubscriptions, flush }) => {
      const source = hot('   --S-------C', notes);
      const { values, options, calls } = leasing(source);
      const lease = cold('   l----------', values);
      const cancel = '       -----!     ';
      const subs = '         ^----!     ';
      const expected = '     T-S--------';

      expectObservable(turnOnSharedServer(lease, NEVER, options), cancel).toBe(expected, signals);
      expectSubscriptions(lease.subscriptions).toBe(subs);
      flush();
      expect(calls).toEqual(['plan 0.169.0', 'hold', 'release']);
    }),
  );

  const { values, options } = leasing(NEVER);
  testUnsubscription('lll', values, (lease$) =>
    turnOnSharedServer(lease$, NEVER, { ...options, runInBackground: () => undefined }),
  );
});
