import { EMPTY, NEVER, of, tap, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { AppServer } from '../../../src/codex/app-server/app-server.js';
import { openThread, type ThreadPlan } from '../../../src/codex/app-server/open-thread.js';
import { AppServerError } from '../../../src/codex/app-server/rpc.js';
import { THREAD_MARKER } from '../../../src/codex/app-server/thread-marker.js';
import { fakeAppServer } from '../../support/app-server.js';
import { marbles } from '../../support/marbles.js';

const fresh: ThreadPlan = {
  threadId: undefined,
  cwd: '/w',
  model: undefined,
  sandbox: 'read-only',
  config: {},
  files: 'f',
};
const plan: ThreadPlan = { ...fresh, threadId: 'T', model: 'mine' };
/** t is the thread T, o another thread, x an answer without a thread. */
const answers: Record<string, unknown> = {
  t: { thread: { id: 'T' } },
  o: { thread: { id: 'O' } },
  x: { thread: {} },
  r: {},
};
const ids = { t: 'T', o: 'O' };
const settings = (
  ...[cwd, sandbox, config, files, isDefault]: readonly [string, string, object, string, boolean]
): string => JSON.stringify([cwd, sandbox, config, files, isDefault]);
const AS_PLANNED = settings('/w', 'read-only', {}, 'f', false);
const loaded = (how: string, file?: string) => ({
  settings: how,
  marker: 'M',
  seen: new Map([[1, 1]]),
  model: 'mine',
  file,
});
const noChange = (): undefined => undefined;
const same = { fileOf: () => 'same', changeOf: noChange };
const opened = (marker: unknown, more: object) => ({
  cwd: '/w',
  approvalPolicy: 'never',
  sandbox: 'read-only',
  config: { [`shell_environment_policy.set.${THREAD_MARKER}`]: marker },
  ...more,
});
/** An app-server whose config says nothing of model and provider. */
const openingServer = (
  answer: NonNullable<Parameters<typeof fakeAppServer>[1]>,
  more: Partial<AppServer> = {},
) =>
  fakeAppServer(
    NEVER,
    (method, params) => (method === 'config/read' ? of({}) : answer(method, params)),
    more,
  );
const READ = ['config/read', { includeLayers: false, cwd: '/w' }] as const;

describe('openThread', () => {
  it(
    'starts a thread with its marker, and remembers its settings',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --(t|)', answers);
      const subs = '         ^-!   ';
      const expected = '     --(t|)';
      const { server, requests } = openingServer(() => source);

      expectObservable(openThread(server, fresh, same)).toBe(expected, ids);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      const thread = server.threads.get('T');
      expect(thread).toEqual({
        settings: settings('/w', 'read-only', {}, 'f', true),
        marker: expect.stringMatching(/^[0-9a-f-]{36}$/),
        seen: new Map(),
        model: undefined,
      });
      expect(requests).toEqual([['thread/start', opened(thread?.marker, {})]]);
    }),
  );

  it.each<[what: string, asked: ThreadPlan, before: string[], request: string]>([
    ['a new thread', fresh, [], 'thread/start'],
    ['a resumed thread', plan, ['config/read'], 'thread/resume'],
  ])('fails when the plan refuses the answer, and unloads %s once', (_, asked, before, request) => {
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --(t|)', answers);
      const subs = '         ^-!   ';
      const expected = '     --#   ';
      const { server, requests } = openingServer((method) =>
        method === request ? source : of({}),
      );
      const refused = { ...asked, refuse: (answer: unknown) => JSON.stringify(answer) };
      const reason = new AppServerError('{"thread":{"id":"T"}}');

      expectObservable(openThread(server, refused, same)).toBe(expected, ids, reason);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(server.threads.get('T')).toBeUndefined();
      expect(requests.map(([method]) => method)).toEqual([
        ...before,
        request,
        'thread/unsubscribe',
      ]);
    })();
  });

  it.each([
    [
      'a failed turn',
      true,
      true,
      ['thread/unsubscribe', 'thread/archive', 'thread/unarchive', 'config/read', 'thread/resume'],
    ],
    [
      'a failed turn, on a codex that reads it again',
      true,
      false,
      ['thread/unsubscribe', 'config/read', 'thread/resume'],
    ],
    ['a turn that went well', false, true, ['thread/unsubscribe', 'config/read', 'thread/resume']],
  ])('reads a changed thread again after %s', (_, failed, keepsFailed, sent) => {
    marbles(({ expectObservable, flush }) => {
      const expected = '(t|)';
      const { server, asked } = openingServer(
        (method) => (method === 'thread/resume' ? of(answers['t']) : EMPTY),
        { keepsFailed },
      );
      server.threads.set('T', { ...loaded(AS_PLANNED, 'old'), failed });

      expectObservable(openThread(server, plan, same)).toBe(expected, ids);
      flush();
      expect(asked).toEqual(sent);
    })();
  });

  it(
    'starts each thread with its model and a marker of its own',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --(t|)    ', answers);
      const other = cold('      --(o|) ', answers);
      const later = '        ---^      ';
      const subs = '         ^-!       ';
      const otherSubs = '    ---^-!    ';
      const expected = '     --(t|)    ';
      const second = '       -----(o|) ';
      const { server, requests } = openingServer((_, { model }) =>
        model === 'mine' ? source : other,
      );

      expectObservable(openThread(server, { ...fresh, model: 'mine' }, same)).toBe(expected, ids);
      expectObservable(openThread(server, { ...fresh, model: 'yours' }, same), later).toBe(
        second,
        ids,
      );
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(other.subscriptions).toBe(otherSubs);
      flush();
      const [T, O] = [server.threads.get('T'), server.threads.get('O')];
      expect(requests).toEqual([
        ['thread/start', opened(T?.marker, { model: 'mine' })],
        ['thread/start', opened(O?.marker, { model: 'yours' })],
      ]);
      expect([T?.model, O?.model]).toEqual(['mine', 'yours']);
      expect(T?.marker).not.toBe(O?.marker);
    }),
  );

  it(
    'resumes a thread that is not loaded with the model of its plan',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  ---(t|)', answers);
      const subs = '         ^--!   ';
      const expected = '     ---(t|)';
      const { server, requests } = openingServer(() => source);

      expectObservable(openThread(server, plan, same)).toBe(expected, ids);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      const thread = server.threads.get('T');
      expect(thread).toEqual({
        settings: AS_PLANNED,
        marker: expect.stringMatching(/^[0-9a-f-]{36}$/),
        seen: new Map(),
        model: 'mine',
        open: 'same',
      });
      expect(requests).toEqual([
        READ,
        [
          'thread/resume',
          opened(thread?.marker, { threadId: 'T', model: 'mine', excludeTurns: true }),
        ],
      ]);
    }),
  );

  it.each([
    ['the default model', of({ config: { model: 'configured' } }), { model: 'configured' }],
    [
      'no model when codex does not name its own',
      throwError(() => new AppServerError('not known')),
      {},
    ],
  ])('resumes a thread with %s', (_, read, model) => {
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  -(t|)', answers);
      const subs = '         ^!   ';
      const expected = '     -(t|)';
      const { server, requests } = fakeAppServer(NEVER, (method) =>
        method === 'thread/resume' ? source : read,
      );

      expectObservable(openThread(server, { ...plan, model: undefined }, same)).toBe(expected, ids);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      const thread = server.threads.get('T');
      expect(requests).toEqual([
        READ,
        ['thread/resume', opened(thread?.marker, { threadId: 'T', ...model, excludeTurns: true })],
      ]);
      expect(thread?.model).toBeUndefined();
    })();
  });

  it.each<[what: string, config: object, named: object]>([
    ['that codex would take for a new one', {}, { model_provider: 'a' }],
    ['of the model id', { model_provider: 'b' }, { model_provider: 'b' }],
  ])('resumes a thread with the provider %s', (_what, config, named) => {
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const read = cold('    --(c|)   ', { c: { config: { model_provider: 'a' } } });
      const source = cold('    -(t|)  ', answers);
      const readSubs = '     ^-!      ';
      const subs = '         --^!     ';
      const expected = '     ---(t|)  ';
      const { server, requests } = fakeAppServer(NEVER, (method) =>
        method === 'thread/resume' ? source : read,
      );

      expectObservable(openThread(server, { ...plan, config: { ...config } }, same)).toBe(
        expected,
        ids,
      );
      expectSubscriptions(read.subscriptions).toBe(readSubs);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(requests.at(-1)?.[1]).toMatchObject({ model: 'mine', config: named });
    })();
  });

  it(
    'gives its marker to the commands and to each MCP server with an environment',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  -(t|)', answers);
      const subs = '         ^!   ';
      const expected = '     -(t|)';
      const { server, requests } = openingServer(() => source);
      const config = {
        'mcp_servers.host.env': { A: '1' },
        'mcp_servers.list.env': ['A'],
        'mcp_servers.host.args': { A: '1' },
        'mcp_servers.a.b.env': { A: '1' },
        env: { A: '1' },
      };

      expectObservable(openThread(server, { ...plan, config }, same)).toBe(expected, ids);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      const thread = server.threads.get('T');
      const marked = {
        ...config,
        'mcp_servers.host.env': { A: '1', [THREAD_MARKER]: thread?.marker },
        [`shell_environment_policy.set.${THREAD_MARKER}`]: thread?.marker,
      };
      expect(requests).toEqual([
        READ,
        [
          'thread/resume',
          opened(thread?.marker, {
            threadId: 'T',
            model: 'mine',
            excludeTurns: true,
            config: marked,
          }),
        ],
      ]);
      expect(thread?.settings).toBe(settings('/w', 'read-only', config, 'f', false));
    }),
  );

  it(
    'sends no request for a thread that is loaded with the same settings, whatever its model',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  -(t|)', answers);
      const expected = '     (t|) ';
      const { server } = openingServer(() => source);
      const thread = loaded(AS_PLANNED, 'same');
      server.threads.set('T', thread);

      expectObservable(openThread(server, { ...plan, model: 'yours' }, same)).toBe(expected, ids);
      expectSubscriptions(source.subscriptions).toBe([]);
      flush();
      expect(server.threads.get('T')).toBe(thread);
    }),
  );

  it.each([
    ['in another folder', settings('/v', 'read-only', {}, 'f', false), 'same', 'same'],
    ['in another sandbox', settings('/w', 'danger-full-access', {}, 'f', false), 'same', 'same'],
    ['with another config', settings('/w', 'read-only', { a: 1 }, 'f', false), 'same', 'same'],
    ['with other files', settings('/w', 'read-only', {}, 'g', false), 'same', 'same'],
    ['with the default model', settings('/w', 'read-only', {}, 'f', true), 'same', 'same'],
    ['with unknown settings', '', 'same', 'same'],
    ['before its rollout changed', AS_PLANNED, 'before', 'same'],
    ['before its rollout was removed', AS_PLANNED, 'same', undefined],
    ['while the state of its rollout was unknown', AS_PLANNED, undefined, undefined],
  ])(
    'unloads a thread that was loaded %s, then resumes it with the same marker',
    (_, how, before, now) => {
      marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
        const source = cold('     ---(t|)', answers);
        const unload = cold('   --(r|)    ', answers);
        const unloadSubs = '    ^-!       ';
        const subs = '          --^--!   ';
        const expected = '      -----(t|)';
        const { server, requests } = openingServer((method) =>
          method === 'thread/resume' ? source : unload,
        );
        const thread = loaded(how, before);
        server.threads.set('T', thread);

        expectObservable(openThread(server, plan, { fileOf: () => now, changeOf: noChange })).toBe(
          expected,
          ids,
        );
        expectSubscriptions(unload.subscriptions).toBe(unloadSubs);
        expectSubscriptions(source.subscriptions).toBe(subs);
        flush();
        expect(requests).toEqual([
          ['thread/unsubscribe', { threadId: 'T' }],
          READ,
          ['thread/resume', opened('M', { threadId: 'T', model: 'mine', excludeTurns: true })],
        ]);
        expect(server.threads.get('T')).toEqual({
          settings: AS_PLANNED,
          marker: 'M',
          seen: new Map([[1, 1]]),
          model: 'mine',
          open: now,
        });
        expect(server.threads.get('T')?.seen).toBe(thread.seen);
      })();
    },
  );

  it(
    'reads a thread again that a plugin has changed since codex read it, and only once',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('        ---(t|)      ', answers);
      const unload = cold('       -(r|)         ', answers);
      const changes = cold('   --d-------------e', { d: 'second', e: 'third' });
      const later = ['         ---^             ', '---------^', '----------------------^'];
      const unloadSubs = ['    ---^!', '----------------------^!'];
      const subs = ['          ----^--!', '-----------------------^--!'];
      const { server } = openingServer((method) => (method === 'thread/resume' ? source : unload));
      let change = 'first';
      server.threads.set('T', { ...loaded(AS_PLANNED, 'same'), change });
      const states = { fileOf: () => 'same', changeOf: () => change };
      const open$ = openThread(server, plan, states).pipe(
        tap(() => {
          const thread = server.threads.get('T');
          if (thread !== undefined) thread.file = 'same';
        }),
      );

      expectObservable(changes.pipe(tap((name) => (change = name)))).toBe('--d-------------e', {
        d: 'second',
        e: 'third',
      });
      expectObservable(open$).toBe('(t|)', ids);
      expectObservable(open$, later[0]).toBe('-------(t|)', ids);
      expectObservable(open$, later[1]).toBe('---------(t|)', ids);
      expectObservable(open$, later[2]).toBe('--------------------------(t|)', ids);
      expectSubscriptions(unload.subscriptions).toBe(unloadSubs);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(server.threads.get('T')?.change).toBe('third');
    }),
  );

  it(
    'resumes a thread that it could not unload',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('    -(t|)', answers);
      const unload = cold('  --#    ', answers, new AppServerError('thread not found'));
      const unloadSubs = '   ^-!    ';
      const subs = '         --^!  ';
      const expected = '     ---(t|)';
      const { server } = openingServer((method) => (method === 'thread/resume' ? source : unload));
      server.threads.set('T', loaded('', 'same'));

      expectObservable(openThread(server, plan, same)).toBe(expected, ids);
      expectSubscriptions(unload.subscriptions).toBe(unloadSubs);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it.each([
    ['resumed', plan, ['config/read', 'thread/resume']],
    ['started', fresh, ['thread/start']],
  ])('fails when codex refuses a thread that is %s, and forgets it', (_, how, sent) => {
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --#', answers, new AppServerError('no rollout found'));
      const subs = '         ^-!';
      const expected = '     --#';
      const { server, asked } = openingServer(() => source);

      expectObservable(openThread(server, how, same)).toBe(
        expected,
        ids,
        new AppServerError('no rollout found'),
      );
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(asked).toEqual(sent);
      expect(server.threads.get('T')).toBeUndefined();
    })();
  });

  it.each([
    ['resumed', plan],
    ['started', fresh],
  ])('fails when a thread that is %s has no id, and forgets it', (_, how) => {
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --(x|)', answers);
      const subs = '         ^-!   ';
      const expected = '     --#   ';
      const { server } = openingServer(() => source);

      expectObservable(openThread(server, how, same)).toBe(
        expected,
        ids,
        new AppServerError('codex app-server opened a thread without an id'),
      );
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(server.threads.get('T')).toBeUndefined();
    })();
  });

  it(
    'completes without an id when the request does',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --|', answers);
      const subs = '         ^-!';
      const expected = '     --|';
      const { server } = openingServer(() => source);

      expectObservable(openThread(server, fresh, same)).toBe(expected, ids);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'tries for 5 s to resume a thread that another process has, then fails',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const held = new AppServerError('thread T already has an active writer');
      const source = cold('  #         ', answers, held);
      const cancel = '       6s !      ';
      const expected = '     5000ms #  ';
      const { server } = openingServer(() => source);

      expectObservable(openThread(server, plan, same), cancel).toBe(expected, ids, held);
      expectSubscriptions(source.subscriptions).toBe(
        Array.from({ length: 101 }, (_, i) => `${i * 50}ms (^!)`),
      );
    }),
  );

  it(
    'tries for 5 s to resume a thread that is closing, then fails',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold(
        '  #         ',
        answers,
        new AppServerError('thread T is closing; retry'),
      );
      const cancel = '       6s !      ';
      const expected = '     5000ms #  ';
      const { server, asked } = openingServer(() => source);

      expectObservable(openThread(server, plan, same), cancel).toBe(
        expected,
        ids,
        new AppServerError('thread T is closing; retry'),
      );
      expectSubscriptions(source.subscriptions).toBe(
        Array.from({ length: 501 }, (_, i) => `${i * 10}ms (^!)`),
      );
      flush();
      expect(asked).toHaveLength(502);
    }),
  );

  it(
    'does not try again after another error with the same words',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -#', answers, new Error('is closing'));
      const subs = '         ^!';
      const expected = '     -#';
      const { server } = openingServer(() => source);

      expectObservable(openThread(server, plan, same)).toBe(expected, ids, new Error('is closing'));
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'stops trying when it is unsubscribed while a thread is closing',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(
        '  -#               ',
        answers,
        new AppServerError('thread T is closing; retry'),
      );
      const cancel = '       --- 10ms ------- !';
      const subs = '         ^!               ';
      const again = '        - 10ms ^!        ';
      const expected = '     --- 10ms ---     ';
      const { server } = openingServer(() => source);

      expectObservable(openThread(server, plan, same), cancel).toBe(expected, ids);
      expectSubscriptions(source.subscriptions).toBe([subs, again]);
    }),
  );

  it(
    'drops the answer when unsubscribed before it, and resumes the thread again next time',
    marbles((helpers) => {
      const { cold, expectObservable, expectSubscriptions, flush } = helpers;
      const unload = cold('  (r|)               ', answers);
      const source = cold('  ------(t|)        ', answers);
      const cancel = '       ---!              ';
      const later = '        -----^            ';
      const unloadSubs = '   (^!)               ';
      const subs = '         ^--!              ';
      const laterUnload = '  -----(^!)          ';
      const laterSubs = '    -----^-----!      ';
      const expected = '     ----              ';
      const again = '        -----------(t|)   ';
      const { server, requests } = openingServer((method) =>
        method === 'thread/resume' ? source : unload,
      );
      server.threads.set('T', loaded(AS_PLANNED, 'before'));
      const open$ = openThread(server, plan, { fileOf: () => 'before', changeOf: noChange });
      const changed$ = openThread(server, plan, same);

      expectObservable(changed$, cancel).toBe(expected, ids);
      expectObservable(open$, later).toBe(again, ids);
      expectSubscriptions(unload.subscriptions).toBe([unloadSubs, laterUnload]);
      expectSubscriptions(source.subscriptions).toBe([subs, laterSubs]);
      flush();
      expect(requests[5]).toEqual([
        'thread/resume',
        opened('M', { threadId: 'T', model: 'mine', excludeTurns: true }),
      ]);
    }),
  );

  it.each([
    ['unloads the thread', '          -----(t|)', '^----!', ['thread/start', 'thread/unsubscribe']],
    ['does nothing when it has no id', '  -----(x|)', '^----!', ['thread/start']],
    ['does nothing when codex refuses', '   -----#   ', '^----!', ['thread/start']],
    ['waits while there is none', '      ---------', '^     ', ['thread/start']],
  ])(
    'waits for the answer when it is unsubscribed while a thread starts, and %s',
    (_, answer, subs, methods) => {
      marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
        const source = cold(answer, answers, new AppServerError('no'));
        const cancel = '   ---!     ';
        const expected = ' ----     ';
        const { server, asked } = openingServer((method) =>
          method === 'thread/start' ? source : undefined,
        );

        expectObservable(openThread(server, fresh, same), cancel).toBe(expected, ids);
        expectSubscriptions(source.subscriptions).toBe(subs);
        flush();
        expect(asked).toEqual(methods);
        expect(server.threads.get('T')).toBeUndefined();
      })();
    },
  );

  it(
    'sends its requests with each subscription',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --(t|)     ', answers);
      const later = '        -----^     ';
      const subs = '         ^-!        ';
      const laterSubs = '    -----^-!   ';
      const expected = '     --(t|)     ';
      const again = '        -------(t|)';
      const { server, asked } = openingServer(() => source);
      const open$ = openThread(server, fresh, same);
      expect(asked).toEqual([]);

      expectObservable(open$).toBe(expected, ids);
      expectObservable(open$, later).toBe(again, ids);
      expectSubscriptions(source.subscriptions).toBe([subs, laterSubs]);
      flush();
      expect(asked).toEqual(['thread/start', 'thread/start']);
    }),
  );
});
