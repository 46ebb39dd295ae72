import { NEVER } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { launchAppServer } from '../../../src/codex/app-server/launch-app-server.js';
import { AppServerError } from '../../../src/codex/app-server/rpc.js';
import { serverArgs } from '../../../src/codex/app-server/server-args.js';
import type { CodexProgram } from '../../../src/codex/exec/find-codex.js';
import type { ProcessRun } from '../../../src/process/run.js';
import { fakeAppServer } from '../../support/app-server.js';
import { type Marbles, marbles } from '../../support/marbles.js';
import { testUnsubscription } from '../../support/unsubscription.js';

const { server } = fakeAppServer(NEVER);
const found: Record<string, CodexProgram> = {
  f: { binary: { file: '/bin/codex', env: { CODEX_MANAGED: '1' } }, version: '0.169.0' },
};
const values = { s: server };
const started = { s: { server, version: '0.169.0' } };

const launching = (
  { cold }: Marbles,
  [find, start]: readonly [string, string],
  extraArgs: readonly string[] = [],
  error = new Error('no'),
) => {
  const find$ = cold(find, found, error);
  const process$ = cold(start, values, error);
  const runs: ProcessRun[] = [];
  const logs: unknown[] = [];
  const server$ = launchAppServer({
    serverArgs: serverArgs(extraArgs),
    overrides: (version) => [`for="${version}"`],
    environment: { CODEX_HOME: '/tmp', PATH: '/bin' },
    log: (...entry) => void logs.push(entry),
    findCodex$: find$,
    start$: (run) => {
      runs.push(run);
      return process$;
    },
  });
  return { server$, find$, process$, runs, logs };
};

describe('launchAppServer', () => {
  it(
    'finds codex, starts it in its home, and emits the app-server with its version',
    marbles((helpers) => {
      const find = '         --(f|)       ';
      const start = '          ---s----|  ';
      const findSubs = '     ^-!          ';
      const startSubs = '    --^-------!  ';
      const expected = '     -----s----|  ';
      const { server$, find$, process$, runs, logs } = launching(
        helpers,
        [find, start],
        ['-c', 'model="m"'],
      );

      helpers.expectObservable(server$).toBe(expected, started);
      helpers.expectSubscriptions(find$.subscriptions).toBe(findSubs);
      helpers.expectSubscriptions(process$.subscriptions).toBe(startSubs);
      helpers.flush();
      expect(runs).toEqual([
        {
          file: '/bin/codex',
          args: ['app-server', '-c', 'for="0.169.0"', '-c', 'model="m"'],
          cwd: '/tmp',
          env: expect.objectContaining({ CODEX_HOME: '/tmp', CODEX_MANAGED: '1', PATH: '/bin' }),
          stdin: '',
        },
      ]);
      expect(logs).toEqual([['info', 'codex app-server is started', { codex: '0.169.0' }]]);
    }),
  );

  it.each([
    ['codex is not found', ['--#', 's'], '--#', ['^-!'], []],
    ['the process cannot start', ['--f', '-#'], '---#', ['^--!'], ['--^!']],
  ] as const)('fails when %s, and logs nothing', (_, marks, expected, findSubs, startSubs) => {
    marbles((helpers) => {
      const { server$, find$, process$, logs } = launching(helpers, marks);

      helpers.expectObservable(server$).toBe(expected, started, new Error('no'));
      helpers.expectSubscriptions(find$.subscriptions).toBe([...findSubs]);
      helpers.expectSubscriptions(process$.subscriptions).toBe([...startSubs]);
      helpers.flush();
      expect(logs).toEqual([]);
    })();
  });

  it(
    'fails without looking for codex when an argument is for codex exec only',
    marbles((helpers) => {
      const expected = '#';
      const error = new AppServerError('--ephemeral in extra_args has no counterpart there');
      const { server$, find$ } = launching(helpers, ['f', 's'], ['--ephemeral']);

      helpers.expectObservable(server$).toBe(expected, started, error);
      helpers.expectSubscriptions(find$.subscriptions).toBe([]);
    }),
  );

  it(
    'ends the process when unsubscribed',
    marbles((helpers) => {
      const cancel = '       -----!';
      const startSubs = '    -^---!';
      const expected = '     --s---';
      const { server$, process$ } = launching(helpers, ['-f', '-s---']);

      helpers.expectObservable(server$, cancel).toBe(expected, started);
      helpers.expectSubscriptions(process$.subscriptions).toBe(startSubs);
    }),
  );

  testUnsubscription('fff', found, (findCodex$) =>
    launchAppServer({
      serverArgs: serverArgs([]),
      overrides: () => [],
      environment: {},
      log: () => undefined,
      findCodex$,
      start$: () => NEVER,
    }),
  );
});
