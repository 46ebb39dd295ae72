import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable, Writable } from 'node:stream';
import {
  EMPTY,
  map,
  mergeMap,
  NEVER,
  type Observable,
  of,
  Subject,
  shareReplay,
  take,
  tap,
} from 'rxjs';
import { afterAll, describe, expect, it } from 'vitest';
import { AppServerError } from '../../../src/codex/app-server/rpc.js';
import {
  type StartOptions,
  startAppServer,
} from '../../../src/codex/app-server/start-app-server.js';
import type { StartedTree } from '../../../src/process/process-control.js';
import type { ProcessRun } from '../../../src/process/run.js';
import { type ExitStatus, SpawnError } from '../../../src/process/start.js';
import { type Marbles, marbles } from '../../support/marbles.js';
import { quietRun } from '../../support/ports.js';
import { testSynchronousStop } from '../../support/unsubscription.js';

const parent = mkdtempSync(path.join(tmpdir(), 'plexum-start-app-server-'));
const folder = path.join(parent, 'records');
afterAll(() => {
  rmSync(parent, { recursive: true });
});

/** h answers `initialize`, e refuses it. */
const chunks: Record<string, Buffer> = {
  h: Buffer.from(`${JSON.stringify({ id: 0, result: {} })}\n`),
  e: Buffer.from(`${JSON.stringify({ id: 0, error: { message: 'not now' } })}\n`),
};
const statuses: Record<string, ExitStatus> = { x: { code: 0, signal: null } };
const flow = { t: true, f: false };

/** A Node stream whose data arrives in virtual time. */
const streamOf = (chunk$: Observable<Buffer>): Readable => {
  const stream = new Readable({ read: () => undefined });
  chunk$.subscribe({
    next: (chunk) => stream.emit('data', chunk),
    error: (error: unknown) => expect.unreachable(String(error)),
  });
  return stream;
};

/** Emits `w` for each write, and `e` when it is closed. */
class Stdin extends Writable {
  readonly #effect$: Subject<string>;
  constructor(effect$: Subject<string>) {
    super({
      write: (_chunk, _encoding, done) => {
        effect$.next('w');
        done();
      },
    });
    this.#effect$ = effect$;
  }
  override end(): this {
    this.#effect$.next('e');
    return super.end();
  }
}

interface Lines {
  readonly stdout?: string;
  readonly exit?: string;
  readonly tree?: string;
}

/**
 * A process of marbles. `effect$` emits `w` for a frame on stdin, `e` when stdin is closed, `i` for
 * SIGINT, `k` for SIGKILL to the tree and `B` when the work in the background completes.
 */
const processOf = (
  { hot, cold }: Marbles,
  { stdout = '-', exit = '-', tree }: Lines,
  options: Partial<StartOptions> = {},
) => {
  const effect$ = new Subject<string>();
  const exit$ = hot(exit, statuses).pipe(take(1), shareReplay({ bufferSize: 1, refCount: false }));
  const root = {
    pid: -2,
    startTime: 7,
    marker: 'A=b',
    seen: new Map<number, number>(),
    left: new Map<number, number>(),
  };
  const stdin = new Stdin(effect$);
  const tree$ = tree === undefined ? EMPTY : cold<never>(tree);
  const started: StartedTree = {
    root,
    child: {
      pid: root.pid,
      stdin,
      stdout: streamOf(hot(stdout, chunks)),
      stderr: streamOf(NEVER),
      exit$,
      close$: exit$,
    },
    control: {
      exit$,
      interrupt: () => effect$.next('i'),
      kill: () => {
        effect$.next('k');
        return 0;
      },
      killUntilGone$: tree$,
    },
  };
  const startOptions: StartOptions = {
    version: '1',
    ready$: of(true),
    maxLineBytes: 500,
    log: () => undefined,
    runInBackground: (work$) =>
      void work$.subscribe({
        complete: () => effect$.next('B'),
        error: (error: unknown) => expect.unreachable(String(error)),
      }),
    recordsFolder: folder,
    ...options,
  };
  const start = (source$: Observable<string>, runs: ProcessRun[] = []) =>
    startAppServer(quietRun, startOptions, (run) => {
      runs.push(run);
      return source$.pipe(map(() => started));
    });
  return { effect$, started, start };
};
const isServer = { s: expect.objectContaining({ kill: expect.any(Function) }) };

