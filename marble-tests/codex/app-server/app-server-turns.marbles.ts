import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { concat, map, mergeMap, NEVER, type Observable, of } from 'rxjs';
import { afterAll, describe, expect, it } from 'vitest';
import type { AppServer } from '../../../src/codex/app-server/app-server.js';
import {
  type AppServerOptions,
  appServerTurns,
} from '../../../src/codex/app-server/app-server-turns.js';
import type { ServerNotification } from '../../../src/codex/app-server/notification.js';
import { AppServerError } from '../../../src/codex/app-server/rpc.js';
import type { CodexSignal } from '../../../src/codex/events/signal.js';
import type { CodexBridge, ExecPlan } from '../../../src/codex/exec/codex-run.js';
import type { CodexProgram } from '../../../src/codex/exec/find-codex.js';
import { createBackgroundWork } from '../../../src/process/background-work.js';
import type { ProcessRun } from '../../../src/process/run.js';
import { SpawnError } from '../../../src/process/start.js';
import { WorkspaceError } from '../../../src/process/workspace.js';
import { fakeAppServer, turnNotes } from '../../support/app-server.js';
import { type Marbles, marbles } from '../../support/marbles.js';

const parent = mkdtempSync(path.join(tmpdir(), 'plexum-app-server-turns-'));
const workspace = path.join(parent, 'workspace');
const home = path.join(parent, 'home');
mkdirSync(workspace);
mkdirSync(home);
afterAll(() => {
  rmSync(parent, { recursive: true });
});

/** The lock of a turn of a codex that has none of its own. */
const lock = path.join(workspace, '.plexum-codex-session.lock');

const notes = turnNotes('T', 'U');
const exited = { type: 'exited', code: 0, signal: null, stderr: '', isCodex: true } as const;
const signals: Record<string, CodexSignal> = {
  T: { type: 'thread.started', thread_id: 'T' },
  S: { type: 'turn.started', turn_id: 'U' },
  C: { type: 'turn.completed', usage: undefined },
  x: exited,
};
const binary = { file: '/bin/codex', env: {} };
const programs: Record<string, CodexProgram> = {
  f: { binary, version: '0.169.0' },
  o: { binary, version: '0.135.0' },
};
const plan: ExecPlan = {
  threadId: 'T',
  model: undefined,
  images: [],
  workspace,
  prompt: 'hello',
};

interface Lines {
  readonly find?: string;
  readonly start?: string;
  readonly notified?: string;
  readonly error?: unknown;
}

/** Turns on a fake app-server that starts by marbles; `logs` are its own log and that of turns. */
const turnsOf = (
  { hot, cold }: Marbles,
  { find = '(f|)', start = 's', notified = '-', error = new Error('no') }: Lines,
  config: Partial<AppServerOptions['config']> = {},
) => {
  const notification$: Observable<ServerNotification> = hot(notified, notes);
  const { server, requests } = fakeAppServer(notification$);
  const find$ = cold(find, programs, error);
  const start$ = cold<AppServer>(start, { s: server }, error);
  const started: (readonly [ProcessRun, unknown])[] = [];
  const logs: string[] = [];
  const { turn$, version } = appServerTurns({
    config: {
      binary: 'codex',
      extraArgs: [],
      modelArgs: {},
      appServerRequired: false,
      appServerIdleMs: 5,
      maxLineBytes: 500,
      deadlines: { reconnect: 0 },
      ...config,
    },
    log: (level, message) => void logs.push(`server ${level} ${message}`),
    ready$: concat(of(true), NEVER),
    environment: { CODEX_HOME: home },
    recordsFolder: '/records',
    findRollout: () => undefined,
    background: createBackgroundWork(),
    findProgram$: () => find$,
    startServer$: (run, options) => {
      started.push([run, options]);
      return start$;
    },
  });
  const run$ = (more: Partial<ExecPlan> = {}) =>
    turn$({ ...plan, ...more }, NEVER, {
      log: (level, message) => void logs.push(`turn ${level} ${message}`),
    });
  return { run$, version, find$, start$, started, logs, requests };
};

