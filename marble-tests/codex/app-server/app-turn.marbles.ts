import {
  concat,
  ignoreElements,
  NEVER,
  type Observable,
  of,
  ReplaySubject,
  throwError,
} from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { ServerExit } from '../../../src/codex/app-server/app-server.js';
import { appTurn } from '../../../src/codex/app-server/app-turn.js';
import type { ServerNotification } from '../../../src/codex/app-server/notification.js';
import { AppServerError } from '../../../src/codex/app-server/rpc.js';
import type { CodexSignal } from '../../../src/codex/events/signal.js';
import type { Cancel } from '../../../src/process/run.js';
import { fakeAppServer, turnNotes } from '../../support/app-server.js';
import { type Marbles, marbles } from '../../support/marbles.js';
import { testUnsubscription } from '../../support/unsubscription.js';

/** Small letters belong to another thread, `e` is the end of an earlier turn. */
const notes: Record<string, ServerNotification> = {
  ...turnNotes('T', 'U'),
  ...Object.fromEntries(
    Object.entries(turnNotes('other', 'U')).map(([letter, note]) => [
      { S: 's', a: 'o', C: 'c', X: 'x' }[letter] ?? '',
      note,
    ]),
  ),
  e: turnNotes('T', 'earlier').C,
};

const cancel: Cancel = { reason: 'host', graceMs: 9 };
const deadline: Cancel = { reason: 'deadline', graceMs: 50 };
const exited = { type: 'exited', isCodex: true, code: 0, signal: null, stderr: '' } as const;
const signals: Record<string, CodexSignal> = {
  T: { type: 'thread.started', thread_id: 'T' },
  S: { type: 'turn.started', turn_id: 'U' },
  a: { type: 'item.piece', item: 'agent_message', text: 'Hello', first: true },
  C: { type: 'turn.completed', usage: undefined },
  F: { type: 'turn.failed', error: { message: 'no rollout found' } },
  x: exited,
  i: { ...exited, stderr: 'Error: the turn was interrupted' },
  c: { ...exited, cancelled: cancel },
  k: { ...exited, code: null, signal: 'SIGKILL' },
  K: { ...exited, code: null, signal: 'SIGKILL', cancelled: cancel },
};

const plan = {
  threadId: 'T',
  cwd: '/w',
  model: undefined,
  sandbox: 'danger-full-access',
  config: {},
  files: 'f',
  prompt: 'hello',
  images: ['/a.png'],
};
const quiet = ({ cold }: Marbles): Observable<Cancel> => cold('', {});
const file = (): string => 'same';
const runInBackground = (work$: Observable<unknown>): void => void work$.subscribe();
const options = { fileOf: file, changeOf: () => undefined, runInBackground };
const ALL = [
  'config/read',
  'model/list',
  'thread/resume',
  'turn/start',
  'thread/backgroundTerminals/clean',
];

