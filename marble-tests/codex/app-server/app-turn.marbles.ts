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
import { appTurn } from '../../../src/codex/app-server/app-turn.js';
import type { ServerNotification } from '../../../src/codex/app-server/notification.js';
import { AppServerError } from '../../../src/codex/app-server/rpc.js';
import type { CodexSignal } from '../../../src/codex/events/signal.js';
import type { Cancel } from '../../../src/process/run.js';
import { served, turnNotes } from '../../support/app-server.js';
import { type Marbles, marbles } from '../../support/marbles.js';

/** Small letters are another thread's, `e` is the end of an earlier turn. */
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
const exited = { type: 'exited', isCodex: true, code: 0, signal: null, stderr: '' } as const;
const signals: Record<string, CodexSignal> = {
  T: { type: 'thread.started', thread_id: 'T' },
  S: { type: 'turn.started' },
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
const options = { fileOf: file, runInBackground };
const ALL = [
  'config/read',
  'model/list',
  'thread/resume',
  'turn/start',
  'thread/backgroundTerminals/clean',
];

describe('appTurn', () => {
  it(
    'resumes the thread, and says what is of its turn, to the end',
    marbles((helpers) => {
      const { hot, expectObservable, expectSubscriptions, flush } = helpers;
      const source = hot('  -sS-oe-a--cC---', notes);
      const subs = '        ^----------!   ';
      const expected = '    T-S----a---(Cx|)';
      const { server, asked } = served(source);

      expectObservable(appTurn(server, plan, quiet(helpers), options)).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(asked).toEqual(ALL);
    }),
  );

  it(
    'begins a new thread, and remembers the state of its file',
    marbles((helpers) => {
      const { hot, expectObservable, expectSubscriptions, flush } = helpers;
      const source = hot('  --S-C---', notes);
      const subs = '        ^---!   ';
      const expected = '    T-S-(Cx|)';
      const { server, asked } = served(source);

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
    'lets go of a loaded thread whose file somebody has changed, and reads it again',
    marbles((helpers) => {
      const { hot, expectObservable, expectSubscriptions, flush } = helpers;
      const source = hot('  --S-C---', notes);
      const subs = '        ^---!   ';
      const expected = '    T-S-(Cx|)';
      const { server, asked } = served(source);
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
    'asks for nothing when the thread is loaded as it should be',
    marbles((helpers) => {
      const { hot, expectObservable, expectSubscriptions, flush } = helpers;
      const source = hot('  --S-C---', notes);
      const subs = '        ^---!   ';
      const expected = '    T-S-(Cx|)';
      const { server, asked } = served(source);
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
    'is a failed turn when the thread cannot be opened',
    marbles((helpers) => {
      const { cold, expectObservable, expectSubscriptions } = helpers;
      const source = cold(' --S-C---', notes);
      const subs: string[] = [];
      const expected = '    (Fx|)   ';
      const { server } = served(source, (method) =>
        method === 'thread/resume'
          ? throwError(() => new AppServerError('no rollout found'))
          : undefined,
      );

      expectObservable(appTurn(server, plan, quiet(helpers), options)).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'interrupts the turn when it is cancelled, again and again until it is heard, and ends with it',
    marbles((helpers) => {
      const { hot, cold, expectObservable, expectSubscriptions, flush } = helpers;
      const source = hot('   --S-a- 30ms X---', notes);
      const asking = cold('  -----c          ', { c: { ...cancel, graceMs: 100 } });
      const subs = '         ^----- 30ms !   ';
      const expected = '     T-S-a- 30ms (c|)';
      let tries = 0;
      const { server, asked, killed } = served(source, (method) => {
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
    'ends the app-server when it does not end a cancelled turn in time',
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
      const { server, killed } = served(source, undefined, { exited$: gone });

      expectObservable(appTurn(server, plan, asking, options)).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe([subs, endSubs]);
      flush();
      expect(killed).toEqual([true]);
    }),
  );

  it(
    'ends with the app-server when that goes',
    marbles((helpers) => {
      const { hot, expectObservable, expectSubscriptions } = helpers;
      const source = hot('   --S-a---|    ', notes);
      const gone = hot('     ---------g---', { g: { code: null, signal: 'SIGKILL', stderr: '' } });
      const subs = '         ^-------!    ';
      const endSubs = '      ---------(^!)';
      const expected = '     T-S-a----(k|)';
      const { server } = served(source, undefined, { exited$: gone });

      expectObservable(appTurn(server, plan, quiet(helpers), options)).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe([subs, endSubs]);
    }),
  );

  it(
    'says so when somebody else interrupts it',
    marbles((helpers) => {
      const { hot, expectObservable, expectSubscriptions } = helpers;
      const source = hot('   --S-X---', notes);
      const subs = '         ^---!   ';
      const expected = '     T-S-(i|)';
      const { server } = served(source);

      expectObservable(appTurn(server, plan, quiet(helpers), options)).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'interrupts the turn when it is unsubscribed, and waits for nothing',
    marbles((helpers) => {
      const { hot, expectObservable, expectSubscriptions, flush } = helpers;
      const source = hot('   --S-a-----C', notes);
      const unsub = '        ------!    ';
      const subs = '         ^-----!    ';
      const endSubs = '      ------(^!) ';
      const expected = '     T-S-a      ';
      const { server, asked } = served(source);

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
    'waits with an app-server that says nothing',
    marbles((helpers) => {
      const { hot, expectObservable, expectSubscriptions } = helpers;
      const source = hot('   ---------', notes);
      const unsub = '        --------!';
      const subs = '         ^-------!';
      const endSubs = '      --------(^!)';
      const expected = '     T--------';
      const { server } = served(source);

      expectObservable(appTurn(server, plan, quiet(helpers), options), unsub).toBe(
        expected,
        signals,
      );
      expectSubscriptions(source.subscriptions).toBe([subs, endSubs]);
    }),
  );

  it(
    'that is cancelled while its thread begins ends at once, and lets the thread go when it comes',
    marbles((helpers) => {
      const { cold, hot, expectObservable, expectSubscriptions, flush } = helpers;
      const source = hot('   ---------------', notes);
      const asking = cold('  ---c           ', { c: cancel });
      const subs: string[] = [];
      const expected = '     ---(c|)        ';
      const { server, asked, killed } = served(source, (method) =>
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
    'that is cancelled while its thread is read does not know how it is loaded',
    marbles((helpers) => {
      const { cold, hot, expectObservable, expectSubscriptions, flush } = helpers;
      const source = hot('   ---------------', notes);
      const asking = cold('  ---c           ', { c: cancel });
      const subs: string[] = [];
      const expected = '     ---(c|)        ';
      const { server } = served(source, (method) =>
        method === 'thread/resume' ? NEVER : undefined,
      );

      expectObservable(appTurn(server, plan, asking, options)).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(server.threads.get('T')).toMatchObject({ settings: '' });
    }),
  );

  it(
    'waits for a thread that is closing',
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
      const { server } = served(source, closing);

      expectObservable(appTurn(server, plan, quiet(helpers), options)).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails when its end was lost with a line that was too long',
    marbles((helpers) => {
      const { hot, cold, expectObservable, expectSubscriptions } = helpers;
      const source = hot('   --S--- 1s ---', notes);
      const lost = cold('    ----l        ', { l: 'too long' });
      const idle = cold('    ---o-T       ', { o: 'other', T: 'T' });
      const subs = '         ^----- 999ms !   ';
      const expected = '     T-S--- 999ms (Fx|)';
      const { server } = served(source, undefined, { unreadable$: lost, idleThread$: idle });

      expectObservable(appTurn(server, plan, quiet(helpers), options)).toBe(expected, {
        ...signals,
        F: { type: 'turn.failed', error: { message: 'too long' } },
      });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'goes on when what was lost was not its end',
    marbles((helpers) => {
      const { hot, cold, expectObservable, expectSubscriptions } = helpers;
      const source = hot('   --S---C---', notes);
      const lost = cold('    ----l     ', { l: 'too long' });
      const idle = cold('    -----T    ', { T: 'T' });
      const subs = '         ^-----!   ';
      const expected = '     T-S---(Cx|)';
      const { server } = served(source, undefined, { unreadable$: lost, idleThread$: idle });

      expectObservable(appTurn(server, plan, quiet(helpers), options)).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'interrupts a turn that was given up before codex has begun it, and tells when that is done',
    marbles((helpers) => {
      const { hot, cold, expectObservable, expectSubscriptions, flush } = helpers;
      const source = hot('   --------- 20ms ----', notes);
      const unsub = '        --!                ';
      const firstSubs = '    ^-!                ';
      const endSubs = '      --^------ 20ms !   ';
      const first = '        T                  ';
      const settled = '      --------- 20ms |   ';
      let tries = 0;
      const { server, asked } = served(source, (method) => {
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
      expectObservable(work$).toBe(settled);
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
    'goes on with the end of its commands when it is unsubscribed meanwhile, and holds its thread until then',
    marbles((helpers) => {
      const { hot, cold, expectObservable, expectSubscriptions } = helpers;
      const source = hot('   --S--C-------------', notes);
      const cleaning = cold('     ------|       ');
      const unsub = '        -------!           ';
      const subs = '         ^----!             ';
      const cleanSubs = '    -----^-----!       ';
      const expected = '     T-S--C             ';
      const settled = '      -----------|       ';
      const unused = '       ----------- 10s T--';
      const stop = '         ----------- 10s --!';
      const { server } = served(source, undefined, {
        interruptAgents$: () => cleaning.pipe(ignoreElements()),
      });
      const work$ = new ReplaySubject<unknown>(1);
      const owner = (work: Observable<unknown>): void => void work.subscribe(work$);

      expectObservable(server.threads.unused$, stop).toBe(unused);
      expectObservable(
        appTurn(server, plan, quiet(helpers), { ...options, runInBackground: owner }),
        unsub,
      ).toBe(expected, signals);
      expectObservable(work$).toBe(settled);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(cleaning.subscriptions).toBe(cleanSubs);
    }),
  );

  it.each([
    ['host', []],
    ['shutdown', [true]],
  ] as const)('a cancel by the %s while the host does not read kills %j', (reason, kills) => {
    marbles((helpers) => {
      const { hot, cold, expectObservable, expectSubscriptions, flush } = helpers;
      const source = hot('   --S-------------- 1s -', notes);
      const asking = cold('  -----c                 ', { c: { ...cancel, reason } });
      const unsub = '        ----------------- 1s !';
      const subs = '         ^---------------- 1s !';
      const endSubs = '      ----------------- 1s (^!)';
      const expected = '     T-S-------------- 1s -';
      const { server, killed } = served(source, undefined, { ready$: concat(of(false), NEVER) });

      expectObservable(appTurn(server, plan, asking, options), unsub).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe([subs, endSubs]);
      flush();
      expect(killed).toEqual(kills);
    })();
  });

  it(
    'holds its thread as long as it lasts',
    marbles((helpers) => {
      const { hot, expectObservable, expectSubscriptions } = helpers;
      const source = hot('  --S 10s C------------', notes);
      const subs = '        ^-- 10s !            ';
      const expected = '    T-S 10s (Cx|)        ';
      const unused = '      --- 10s ---- 9996ms T-';
      const unsub = '       --- 10s ---- 9996ms -!';
      const { server } = served(source);

      expectObservable(server.threads.unused$, unsub).toBe(unused);
      expectObservable(appTurn(server, plan, quiet(helpers), options)).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});
