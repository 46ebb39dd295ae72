import { NEVER, type Observable, ReplaySubject, shareReplay } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { ServerExit } from '../../../src/codex/app-server/app-server.js';
import type { ServerNotification } from '../../../src/codex/app-server/notification.js';
import { AppServerError } from '../../../src/codex/app-server/rpc.js';
import { type AppTurnPlan, turnOnThread } from '../../../src/codex/app-server/turn-on-thread.js';
import type { CodexSignal } from '../../../src/codex/events/signal.js';
import { fakeAppServer, turnNotes } from '../../support/app-server.js';
import { marbles } from '../../support/marbles.js';
import { testUnsubscription } from '../../support/unsubscription.js';

/**
 * e is the end of another turn of the thread, o that of another thread; w is a warning of the
 * thread, v of another; k is a sign of life of the thread, l a message of its agent, m that of
 * another thread.
 */
const notes: Record<string, ServerNotification> = {
  ...turnNotes('T', 'U'),
  e: turnNotes('T', 'other').X,
  o: turnNotes('other', 'U').X,
  w: { method: 'warning', params: { threadId: 'T', message: 'careful' } },
  v: { method: 'warning', params: { threadId: 'other', message: 'careful' } },
  k: { method: 'alive', params: { threadId: 'T' } },
  l: turnNotes('agent', 'V').a,
  m: turnNotes('other', 'W').a,
};
const signals: Record<string, CodexSignal> = {
  S: { type: 'turn.started', turn_id: 'U' },
  k: { type: 'alive' },
  a: { type: 'item.piece', item: 'agent_message', text: 'Hello', first: true },
  g: { type: 'rollout.grew', completed: 0 },
  w: { type: 'item.completed', item: { type: 'error', message: 'careful' } },
  C: { type: 'turn.completed', usage: undefined },
};
/** u names the turn, x names none, r is any other answer. */
const answers: Record<string, unknown> = { u: { turn: { id: 'U' } }, x: { turn: {} }, r: {} };
const refused = new AppServerError('no active turn to interrupt');
const gone: Record<string, ServerExit> = { g: { code: null, signal: 'SIGKILL', stderr: '' } };

const plan: AppTurnPlan = {
  threadId: 'T',
  cwd: '/w',
  model: 'mine',
  sandbox: 'read-only',
  config: {},
  files: 'f',
  prompt: 'hello',
  images: ['/a.png', '/b.png'],
};
const INPUT = [
  { type: 'text', text: 'hello' },
  { type: 'localImage', path: '/a.png' },
  { type: 'localImage', path: '/b.png' },
];
const INTERRUPT = ['turn/interrupt', { threadId: 'T', turnId: 'U' }];
const CLEAN = ['thread/backgroundTerminals/clean', { threadId: 'T' }];

/**
 * An app-server with the thread T loaded. `left` is the background work of the turns; `work$`
 * replays its course.
 */
const serving = (...[source, answer, more]: Parameters<typeof fakeAppServer>) => {
  const fake = fakeAppServer(source, answer, more);
  fake.server.threads.set('T', { settings: '', marker: 'm', seen: new Map(), model: 'mine' });
  const left: Observable<unknown>[] = [];
  const work$ = new ReplaySubject<unknown>(1);
  const runInBackground = (work: Observable<unknown>): void => {
    left.push(work);
    work.subscribe(work$);
  };
  const turn = (cancelled$: Observable<unknown> = NEVER, how = plan) =>
    turnOnThread(fake.server, 'T', how, cancelled$, { runInBackground });
  return { ...fake, turn, left, work$ };
};