describe('startAppServer', () => {
  it(
    'emits the app-server when it has answered, and completes when the process has exited',
    marbles((helpers) => {
      const process = '       --(s|)        ';
      const stdout = '        ----h----     ';
      const exit = '          ---------x    ';
      const subs = '          ^-!           ';
      const effects = '       --w-w----(eB) ';
      const expected = '      ----s----|    ';
      const process$ = helpers.cold(process);
      const runs: ProcessRun[] = [];
      const { effect$, start } = processOf(helpers, { stdout, exit });

      helpers.expectObservable(effect$).toBe(effects);
      helpers.expectObservable(start(process$, runs)).toBe(expected, isServer);
      helpers.expectSubscriptions(process$.subscriptions).toBe(subs);
      helpers.flush();
      expect(runs).toEqual([quietRun]);
    }),
  );

  it(
    'fails when the process cannot start, and leaves no work',
    marbles((helpers) => {
      const process = '       --#';
      const subs = '          ^-!';
      const effects = '       ---';
      const expected = '      --#';
      const error = new SpawnError(new Error('ENOENT'));
      const process$ = helpers.cold(process, undefined, error);
      const { effect$, start } = processOf(helpers, {});

      helpers.expectObservable(effect$).toBe(effects);
      helpers.expectObservable(start(process$)).toBe(expected, undefined, error);
      helpers.expectSubscriptions(process$.subscriptions).toBe(subs);
    }),
  );

  it(
    'ends a process that refuses to initialize',
    marbles((helpers) => {
      const process = '       (s|)           ';
      const stdout = '        --e            ';
      const exit = '          -----x         ';
      const tree = '               ---|      ';
      const subs = '          (^!)           ';
      const effects = '       w-(ei)--B      ';
      const expected = '      --#            ';
      const process$ = helpers.cold(process);
      const { effect$, start } = processOf(helpers, { stdout, exit, tree });

      helpers.expectObservable(effect$).toBe(effects);
      helpers
        .expectObservable(start(process$))
        .toBe(expected, isServer, new AppServerError('not now'));
      helpers.expectSubscriptions(process$.subscriptions).toBe(subs);
    }),
  );

  it(
    'closes stdin and sends SIGINT when unsubscribed, and SIGKILL to the tree 5 s later',
    marbles((helpers) => {
      const process = '       (s|)                  ';
      const stdout = '        -h                    ';
      const exit = '          --- 5s --x            ';
      const unsub = '         ---!                  ';
      const subs = '          (^!)                  ';
      const effects = '       ww-(ei) 4996ms k-B    ';
      const expected = '      -s--                  ';
      const process$ = helpers.cold(process);
      const { effect$, start } = processOf(helpers, { stdout, exit });

      helpers.expectObservable(effect$).toBe(effects);
      helpers.expectObservable(start(process$), unsub).toBe(expected, isServer);
      helpers.expectSubscriptions(process$.subscriptions).toBe(subs);
    }),
  );

  it(
    'keeps a record of the process until its tree is gone',
    marbles((helpers) => {
      const process = '       -(s|)      ';
      const exit = '          ----x      ';
      const tree = '              ---|   ';
      const unsub = '         --!        ';
      const subs = '          ^!         ';
      const looks = '         a-b---c-d  ';
      const expected = '      n-y---y-n  ';
      const process$ = helpers.cold(process);
      const { start } = processOf(helpers, { exit, tree });
      const records = (): number => (existsSync(folder) ? readdirSync(folder).length : 0);
      const look$ = helpers.hot(looks).pipe(map(() => records()));

      helpers.expectObservable(start(process$), unsub).toBe('---');
      helpers.expectObservable(look$).toBe(expected, { n: 0, y: 1 });
      helpers.expectSubscriptions(process$.subscriptions).toBe(subs);
    }),
  );

  it(
    'starts nothing after an unsubscribe before the process has started',
    marbles((helpers) => {
      const process = '       ---(s|)';
      const unsub = '         --!    ';
      const subs = '          ^-!    ';
      const effects = '       -      ';
      const process$ = helpers.cold(process);
      const { effect$, start } = processOf(helpers, {});

      helpers.expectObservable(effect$).toBe(effects);
      helpers.expectObservable(start(process$), unsub).toBe('---');
      helpers.expectSubscriptions(process$.subscriptions).toBe(subs);
    }),
  );

  it(
    'reads stdout while ready$ is true',
    marbles((helpers) => {
      const ready = '         t-f--t';
      const unsub = '         ------!';
      const subs = '          ^-----!';
      const paused = '        n--y--n';
      const looks = '         a--b--c';
      const ready$ = helpers.hot(ready, flow);
      const { start, started } = processOf(helpers, {}, { ready$ });
      const look$ = helpers.cold(looks).pipe(map(() => started.child.stdout.isPaused()));

      helpers.expectObservable(start(of('s')), unsub).toBe('-');
      helpers.expectObservable(look$).toBe(paused, { n: false, y: true });
      helpers.expectSubscriptions(ready$.subscriptions).toBe(subs);
    }),
  );

  it.each([
    ['goes on in short pauses', `t ${'399ms f 599ms t '.repeat(15)}`, '10004ms #'],
    ['starts again after a long one', 't 399ms f 1599ms t', '12002ms #'],
  ])('limits the time of an answer by a clock that %s', (_what, ready, expected) => {
    marbles((helpers) => {
      const process = '       --(s|)   ';
      const stdout = '        ----h    ';
      const subs = '          ^-!      ';
      const ready$ = helpers.cold(ready, flow).pipe(shareReplay({ bufferSize: 1, refCount: true }));
      const process$ = helpers.cold(process);
      const { start } = processOf(helpers, { stdout }, { ready$ });
      const answer$ = start(process$).pipe(mergeMap(({ request$ }) => request$('thread/read', {})));

      helpers
        .expectObservable(answer$)
        .toBe(expected, undefined, expect.objectContaining({ name: 'AppServerError' }));
      helpers.expectSubscriptions(process$.subscriptions).toBe(subs);
    })();
  });

  it(
    'writes nothing to a stdin that is closed',
    marbles((helpers) => {
      const process = '       (s|)        ';
      const stdout = '        --h         ';
      const closed = '        -c          ';
      const unsub = '         -----!      ';
      const subs = '          (^!)        ';
      const effects = '       w----(ei|)  ';
      const expected = '      --s---      ';
      const process$ = helpers.cold(process);
      const { effect$, start, started } = processOf(helpers, { stdout });
      const close$ = helpers.hot(closed).pipe(tap(() => started.child.stdin.destroy()));

      helpers.expectObservable(close$).toBe(closed);
      helpers.expectObservable(effect$.pipe(take(3))).toBe(effects);
      helpers.expectObservable(start(process$), unsub).toBe(expected, isServer);
      helpers.expectSubscriptions(process$.subscriptions).toBe(subs);
    }),
  );

  it(
    'keeps the unsubscription chain',
    marbles((helpers) => {
      const process = '       (s|)        ';
      const stdout = '        -h          ';
      const exit = '          ----x       ';
      const unsub = '         ---!        ';
      const subs = '          (^!)        ';
      const effects = '       ww-(ei|)    ';
      const expected = '      -s--        ';
      const process$ = helpers.cold(process);
      const { effect$, start } = processOf(helpers, { stdout, exit });
      const chain$ = of(process$).pipe(
        mergeMap((each$) => start(each$)),
        mergeMap((server) => of(server)),
      );

      helpers.expectObservable(effect$.pipe(take(4))).toBe(effects);
      helpers.expectObservable(chain$, unsub).toBe(expected, isServer);
      helpers.expectSubscriptions(process$.subscriptions).toBe(subs);
    }),
  );

  testSynchronousStop('abc', { a: 'a', b: 'b', c: 'c' }, (process$, helpers) =>
    processOf(helpers, {}).start(process$),
  );
});