describe('appTurn', () => {
  it(
    'resumes the thread, and emits the signals of its own turn until its end',
    marbles((helpers) => {
      const { hot, expectObservable, expectSubscriptions, flush } = helpers;
      const source = hot('  -sS-oe-a--cC---', notes);
      const subs = '        ^----------!   ';
      const expected = '    T-S----a---(Cx|)';
      const { server, asked } = fakeAppServer(source);

      expectObservable(appTurn(server, plan, quiet(helpers), options)).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(asked).toEqual(ALL);
    }),
  );

  it(
    'starts a new thread, and remembers the state of its rollout',
    marbles((helpers) => {
      const { hot, expectObservable, expectSubscriptions, flush } = helpers;
      const source = hot('  --S-C---', notes);
      const subs = '        ^---!   ';
      const expected = '    T-S-(Cx|)';
      const { server, asked } = fakeAppServer(source);

      expectObservable(
        appTurn(server, { ...plan, threadId: undefined }, quiet(helpers), options),
      ).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(asked).toEqual(['thread/start', 'turn/start', 'thread/backgroundTerminals/clean']);
      expect(server.threads.get('T')).toMatchObject({ file: 'same' });
    }),
  );

  it(
    'forgets the state of a rollout that was replaced after its first item',
    marbles((helpers) => {
      const { hot, expectObservable, expectSubscriptions, flush } = helpers;
      const source = hot('  --S----a--C---', notes);
      const subs = '        ^---------!   ';
      const expected = '    T-S----a--(Cx|)';
      const { server } = fakeAppServer(source);
      const states = ['7:10:1'];
      const fileOf = (): string => states.shift() ?? '8:10:2';
      const turn$ = appTurn(server, { ...plan, threadId: undefined }, quiet(helpers), {
        ...options,
        fileOf,
      });

      expectObservable(turn$).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(server.threads.get('T')).toMatchObject({ open: '7', file: undefined });
    }),
  );

  it(
    'unloads and resumes a loaded thread whose rollout has changed',
    marbles((helpers) => {
      const { hot, expectObservable, expectSubscriptions, flush } = helpers;
      const source = hot('  --S-C---', notes);
      const subs = '        ^---!   ';
      const expected = '    T-S-(Cx|)';
      const { server, asked } = fakeAppServer(source);
      server.threads.set('T', {
        settings: JSON.stringify(['/w', 'danger-full-access', {}, 'f', true]),
        marker: 'm',
        seen: new Map(),
        model: undefined,
        file: 'other',
      });

      expectObservable(appTurn(server, plan, quiet(helpers), options)).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(asked).toEqual(['thread/unsubscribe', ...ALL]);
    }),
  );

  it(
    'starts the turn at once when the thread is loaded with the same settings',
    marbles((helpers) => {
      const { hot, expectObservable, expectSubscriptions, flush } = helpers;
      const source = hot('  --S-C---', notes);
      const subs = '        ^---!   ';
      const expected = '    T-S-(Cx|)';
      const { server, asked } = fakeAppServer(source);
      server.threads.set('T', {
        settings: JSON.stringify(['/w', 'danger-full-access', {}, 'f', true]),
        marker: 'm',
        seen: new Map(),
        model: undefined,
        file: 'same',
      });

      expectObservable(appTurn(server, plan, quiet(helpers), options)).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(asked).toEqual(ALL.slice(3));
    }),
  );

  it(
    'emits turn.failed when the thread cannot be opened',
    marbles((helpers) => {
      const { cold, expectObservable, expectSubscriptions } = helpers;
      const source = cold(' --S-C---', notes);
      const subs: string[] = [];
      const expected = '    (Fx|)   ';
      const { server } = fakeAppServer(source, (method) =>
        method === 'thread/resume'
          ? throwError(() => new AppServerError('no rollout found'))
          : undefined,
      );

      expectObservable(appTurn(server, plan, quiet(helpers), options)).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'interrupts a cancelled turn until codex accepts that, and completes with its end',
    marbles((helpers) => {
      const { hot, cold, expectObservable, expectSubscriptions, flush } = helpers;
      const source = hot('   --S-a- 30ms X---', notes);
      const asking = cold('  -----c          ', { c: { ...cancel, graceMs: 100 } });
      const subs = '         ^----- 30ms !   ';
      const expected = '     T-S-a- 30ms (c|)';
      let tries = 0;
      const { server, asked, killed } = fakeAppServer(source, (method) => {
        if (method !== 'turn/interrupt') return undefined;
        tries += 1;
        return tries === 1
          ? throwError(() => new AppServerError('no active turn to interrupt'))
          : of({});
      });

      expectObservable(appTurn(server, plan, asking, options)).toBe(expected, {
        ...signals,
        c: { ...exited, cancelled: { ...cancel, graceMs: 100 } },
      });
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(asked.filter((method) => method === 'turn/interrupt')).toHaveLength(2);
      expect(killed).toEqual([]);
    }),
  );

  it(
    'kills the app-server when a cancelled turn outlives its grace period',
    marbles((helpers) => {
      const { hot, cold, expectObservable, expectSubscriptions, flush } = helpers;
      const source = hot('   --S-a--------------', notes);
      const asking = cold('  -----c             ', { c: cancel });
      const gone = hot('     ---------------g---', {
        g: { code: null, signal: 'SIGKILL', stderr: '' },
      });
      const subs = '         ^--------------!   ';
      const endSubs = '      ---------------(^!)';
      const expected = '     T-S-a----------(K|)';
      const { server, killed } = fakeAppServer(source, undefined, { exited$: gone });

      expectObservable(appTurn(server, plan, asking, options)).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe([subs, endSubs]);
      flush();
      expect(killed).toEqual([true]);
    }),
  );

  it(
    'emits the exit of the app-server when that exits before the end of the turn',
    marbles((helpers) => {
      const { hot, expectObservable, expectSubscriptions } = helpers;
      const source = hot('   --S-a---|    ', notes);
      const gone = hot('     ---------g---', { g: { code: null, signal: 'SIGKILL', stderr: '' } });
      const subs = '         ^-------!    ';
      const endSubs = '      ---------(^!)';
      const expected = '     T-S-a----(k|)';
      const { server } = fakeAppServer(source, undefined, { exited$: gone });

      expectObservable(appTurn(server, plan, quiet(helpers), options)).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe([subs, endSubs]);
    }),
  );

  it(
    'reports an interrupt by somebody else on stderr of the exit',
    marbles((helpers) => {
      const { hot, expectObservable, expectSubscriptions } = helpers;
      const source = hot('   --S-X---', notes);
      const subs = '         ^---!   ';
      const expected = '     T-S-(i|)';
      const { server } = fakeAppServer(source);

      expectObservable(appTurn(server, plan, quiet(helpers), options)).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'interrupts the turn when unsubscribed, then cleans its thread',
    marbles((helpers) => {
      const { hot, expectObservable, expectSubscriptions, flush } = helpers;
      const source = hot('   --S-a-----C', notes);
      const unsub = '        ------!    ';
      const subs = '         ^-----!    ';
      const endSubs = '      ------(^!) ';
      const expected = '     T-S-a      ';
      const { server, asked } = fakeAppServer(source);

      expectObservable(appTurn(server, plan, quiet(helpers), options), unsub).toBe(
        expected,
        signals,
      );
      expectSubscriptions(source.subscriptions).toBe([subs, endSubs]);
      flush();
      expect(asked.slice(-2)).toEqual(['turn/interrupt', 'thread/backgroundTerminals/clean']);
    }),
  );

  it(
    'waits for an app-server that sends nothing',
    marbles((helpers) => {
      const { hot, expectObservable, expectSubscriptions } = helpers;
      const source = hot('   ---------', notes);
      const unsub = '        --------!';
      const subs = '         ^-------!';
      const endSubs = '      --------(^!)';
      const expected = '     T--------';
      const { server } = fakeAppServer(source);

      expectObservable(appTurn(server, plan, quiet(helpers), options), unsub).toBe(
        expected,
        signals,
      );
      expectSubscriptions(source.subscriptions).toBe([subs, endSubs]);
    }),
  );

  it(
    'completes at once when it is cancelled before its new thread is open, and unloads that',
    marbles((helpers) => {
      const { cold, hot, expectObservable, expectSubscriptions, flush } = helpers;
      const source = hot('   ---------------', notes);
      const asking = cold('  ---c           ', { c: cancel });
      const subs: string[] = [];
      const expected = '     ---(c|)        ';
      const { server, asked, killed } = fakeAppServer(source, (method) =>
        method === 'thread/start' ? cold('------(t|)', { t: { thread: { id: 'T' } } }) : undefined,
      );

      expectObservable(appTurn(server, { ...plan, threadId: undefined }, asking, options)).toBe(
        expected,
        signals,
      );
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(asked).toEqual(['thread/start', 'thread/unsubscribe']);
      expect(killed).toEqual([]);
    }),
  );

  it(
    'forgets the settings of a thread when it is cancelled before the thread is resumed',
    marbles((helpers) => {
      const { cold, hot, expectObservable, expectSubscriptions, flush } = helpers;
      const source = hot('   ---------------', notes);
      const asking = cold('  ---c           ', { c: cancel });
      const subs: string[] = [];
      const expected = '     ---(c|)        ';
      const { server } = fakeAppServer(source, (method) =>
        method === 'thread/resume' ? NEVER : undefined,
      );

      expectObservable(appTurn(server, plan, asking, options)).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(server.threads.get('T')).toMatchObject({ settings: '' });
    }),
  );

  it(
    'tries again to resume a thread that is closing',
    marbles((helpers) => {
      const { hot, expectObservable, expectSubscriptions } = helpers;
      const source = hot('   --------------- 10ms S--C-', notes);
      const subs = '         20ms ^-------!            ';
      const expected = '     20ms T----S--(Cx|)        ';
      let tries = 0;
      const closing = (method: string) =>
        method === 'thread/resume' && tries++ < 2
          ? throwError(() => new AppServerError('thread T is closing; retry'))
          : undefined;
      const { server } = fakeAppServer(source, closing);

      expectObservable(appTurn(server, plan, quiet(helpers), options)).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits turn.failed when its end was lost with a line that was too long',
    marbles((helpers) => {
      const { hot, cold, expectObservable, expectSubscriptions } = helpers;
      const source = hot('   --S--- 2s ---', notes);
      const lost = cold('    ----l        ', { l: 'too long' });
      const idle = cold('    ---o-T       ', { o: 'other', T: 'T' });
      const subs = '         ^----- 1999ms !   ';
      const expected = '     T-S--- 1999ms (Fx|)';
      const { server } = fakeAppServer(source, undefined, { unreadable$: lost, idleThread$: idle });

      expectObservable(appTurn(server, plan, quiet(helpers), options)).toBe(expected, {
        ...signals,
        F: { type: 'turn.failed', error: { message: 'too long' } },
      });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'continues when the lost line was not its end',
    marbles((helpers) => {
      const { hot, cold, expectObservable, expectSubscriptions } = helpers;
      const source = hot('   --S---C---', notes);
      const lost = cold('    ----l     ', { l: 'too long' });
      const idle = cold('    -----T    ', { T: 'T' });
      const subs = '         ^-----!   ';
      const expected = '     T-S---(Cx|)';
      const { server } = fakeAppServer(source, undefined, { unreadable$: lost, idleThread$: idle });

      expectObservable(appTurn(server, plan, quiet(helpers), options)).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'interrupts a turn that was unsubscribed before codex has named it, in the background',
    marbles((helpers) => {
      const { hot, cold, expectObservable, expectSubscriptions, flush } = helpers;
      const source = hot('   --------- 20ms ----', notes);
      const unsub = '        --!                ';
      const firstSubs = '    ^-!                ';
      const endSubs = '      --^------ 20ms !   ';
      const first = '        T                  ';
      const drained = '      --------- 20ms |   ';
      let tries = 0;
      const { server, asked } = fakeAppServer(source, (method) => {
        if (method === 'turn/start') return cold('---------(t|)', { t: { turn: { id: 'U' } } });
        return method === 'turn/interrupt' && tries++ === 0
          ? throwError(() => new AppServerError('no active turn to interrupt'))
          : undefined;
      });
      const work$ = new ReplaySubject<unknown>(1);
      const owner = (work: Observable<unknown>): void => void work.subscribe(work$);

      expectObservable(
        appTurn(server, plan, quiet(helpers), { ...options, runInBackground: owner }),
        unsub,
      ).toBe(first, signals);
      expectObservable(work$).toBe(drained);
      expectSubscriptions(source.subscriptions).toBe([firstSubs, endSubs]);
      flush();
      expect(asked.slice(3)).toEqual([
        'turn/start',
        'turn/interrupt',
        'turn/interrupt',
        'thread/backgroundTerminals/clean',
      ]);
    }),
  );

  it(
    'goes on cleaning its thread when unsubscribed, and holds the thread until then',
    marbles((helpers) => {
      const { hot, cold, expectObservable, expectSubscriptions } = helpers;
      const source = hot('   --S--C-------------', notes);
      const cleaning = cold('     ------|       ');
      const unsub = '        -------!           ';
      const subs = '         ^----!             ';
      const cleanSubs = '    -----^-----!       ';
      const expected = '     T-S--C             ';
      const drained = '      -----------|       ';
      const unused = '       ----------- 10s T--';
      const stop = '         ----------- 10s --!';
      const { server } = fakeAppServer(source, undefined, {
        interruptAgents$: () => cleaning.pipe(ignoreElements()),
      });
      const work$ = new ReplaySubject<unknown>(1);
      const owner = (work: Observable<unknown>): void => void work.subscribe(work$);

      expectObservable(server.threads.unused$, stop).toBe(unused);
      expectObservable(
        appTurn(server, plan, quiet(helpers), { ...options, runInBackground: owner }),
        unsub,
      ).toBe(expected, signals);
      expectObservable(work$).toBe(drained);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(cleaning.subscriptions).toBe(cleanSubs);
    }),
  );

  it.each([
    ['host', []],
    ['shutdown', [true]],
  ] as const)('under back-pressure, a cancel by the %s kills %j', (reason, kills) => {
    marbles((helpers) => {
      const { hot, cold, expectObservable, expectSubscriptions, flush } = helpers;
      const source = hot('   --S-------------- 1s -', notes);
      const asking = cold('  -----c                 ', { c: { ...cancel, reason } });
      const unsub = '        ----------------- 1s !';
      const subs = '         ^---------------- 1s !';
      const endSubs = '      ----------------- 1s (^!)';
      const expected = '     T-S-------------- 1s -';
      const { server, killed } = fakeAppServer(source, undefined, {
        ready$: concat(of(false), NEVER),
      });

      expectObservable(appTurn(server, plan, asking, options), unsub).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe([subs, endSubs]);
      flush();
      expect(killed).toEqual(kills);
    })();
  });

  it(
    'holds its thread until its end',
    marbles((helpers) => {
      const { hot, expectObservable, expectSubscriptions } = helpers;
      const source = hot('  --S 10s C------------', notes);
      const subs = '        ^-- 10s !            ';
      const expected = '    T-S 10s (Cx|)        ';
      const unused = '      --- 10s ---- 9996ms T-';
      const unsub = '       --- 10s ---- 9996ms -!';
      const { server } = fakeAppServer(source);

      expectObservable(server.threads.unused$, unsub).toBe(unused);
      expectObservable(appTurn(server, plan, quiet(helpers), options)).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'ends alone at a deadline before its thread is open, and says that the app-server is stuck',
    marbles((helpers) => {
      const { hot, cold, expectObservable, expectSubscriptions, flush } = helpers;
      const source = hot('  --------', notes);
      const asking = cold(' ----d---', { d: deadline });
      const expected = '    ----(D|)';
      const answer = (method: string) => (method === 'thread/resume' ? NEVER : undefined);
      const { server, killed } = fakeAppServer(source, answer);
      const stuck: true[] = [];

      expectObservable(
        appTurn(server, plan, asking, { ...options, onStuck: () => void stuck.push(true) }),
      ).toBe(expected, { D: { ...exited, cancelled: deadline } });
      expectSubscriptions(source.subscriptions).toBe([]);
      expectSubscriptions(asking.subscriptions).toBe('^---!');
      flush();
      expect([stuck, killed]).toEqual([[true], []]);
    }),
  );

  it.each([
    ['by itself', '', '10s !', 'T 9999ms (Fx|)', {}],
    ['when it is cancelled meanwhile', '-----c', '10s !', 'T 9999ms (Fx|)', { cancelled: cancel }],
  ])(
    'fails alone 10 s after a turn/start that codex does not answer, %s',
    (_, asked, subs, expected, more) => {
      marbles((helpers) => {
        const { hot, cold, expectObservable, expectSubscriptions, flush } = helpers;
        const source = hot('- 11s -', notes);
        const answer = (method: string) => (method === 'turn/start' ? NEVER : undefined);
        const { server, killed } = fakeAppServer(source, answer);
        const stuck: true[] = [];

        expectObservable(
          appTurn(server, plan, cold(asked, { c: cancel }), {
            ...options,
            onStuck: () => void stuck.push(true),
          }),
        ).toBe(expected, {
          ...signals,
          F: {
            type: 'turn.failed',
            error: { message: expect.stringContaining('did not answer turn/start within 10000') },
          },
          x: { ...exited, ...more },
        });
        expectSubscriptions(source.subscriptions).toBe(`^ ${subs.replace('10s', '9999ms')}`);
        flush();
        expect([stuck, killed]).toEqual([[true], []]);
      })();
    },
  );

  it.each([
    ['9 ms after a cancel', '--S-c', 9, 'T-S- 9ms (e|)'],
    ['4 ms after a shutdown that follows a cancel', '--S-cs', 4, 'T-S-- 4ms (e|)'],
  ])('kills the app-server %s that does not end the turn', (_, steps, graceMs, expected) => {
    marbles((helpers) => {
      const { hot, expectObservable, expectSubscriptions } = helpers;
      const source = hot('  --S 20ms -', notes);
      const shutdown: Cancel = { reason: 'shutdown', graceMs: 4 };
      const asking = hot(steps.replace('S', '-'), { c: cancel, s: shutdown });
      const exited$ = new ReplaySubject<ServerExit>(1);
      const kill = (): void => exited$.next({ code: null, signal: 'SIGKILL', stderr: '' });
      const { server } = fakeAppServer(source, undefined, { exited$, kill });

      expectObservable(appTurn(server, plan, asking, options)).toBe(expected, {
        ...signals,
        e: { ...exited, code: null, signal: 'SIGKILL', cancelled: cancel },
      });
      expectSubscriptions(asking.subscriptions).toBe(
        `^${'-'.repeat(steps.length - 2)} ${graceMs}ms !`,
      );
    })();
  });

  it(
    'notes every signal for the record, except the pieces',
    marbles((helpers) => {
      const { hot, expectObservable, expectSubscriptions, flush } = helpers;
      const source = hot('  --S-a-C---', notes);
      const subs = '        ^-----!   ';
      const expected = '    T-S-a-(Cx|)';
      const noted: unknown[] = [];
      const onNotice = (notice: unknown): void => void noted.push(notice);
      const { server } = fakeAppServer(source);

      expectObservable(appTurn(server, plan, quiet(helpers), { ...options, onNotice })).toBe(
        expected,
        signals,
      );
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(noted).toEqual([
        { raw: signals['T'] },
        { raw: signals['S'] },
        { raw: signals['C'] },
        { exited: { code: 0, signal: null } },
      ]);
    }),
  );

  testUnsubscription('Sae', notes, (notification$) =>
    appTurn(fakeAppServer(notification$).server, plan, NEVER, {
      ...options,
      runInBackground: () => undefined,
    }),
  );
});
