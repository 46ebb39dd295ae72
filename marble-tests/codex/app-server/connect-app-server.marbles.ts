import { mergeMap, NEVER, of, Subject, tap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { AppServer, ServerProcess } from '../../../src/codex/app-server/app-server.js';
import { connectAppServer } from '../../../src/codex/app-server/connect-app-server.js';
import { AppServerError } from '../../../src/codex/app-server/rpc.js';
import type { ExitStatus } from '../../../src/process/start.js';
import { turnNotes } from '../../support/app-server.js';
import { type Marbles, marbles } from '../../support/marbles.js';
import { testUnsubscription } from '../../support/unsubscription.js';

const line = (frame: unknown): Uint8Array => Buffer.from(`${JSON.stringify(frame)}\n`);
const notes = turnNotes('T', 'U');
/**
 * h answers `initialize`, r the next request, a and C are notifications, i an idle thread, q a
 * request of the app-server, m no JSON, l a line over the bound, L a
 * limit of the account, M the same without windows.
 */
const chunks: Record<string, Uint8Array> = {
  h: line({ id: 0, result: {} }),
  e: line({ id: 0, error: { message: 'not now' } }),
  r: line({ id: 1, result: 'ok' }),
  a: line(notes.a),
  C: line(notes.C),
  L: line({
    method: 'account/rateLimits/updated',
    params: { rateLimits: { primary: { usedPercent: 100, resetsAt: 9 }, secondary: null } },
  }),
  M: line({
    method: 'account/rateLimits/updated',
    params: { rateLimits: { primary: null, secondary: null } },
  }),
  i: line({
    method: 'thread/status/changed',
    params: { threadId: 'T', status: { type: 'idle' } },
  }),
  q: line({ id: 9, method: 'item/tool/call', params: {} }),
  m: Buffer.from('what?\n'),
  l: Buffer.from(`${'x'.repeat(600)}\n`),
};
const BEGUN = line({
  method: 'turn/started',
  params: { threadId: 'T', turn: { id: 'U' } },
});
const statuses: Record<string, ExitStatus> = {
  x: { code: 1, signal: null },
  k: { code: null, signal: 'SIGKILL' },
};
const INITIALIZE = {
  id: 0,
  method: 'initialize',
  params: {
    clientInfo: { name: 'plexum', title: 'Plexum', version: '1' },
    capabilities: { experimentalApi: true },
  },
};

/** An app-server on a fake process: `frames` are the written frames, `events` kills and logs. */
const connecting = ({ hot }: Marbles, stdout: string, more: Partial<ServerProcess> = {}) => {
  const stdout$ = hot(stdout, chunks);
  return { stdout$, ...connectTo({ stdout$, ...more }) };
};

const connectTo = (more: Pick<ServerProcess, 'stdout$'> & Partial<ServerProcess>) => {
  const frames: unknown[] = [];
  const events: string[] = [];
  const server$ = connectAppServer(
    {
      root: { pid: -2, startTime: 0, marker: '', seen: new Map(), left: new Map() },
      stderr$: NEVER,
      exit$: NEVER,
      close$: NEVER,
      write: (text) => void frames.push(JSON.parse(text)),
      kill: () => void events.push('kill'),
      ...more,
    },
    {
      version: '1',
      ready$: of(true),
      maxLineBytes: 500,
      log: (level, message) => void events.push(`${level} ${message}`),
      runInBackground: (work$) => void work$.subscribe(),
    },
  );
  return { server$, frames, events };
};
const isServer = { s: expect.objectContaining({ kill: expect.any(Function) }) };

describe('connectAppServer', () => {
  // codex does not answer a frame with a lone surrogate.
  it(
    'writes well-formed frames',
    marbles((helpers) => {
      const stdout = '            --h--r---  ';
      const unsub = '             --------!  ';
      const subs = '              ^-------!  ';
      const { server$, stdout$, frames } = connecting(helpers, stdout);
      const asked$ = server$.pipe(
        mergeMap(({ request$ }) =>
          request$('turn/start', { text: 'half \uD83D', deep: ['\uDCA5'] }),
        ),
      );

      helpers.expectObservable(asked$, unsub).toBe('-----k---', { k: 'ok' });
      helpers.expectSubscriptions(stdout$.subscriptions).toBe(subs);
      helpers.flush();
      expect(frames.at(-1)).toEqual({
        id: 1,
        method: 'turn/start',
        params: { text: 'half \uFFFD', deep: ['\uFFFD'] },
      });
    }),
  );

  it(
    'emits the app-server when it has answered, and completes when the process has exited',
    marbles((helpers) => {
      const close$ = helpers.hot('---------x  ', statuses);
      const stdout = '            --h-a-C---  ';
      const subs = '              ^--------!  ';
      const expected = '          --s------|  ';
      const { server$, stdout$, frames, events } = connecting(helpers, stdout, { close$ });

      helpers.expectObservable(server$).toBe(expected, isServer);
      helpers.expectSubscriptions(stdout$.subscriptions).toBe(subs);
      helpers.flush();
      expect(frames).toEqual([INITIALIZE, { method: 'initialized' }]);
      expect(events).toEqual([]);
    }),
  );

  it(
    'keeps the last reset of the limit that the app-server has said',
    marbles((helpers) => {
      const close$ = helpers.hot('---------x', statuses);
      const stdout = '            --h-L-M---';
      const subs = '              ^--------!';
      const expected = '          --s------|';
      const { server$, stdout$ } = connecting(helpers, stdout, { close$ });
      const after: (() => number | undefined)[] = [];
      const seen$ = server$.pipe(tap(({ resetsAt }) => void after.push(resetsAt)));

      helpers.expectObservable(seen$).toBe(expected, isServer);
      helpers.expectSubscriptions(stdout$.subscriptions).toBe(subs);
      helpers.flush();
      expect(after.map((resetsAt) => resetsAt())).toEqual([9_000]);
    }),
  );

  it(
    'fails with the reason when the process exits before it has answered',
    marbles((helpers) => {
      const close$ = helpers.hot(' -----x', statuses);
      const stderr$ = helpers.hot('--e---', { e: Buffer.from('Error: no auth\n') });
      const subs = '               ^----!';
      const expected = '           -----#';
      const { server$, stdout$ } = connecting(helpers, '------', { close$, stderr$ });

      helpers.expectObservable(server$).toBe(
        expected,
        isServer,
        expect.objectContaining({
          message: 'codex app-server exited with code 1: Error: no auth',
          exited: { type: 'exited', code: 1, signal: null, stderr: 'Error: no auth\n' },
        }),
      );
      helpers.expectSubscriptions(stdout$.subscriptions).toBe(subs);
    }),
  );

  it(
    'says what the process wrote on stderr when it does not answer',
    marbles((helpers) => {
      const stderr$ = helpers.hot('--e---', { e: Buffer.from('waiting for a login\n') });
      const subs = '     ^ 19999ms !';
      const expected = ' 20000ms #';
      const { server$, stdout$ } = connecting(helpers, '- 21s -', { stderr$ });

      helpers
        .expectObservable(server$)
        .toBe(
          expected,
          isServer,
          new AppServerError(
            'codex app-server said nothing for 20000 ms; it wrote on stderr: waiting for a login',
          ),
        );
      helpers.expectSubscriptions(stdout$.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails after 20 s without an answer',
    marbles((helpers) => {
      const subs = '     ^ 19999ms !';
      const expected = ' 20000ms #';
      const { server$, stdout$ } = connecting(helpers, '- 21s -');

      helpers
        .expectObservable(server$)
        .toBe(expected, isServer, new AppServerError('codex app-server said nothing for 20000 ms'));
      helpers.expectSubscriptions(stdout$.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails when codex refuses to initialize',
    marbles((helpers) => {
      const subs = '     ^-!';
      const expected = ' --#';
      const { server$, stdout$, frames } = connecting(helpers, '--e');

      helpers.expectObservable(server$).toBe(expected, isServer, new AppServerError('not now'));
      helpers.expectSubscriptions(stdout$.subscriptions).toBe(subs);
      helpers.flush();
      expect(frames).toEqual([INITIALIZE]);
    }),
  );

  it(
    'kills the process 5 s after its stdout has closed',
    marbles((helpers) => {
      const close$ = helpers.hot('----- 5s -k  ', statuses);
      const stdout = '            --h-|        ';
      const subs = '              ^---!        ';
      const expected = '          --s-- 5s -|  ';
      const killed = '            ---- 5s k    ';
      const kill$ = helpers.hot(' ---- 5s k    ');
      const { server$, stdout$, events } = connecting(helpers, stdout, { close$ });
      const before: number[] = [];

      helpers.expectObservable(server$).toBe(expected, isServer);
      helpers.expectObservable(kill$.pipe(tap(() => before.push(events.length)))).toBe(killed);
      helpers.expectSubscriptions(stdout$.subscriptions).toBe(subs);
      helpers.flush();
      expect(before).toEqual([0]);
      expect(events).toEqual(['kill']);
    }),
  );

  it(
    'refuses requests of the app-server, and logs lines that it cannot read',
    marbles((helpers) => {
      const cancel = '   --------!';
      const subs = '     ^-------!';
      const expected = ' -h-------';
      const { server$, stdout$, frames, events } = connecting(helpers, '-hqm-l---');

      helpers.expectObservable(server$, cancel).toBe(expected, { h: isServer.s });
      helpers.expectSubscriptions(stdout$.subscriptions).toBe(subs);
      helpers.flush();
      expect(frames.slice(2)).toEqual([
        { id: 9, error: { code: -32601, message: 'item/tool/call is not answered here' } },
      ]);
      expect(events).toEqual([
        'warning codex app-server wrote what cannot be read: not JSON: what?',
        'warning codex app-server wrote what cannot be read: a line of 600 bytes is over the bound; max_line_bytes in config.json is 500',
      ]);
    }),
  );

  it(
    'stops reading when unsubscribed, before codex has answered',
    marbles((helpers) => {
      const cancel = '   --!  ';
      const subs = '     ^-!  ';
      const expected = ' -----';
      const { server$, stdout$, frames } = connecting(helpers, '----h');

      helpers.expectObservable(server$, cancel).toBe(expected);
      helpers.expectSubscriptions(stdout$.subscriptions).toBe(subs);
      helpers.flush();
      expect(frames).toEqual([INITIALIZE]);
    }),
  );

  testUnsubscription(
    'hai',
    chunks,
    (stdout$, helpers) => connecting(helpers, '-', { stdout$ }).server$,
  );
});

describe('connectAppServer, of the running app-server', () => {
  it.each<[string, string, (server: AppServer) => ReturnType<AppServer['request$']>, string]>([
    ['emits notifications', '-h-a--C', ({ notification$ }) => notification$, '---a--C'],
    ['emits idle threads', '  -h-i-a', ({ idleThread$ }) => idleThread$, '---T--'],
    ['emits unreadable lines', '-h-m', ({ unreadable$ }) => unreadable$, '---m'],
    ['answers requests', '-h-r', ({ request$ }) => request$('a', {}), '---r'],
  ])('%s', (_, stdout, use, expected) => {
    marbles((helpers) => {
      const { server$, stdout$ } = connecting(helpers, stdout);

      helpers.expectObservable(server$.pipe(mergeMap(use)), '-------!').toBe(expected, {
        a: notes.a,
        C: notes.C,
        T: 'T',
        m: 'codex app-server wrote what cannot be read: not JSON: what?',
        r: 'ok',
      });
      helpers.expectSubscriptions(stdout$.subscriptions).toBe('^------!');
    })();
  });

  it(
    'fails open requests 5 s after a line that it cannot read',
    marbles((helpers) => {
      const stdout = '   -h--m       ';
      const cancel = '   ---- 6s !   ';
      const subs = '     ^--- 5s !   ';
      const expected = ' ---- 5s #   ';
      const { server$, stdout$ } = connecting(helpers, stdout);
      const answer$ = server$.pipe(mergeMap(({ request$ }) => request$('a', {})));

      helpers
        .expectObservable(answer$, cancel)
        .toBe(
          expected,
          undefined,
          new AppServerError('codex app-server wrote what cannot be read: not JSON: what?'),
        );
      helpers.expectSubscriptions(stdout$.subscriptions).toBe(subs);
    }),
  );

  it('keeps one clock for the lines that it cannot read, however many there are', () => {
    const clocks = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const stdout$ = new Subject<Uint8Array>();
    const { server$ } = connectTo({ stdout$ });
    const before = clocks();
    const subscription = server$
      .pipe(mergeMap(({ request$ }) => request$('turn/start', {})))
      .subscribe();
    stdout$.next(line({ id: 0, result: {} }));
    for (let nth = 0; nth < 100; nth += 1) stdout$.next(Buffer.from('what?\n'));
    const during = clocks();
    subscription.unsubscribe();

    expect(during - before).toBeLessThan(10);
    expect(stdout$.observed).toBe(false);
  });

  it(
    'fails a request that comes after the exit, and replays the exit',
    marbles((helpers) => {
      const close$ = helpers.hot('----k  ', statuses);
      const exit = { code: null, signal: 'SIGKILL', stderr: '' };
      const { server$, stdout$ } = connecting(helpers, '   -h-----', { close$ });
      const servers: AppServer[] = [];
      const late = helpers.cold('------l');
      const server = (): AppServer => servers[0] ?? expect.fail('it has not started');

      helpers
        .expectObservable(server$.pipe(tap((one) => void servers.push(one))))
        .toBe('-h--|', { h: isServer.s });
      helpers
        .expectObservable(late.pipe(mergeMap(() => server().exited$)))
        .toBe('------x', { x: exit });
      helpers
        .expectObservable(late.pipe(mergeMap(() => server().request$('a', {}))))
        .toBe('------#', undefined, new AppServerError('codex app-server was ended by SIGKILL'));
      helpers.expectSubscriptions(stdout$.subscriptions).toBe(['^---!', '------(^!)']);
    }),
  );

  it.each<[string, string, Uint8Array, string]>([
    ['the last words of stderr', '-h----', new Uint8Array(), ': out of luck'],
    ['nothing once a turn has begun, whose words they may be', '-hb---', BEGUN, ''],
  ])('says of an exit %s', (_, stdout, b, words) => {
    marbles((helpers) => {
      const close$ = helpers.hot(' ----x ', statuses);
      const stderr$ = helpers.hot('---e--', { e: Buffer.from('hm\nout of luck\n') });
      const stdout$ = helpers.hot(stdout, { ...chunks, b });
      const subs = '               ^---! ';
      const expected = '           ----# ';
      const { server$ } = connectTo({ stdout$, close$, stderr$ });
      const asked$ = server$.pipe(mergeMap(({ request$ }) => request$('thread/start', {})));
      const reason = `codex app-server exited with code 1${words}`;

      helpers.expectObservable(asked$).toBe(expected, undefined, new AppServerError(reason));
      helpers.expectSubscriptions(stdout$.subscriptions).toBe(subs);
    })();
  });

  it(
    'unloads a thread 10 s after its last turn',
    marbles((helpers) => {
      const stdout = '   -h---        ';
      const cancel = '   ---- 10s --! ';
      const subs = '     ^--- 10s --! ';
      const { server$, stdout$, frames } = connecting(helpers, stdout);
      const times: number[] = [];
      const look$ = helpers.hot('-- 9999ms -a').pipe(tap(() => times.push(frames.length)));
      const use$ = server$.pipe(
        tap(({ threads }) => {
          threads.set('T', { settings: '', marker: '', seen: new Map(), model: undefined });
          threads.hold('T')();
        }),
      );

      helpers.expectObservable(use$, cancel).toBe('-h', { h: isServer.s });
      helpers.expectObservable(look$).toBe('      -- 9999ms -a');
      helpers.expectSubscriptions(stdout$.subscriptions).toBe(subs);
      helpers.flush();
      expect(frames.slice(2)).toEqual([
        { id: 1, method: 'thread/unsubscribe', params: { threadId: 'T' } },
      ]);
      expect(times).toEqual([3]);
    }),
  );
});