describe('turnOnThread', () => {
  it(
    'emits a sign of life when its thread or an agent below it says anything',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('  klS-k-l-m-C--', notes);
      const subs = '        ^---------!  ';
      const expected = '    --S-k-k---(C|)';
      const isAgentOf = (threadId: string, id: string): boolean =>
        threadId === 'T' && id === 'agent';
      const { turn } = serving(source, undefined, { isAgentOf });

      expectObservable(turn()).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits the signals of its turn, from its start to its end, and leaves no work',
    marbles(({ hot, expectObservable, expectSubscriptions, flush }) => {
      const source = hot('  -awS-v-w-eoa-C-a--', notes);
      const subs = '        ^------------!    ';
      const expected = '    ---S---(gw)ag(C|) ';
      const { turn, requests, left } = serving(source);

      expectObservable(turn()).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(requests).toEqual([['turn/start', { threadId: 'T', input: INPUT }]]);
      expect(left).toEqual([]);
    }),
  );

  it(
    'emits a whole turn that arrives at once',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('  --(SawC)  ', notes);
      const subs = '        ^-!       ';
      const expected = '    --(SagwC|)';
      const { turn } = serving(source);

      expectObservable(turn()).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it.each([
    ['names a model that the thread does not have', 'mine', 'yours', { model: 'yours' }],
    ['does not name the model that the thread has', 'mine', 'mine', {}],
    ['names no model when codex chooses', undefined, undefined, {}],
  ])('%s, and remembers it', (_, before, model, named) => {
    marbles(({ hot, expectObservable, expectSubscriptions, flush }) => {
      const source = hot('  -S-C-  ', notes);
      const subs = '        ^--!   ';
      const expected = '    -S-(C|)';
      const { turn, server, requests } = serving(source);
      server.threads.set('T', { settings: '', marker: 'm', seen: new Map(), model: before });

      expectObservable(turn(NEVER, { ...plan, model, images: [] })).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(requests).toEqual([
        ['turn/start', { threadId: 'T', input: [{ type: 'text', text: 'hello' }], ...named }],
      ]);
      expect(server.threads.get('T')?.model).toBe(model);
    })();
  });

  it(
    'names its model on an unknown thread',
    marbles(({ hot, expectObservable, expectSubscriptions, flush }) => {
      const source = hot('  -S-C-  ', notes);
      const subs = '        ^--!   ';
      const expected = '    -S-(C|)';
      const { turn, server, requests } = serving(source);
      server.threads.delete('T');

      expectObservable(turn()).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(requests).toEqual([['turn/start', { threadId: 'T', input: INPUT, model: 'mine' }]]);
    }),
  );

  it(
    'fails when codex refuses it, and keeps the model of the thread',
    marbles(({ hot, cold, expectObservable, expectSubscriptions, flush }) => {
      const source = hot('   ------', notes);
      const start = cold('   ---#  ', answers, new AppServerError('no such model'));
      const subs = '         ^--!  ';
      const expected = '     ---#  ';
      const { turn, server, left } = serving(source, () => start);

      expectObservable(turn(NEVER, { ...plan, model: 'yours' })).toBe(
        expected,
        signals,
        new AppServerError('no such model'),
      );
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(start.subscriptions).toBe(subs);
      flush();
      expect(server.threads.get('T')?.model).toBe('mine');
      expect(left).toEqual([]);
    }),
  );

  it(
    'fails 10 s after a request without an answer, and interrupts the turn if it begins later',
    marbles(({ hot, cold, expectObservable, expectSubscriptions, flush }) => {
      const source = hot('   ------', notes);
      const start = cold('   12s (u|)', answers);
      const subs = '         ^ 9999ms !';
      const expected = '     10s #';
      const { turn, requests, left, killed } = serving(source, (method) =>
        method === 'turn/start' ? start : undefined,
      );

      expectObservable(turn()).toBe(
        expected,
        signals,
        expect.objectContaining({
          message: expect.stringContaining('did not answer turn/start within 10000 ms'),
        }),
      );
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(start.subscriptions).toBe('^ 11999ms !');
      flush();
      expect(requests.slice(1)).toEqual([INTERRUPT]);
      expect([left, killed]).toEqual([[], []]);
    }),
  );

  it(
    'fails when the answer has no id',
    marbles(({ hot, cold, expectObservable, expectSubscriptions, flush }) => {
      const source = hot('   ------', notes);
      const start = cold('   ---(x|)', answers);
      const subs = '         ^--!  ';
      const expected = '     ---#  ';
      const { turn, left } = serving(source, () => start);

      expectObservable(turn()).toBe(
        expected,
        signals,
        new AppServerError('codex app-server began a turn without an id'),
      );
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(start.subscriptions).toBe(subs);
      flush();
      expect(left).toEqual([]);
    }),
  );

  it(
    'does not complete when the notifications do',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('  -S-a-|   ', notes);
      const cancel = '      --------!';
      const subs = '        ^----!   ';
      const leftSubs = '    --------(^!)';
      const expected = '    -S-a-----';
      const { turn } = serving(source);

      expectObservable(turn(), cancel).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe([subs, leftSubs]);
    }),
  );

  it(
    'starts another turn with each subscription',
    marbles((helpers) => {
      const { hot, expectObservable, expectSubscriptions, flush } = helpers;
      const source = hot('     -S-C---SaC--', notes);
      const later = '          ----^       ';
      const subs = '           ^--!        ';
      const laterSubs = '      ----^----!  ';
      const expected = '       -S-(C|)     ';
      const again = '          -------Sa(C|)';
      const { turn, asked } = serving(source);
      const turn$ = turn();
      expect(asked).toEqual([]);

      expectObservable(turn$).toBe(expected, signals);
      expectObservable(turn$, later).toBe(again, signals);
      expectSubscriptions(source.subscriptions).toBe([subs, laterSubs]);
      flush();
      expect(asked.filter((method) => method === 'turn/start')).toHaveLength(2);
    }),
  );

  testUnsubscription('Saw', notes, (notification$) =>
    turnOnThread(fakeAppServer(notification$).server, 'T', plan, NEVER, {
      runInBackground: () => undefined,
    }),
  );
});