describe('appServerTurns', () => {
  it(
    'finds codex and starts its app-server with the first turn, and ends it when it is idle',
    marbles((helpers) => {
      const find = '      -(f|)                ';
      const start = '      -s                  ';
      const notified = '  ----S--C             ';
      const findSubs = '  ^!                   ';
      const startSubs = ' -^----------!        ';
      const expected = '  --T-S--(Cx|)         ';
      const { run$, find$, start$, started } = turnsOf(helpers, { find, start, notified });

      helpers.expectObservable(run$()).toBe(expected, signals);
      helpers.expectSubscriptions(find$.subscriptions).toBe(findSubs);
      helpers.expectSubscriptions(start$.subscriptions).toBe(startSubs);
      helpers.flush();
      expect(started).toEqual([
        [
          expect.objectContaining({ file: '/bin/codex', cwd: home, stdin: '' }),
          expect.objectContaining({ version: '1', maxLineBytes: 500, recordsFolder: '/records' }),
        ],
      ]);
    }),
  );

  it(
    'runs later turns on the same app-server',
    marbles((helpers) => {
      const notified = '  --S-C---S-C          ';
      const later = '     ------^              ';
      const startSubs = ' ^--------------!     ';
      const first = '     T-S-(Cx|)            ';
      const second = '    ------T-S-(Cx|)      ';
      const { run$, find$, start$ } = turnsOf(helpers, { notified });

      helpers.expectObservable(run$()).toBe(first, signals);
      helpers.expectObservable(run$(), later).toBe(second, signals);
      helpers.expectSubscriptions(find$.subscriptions).toBe(['(^!)']);
      helpers.expectSubscriptions(start$.subscriptions).toBe(startSubs);
    }),
  );

  it(
    'knows the version of codex once the app-server has started, and keeps it after its end',
    marbles((helpers) => {
      const notified = '  ----S--C             ';
      const looks = '     a-b-----------------c';
      const expected = '  u-v-----------------v';
      const startSubs = ' ^-----------!        ';
      const turn = '      -T--S--(Cx|)         ';
      const { run$, version, start$ } = turnsOf(helpers, { start: '-s', notified });
      const look$ = helpers.cold(looks).pipe(map(() => version()));

      helpers.expectObservable(run$()).toBe(turn, signals);
      helpers.expectObservable(look$).toBe(expected, { u: undefined, v: '0.169.0' });
      helpers.expectSubscriptions(start$.subscriptions).toBe(startSubs);
    }),
  );

  it(
    'fails without looking for codex when the workspace is no folder',
    marbles((helpers) => {
      const missing = path.join(parent, 'missing');
      const error = new WorkspaceError(
        `the agent workspace ${missing} is not a directory; create it or correct it`,
      );
      const { run$, find$, start$ } = turnsOf(helpers, {});

      helpers.expectObservable(run$({ workspace: missing })).toBe('#', signals, error);
      helpers.expectSubscriptions(find$.subscriptions).toBe([]);
      helpers.expectSubscriptions(start$.subscriptions).toBe([]);
    }),
  );

  it.each([
    ['does not initialize', new AppServerError('said nothing')],
    ['cannot start', new SpawnError(new Error('ENOENT'))],
  ])('repeats the error of an app-server that %s for 60 s', (_what, error) => {
    marbles((helpers) => {
      const start = '      -#                      ';
      const soon = '       60s  ^                  ';
      const later = '      60001ms ^               ';
      const startSubs = [' ^! ', '        60001ms ^! '];
      const first = '      -#                      ';
      const second = '     60s  #                  ';
      const third = '      60002ms #               ';
      const { run$, start$ } = turnsOf(helpers, { start, error });

      helpers.expectObservable(run$()).toBe(first, signals, error);
      helpers.expectObservable(run$(), soon).toBe(second, signals, error);
      helpers.expectObservable(run$(), later).toBe(third, signals, error);
      helpers.expectSubscriptions(start$.subscriptions).toBe(startSubs);
    })();
  });

  it.each([
    ['the app-server is required', { appServerRequired: true }, new AppServerError('no')],
    ['it failed for another reason', {}, new Error('there is no codex')],
  ])('starts it again with the next turn when %s', (_what, config, error) => {
    marbles((helpers) => {
      const start = '      -#        ';
      const later = '      ---^      ';
      const startSubs = [' ^! ', ' ---^!'];
      const first = '      -#        ';
      const second = '     ----#     ';
      const { run$, start$ } = turnsOf(helpers, { start, error }, config);

      helpers.expectObservable(run$()).toBe(first, signals, error);
      helpers.expectObservable(run$(), later).toBe(second, signals, error);
      helpers.expectSubscriptions(start$.subscriptions).toBe(startSubs);
    })();
  });

  it(
    'opens the thread with the sandbox of extra_args and the tools of the bridge',
    marbles((helpers) => {
      const notified = '  --S-C       ';
      const startSubs = ' ^--------!  ';
      const expected = '  T-S-(Cx|)   ';
      const bridge: CodexBridge = {
        tools: 1,
        overrides: () => [],
        env: {},
        threadConfig: (version) => ({ 'mcp_servers.x.url': `for ${version}` }),
        warning: (version) => `tools of ${version}`,
      };
      const config = { extraArgs: ['--sandbox', 'read-only'] };
      const { run$, start$, requests, logs } = turnsOf(helpers, { notified }, config);

      helpers
        .expectObservable(run$({ threadId: undefined, bridge, model: 'm' }))
        .toBe(expected, signals);
      helpers.expectSubscriptions(start$.subscriptions).toBe(startSubs);
      helpers.flush();
      expect(requests[0]).toEqual([
        'thread/start',
        expect.objectContaining({
          cwd: workspace,
          sandbox: 'read-only',
          model: 'm',
          config: expect.objectContaining({ 'mcp_servers.x.url': 'for 0.169.0' }),
        }),
      ]);
      expect(logs).toEqual([
        'server info codex app-server is started',
        'turn warning tools of 0.169.0',
      ]);
    }),
  );

  it.each([
    ['locks the workspace for a codex without a lock of its own', 'o', 'y'],
    ['leaves the workspace unlocked for a codex with its own lock', 'f', 'n'],
  ])('%s', (_what, program, during) => {
    marbles((helpers) => {
      const find = `      (${program}|)  `;
      const notified = '  --S-C           ';
      const looks = '     -a---b          ';
      const locked = `    -${during}---n  `;
      const startSubs = ' ^--------!      ';
      const expected = '  T-S-(Cx|)       ';
      const { run$, start$ } = turnsOf(helpers, { find, notified });
      const look$ = helpers.hot(looks).pipe(map(() => existsSync(lock)));

      helpers.expectObservable(run$()).toBe(expected, signals);
      helpers.expectObservable(look$).toBe(locked, { y: true, n: false });
      helpers.expectSubscriptions(start$.subscriptions).toBe(startSubs);
    })();
  });

  it(
    'fails a turn with extra_args that only codex exec takes',
    marbles((helpers) => {
      const error = new AppServerError('--ephemeral in extra_args has no counterpart there');
      const { run$, find$ } = turnsOf(helpers, {}, { extraArgs: ['--ephemeral'] });

      helpers.expectObservable(run$()).toBe('#', signals, error);
      helpers.expectSubscriptions(find$.subscriptions).toBe([]);
    }),
  );

  it(
    'keeps the unsubscription chain',
    marbles((helpers) => {
      const find = '      -(f|)    ';
      const start = '     ---s     ';
      const unsub = '     ---!      ';
      const startSubs = ' -^------! ';
      const expected = '  ----      ';
      const { run$, start$ } = turnsOf(helpers, { find, start });
      const chain$ = of({}).pipe(
        mergeMap((more) => run$(more)),
        mergeMap((signal) => of(signal)),
      );

      helpers.expectObservable(chain$, unsub).toBe(expected);
      // The app-server runs on for the time of appServerIdleMs.
      helpers.expectSubscriptions(start$.subscriptions).toBe(startSubs);
    }),
  );
});