describe('turnOnThread, after a lost line', () => {
  it.each([
    ['before', '--l---', '----T-'],
    ['after', '----l-', '--T---'],
  ])(
    'fails 2 s later, and leaves no work, when the line is lost %s its thread is idle',
    (_, lost, idle) => {
      marbles(({ hot, cold, expectObservable, expectSubscriptions, flush }) => {
        const source = hot('  -S--- 2s  --   ', notes);
        const subs = '        ^---- 1999ms ! ';
        const expected = '    -S--- 1999ms # ';
        const unreadable$ = cold(lost, { l: 'too long' });
        const idleThread$ = cold(idle);
        const { turn, left } = serving(source, undefined, { unreadable$, idleThread$ });

        expectObservable(turn()).toBe(expected, signals, new AppServerError('too long'));
        expectSubscriptions(source.subscriptions).toBe(subs);
        flush();
        expect(left).toEqual([]);
      })();
    },
  );

  it(
    'waits while the host does not read, and fails 2 s after that',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const source = hot('  -S------ 3s - 2s --   ', notes);
      const subs = '        ^------- 3s - 1999ms !';
      const ready = '       t----f 3s t           ';
      const expected = '    -S------ 3s - 1999ms #';
      const { turn } = serving(source, undefined, {
        unreadable$: cold('--l', { l: 'too long' }),
        idleThread$: cold('--T'),
        ready$: cold(ready, { t: true, f: false }).pipe(
          shareReplay({ bufferSize: 1, refCount: true }),
        ),
      });

      expectObservable(turn()).toBe(expected, signals, new AppServerError('too long'));
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it.each([
    ['no thread is idle', '--l-', '----'],
    ['another thread is idle', '--l-', '---o'],
    ['no line was lost', '----', '--T-'],
  ])('waits when %s', (_, lost, idle) => {
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const source = hot('  -S--- 2s C--   ', notes);
      const subs = '        ^---- 2s !     ';
      const expected = '    -S--- 2s (C|)  ';
      const { turn } = serving(source, undefined, {
        unreadable$: cold(lost, { l: 'too long' }),
        idleThread$: cold(idle),
      });

      expectObservable(turn()).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    })();
  });
});

describe('turnOnThread, cancelled', () => {
  it(
    'interrupts the turn once it has its id, once for each cancel, and waits for its end',
    marbles((helpers) => {
      const { hot, cold, expectObservable, expectSubscriptions, flush } = helpers;
      const source = hot('     ------S---X--', notes);
      const cancelled = cold(' -c-----c|    ');
      const start = cold('     ----(u|)     ', answers);
      const interrupt = cold('     --(r|)   ', answers);
      const subs = '           ^---------!  ';
      const startSubs = '      ^---!        ';
      const firstSubs = '      ----^-!      ';
      const secondSubs = '     -------^-!   ';
      const expected = '       ------S---|  ';
      const { turn, requests, left } = serving(source, (method) =>
        method === 'turn/start' ? start : interrupt,
      );

      expectObservable(turn(cancelled)).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(start.subscriptions).toBe(startSubs);
      expectSubscriptions(interrupt.subscriptions).toBe([firstSubs, secondSubs]);
      flush();
      expect(requests.slice(1)).toEqual([INTERRUPT, INTERRUPT]);
      expect(left).toEqual([]);
    }),
  );

  it(
    'tries to interrupt every 20 ms while codex refuses and the turn runs',
    marbles((helpers) => {
      const { hot, cold, expectObservable, expectSubscriptions, flush } = helpers;
      const source = hot('     -S- 20s C--  ', notes);
      const cancelled = cold(' --c          ');
      const interrupt = cold('   #          ', answers, refused);
      const cancel = '         --- 20s -!   ';
      const subs = '           ^-- 20s !    ';
      const expected = '       -S- 20s (C|) ';
      const { turn, asked } = serving(source, (method) =>
        method === 'turn/interrupt' ? interrupt : undefined,
      );

      expectObservable(turn(cancelled), cancel).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(interrupt.subscriptions).toBe(
        Array.from({ length: 1001 }, (_, i) => `${2 + i * 20}ms (^!)`),
      );
      flush();
      expect(asked).toHaveLength(1002);
    }),
  );

  it(
    'stops trying when the app-server has exited, and does not complete',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const source = hot('     -S- 50ms ---     ', notes);
      const cancelled = cold(' --c              ');
      const going = hot('      --- 20ms g       ', gone);
      const interrupt = cold('   #              ', answers, refused);
      const cancel = '         --- 50ms --!     ';
      const subs = '           ^-- 50ms --!     ';
      const leftSubs = '       --- 50ms --(^!)  ';
      const expected = '       -S               ';
      const drained = '        --- 50ms --|     ';
      const first = '          --(^!)           ';
      const second = '         -- 20ms (^!)     ';
      const exited$ = new ReplaySubject<ServerExit>(1);
      going.subscribe(exited$);
      const { turn, work$ } = serving(
        source,
        (method) => (method === 'turn/interrupt' ? interrupt : undefined),
        { exited$ },
      );

      expectObservable(turn(cancelled), cancel).toBe(expected, signals);
      expectObservable(work$).toBe(drained);
      expectSubscriptions(source.subscriptions).toBe([subs, leftSubs]);
      expectSubscriptions(interrupt.subscriptions).toBe([first, second]);
    }),
  );
});

describe('turnOnThread, unsubscribed', () => {
  it(
    'interrupts the turn, then cleans its thread, in the background',
    marbles((helpers) => {
      const { hot, cold, expectObservable, expectSubscriptions, flush } = helpers;
      const source = hot('     -S-a-----a---', notes);
      const cancelled = cold(' --|          ');
      const interrupt = cold('     --(r|)   ', answers);
      const clean = cold('           -(r|)  ', answers);
      const cancel = '         ----!        ';
      const subs = '           ^---!        ';
      const leftSubs = '       ----^-!      ';
      const cleanSubs = '      ------^!     ';
      const expected = '       -S-a         ';
      const drained = '        -------|     ';
      const { turn, requests, left, work$ } = serving(
        source,
        (method) =>
          ({ 'turn/interrupt': interrupt, 'thread/backgroundTerminals/clean': clean })[method],
      );

      expectObservable(turn(cancelled), cancel).toBe(expected, signals);
      expectObservable(work$).toBe(drained);
      expectSubscriptions(source.subscriptions).toBe([subs, leftSubs]);
      expectSubscriptions(interrupt.subscriptions).toBe(leftSubs);
      expectSubscriptions(clean.subscriptions).toBe(cleanSubs);
      flush();
      expect(requests.slice(1)).toEqual([INTERRUPT, CLEAN]);
      expect(left).toHaveLength(1);
    }),
  );

  it(
    'tries every 20 ms for 5 s, then kills the app-server and waits for its exit',
    marbles(({ hot, cold, expectObservable, expectSubscriptions, flush }) => {
      const source = hot('     -S- 12s C      ', notes);
      const exited$ = hot('      --- 5001ms g   ', gone);
      const interrupt = cold('   #            ', answers, refused);
      const cancel = '         --!            ';
      const subs = '           ^-!            ';
      const leftSubs = '       --^ 5001ms !   ';
      const expected = '       -S             ';
      const drained = '        --- 5001ms |   ';
      const { turn, asked, killed, work$ } = serving(
        source,
        (method) => (method === 'turn/interrupt' ? interrupt : undefined),
        { exited$ },
      );

      expectObservable(turn(), cancel).toBe(expected, signals);
      expectObservable(work$).toBe(drained);
      expectSubscriptions(source.subscriptions).toBe([subs, leftSubs]);
      expectSubscriptions(interrupt.subscriptions).toBe(
        Array.from({ length: 251 }, (_, i) => `${2 + i * 20}ms (^!)`),
      );
      flush();
      expect(killed).toEqual([true]);
      expect(asked.at(-1)).toBe('thread/backgroundTerminals/clean');
    }),
  );

  it(
    'stops trying at the end of its own turn',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const source = hot('     -S-eoa 30ms C-- ', notes);
      const interrupt = cold('   #             ', answers, refused);
      const cancel = '         --!             ';
      const subs = '           ^-!             ';
      const leftSubs = '       --^--- 30ms !   ';
      const expected = '       -S              ';
      const drained = '        ------ 30ms |   ';
      const first = '          --(^!)          ';
      const second = '         -- 20ms (^!)    ';
      const { turn, work$ } = serving(source, (method) =>
        method === 'turn/interrupt' ? interrupt : undefined,
      );

      expectObservable(turn(), cancel).toBe(expected, signals);
      expectObservable(work$).toBe(drained);
      expectSubscriptions(source.subscriptions).toBe([subs, leftSubs]);
      expectSubscriptions(interrupt.subscriptions).toBe([first, second]);
    }),
  );

  it(
    'stops trying when the app-server has exited',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const source = hot('     -S--------', notes);
      const exited$ = hot('      -----g    ', gone);
      const interrupt = cold('   -------', answers);
      const cancel = '         --!       ';
      const subs = '           ^-!       ';
      const leftSubs = '       --^--!    ';
      const expected = '       -S        ';
      const drained = '        -----|    ';
      const { turn, work$ } = serving(
        source,
        (method) => (method === 'turn/interrupt' ? interrupt : undefined),
        { exited$ },
      );

      expectObservable(turn(), cancel).toBe(expected, signals);
      expectObservable(work$).toBe(drained);
      expectSubscriptions(source.subscriptions).toBe([subs, leftSubs]);
      expectSubscriptions(interrupt.subscriptions).toBe(leftSubs);
    }),
  );

  it(
    'cleans the thread of a turn that codex refuses afterwards',
    marbles(({ hot, cold, expectObservable, expectSubscriptions, flush }) => {
      const source = hot('     ---------', notes);
      const start = cold('     -----#   ', answers, new AppServerError('no such model'));
      const cancel = '         --!      ';
      const subs = '           ^-!      ';
      const startSubs = '      ^----!   ';
      const leftSubs = '       --^--!   ';
      const expected = '       --       ';
      const drained = '        -----|   ';
      const { turn, requests, work$ } = serving(source, (method) =>
        method === 'turn/start' ? start : undefined,
      );

      expectObservable(turn(), cancel).toBe(expected, signals);
      expectObservable(work$).toBe(drained);
      expectSubscriptions(source.subscriptions).toBe([subs, leftSubs]);
      expectSubscriptions(start.subscriptions).toBe(startSubs);
      flush();
      expect(requests.slice(1)).toEqual([CLEAN]);
    }),
  );
});
