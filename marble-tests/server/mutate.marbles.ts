import { EMPTY, ignoreElements, NEVER, type Observable, of, Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { RolloutError } from '../../src/codex/rollout/find-rollout.js';
import type { RolloutLine } from '../../src/codex/rollout/patch.js';
import type { Host } from '../../src/plexum/host-connection.js';
import type { HostRequest } from '../../src/plexum/host-requests.js';
import { manifest } from '../../src/plexum/manifest.js';
import { BusyError, LockError } from '../../src/process/lock-holder.js';
import { pluginServer, type ServerOptions } from '../../src/server/plugin-server.js';
import { createWorkspaceQueue } from '../../src/turn/workspace-queue.js';
import { marbles } from '../support/marbles.js';
import { fakePorts } from '../support/ports.js';

const THREAD = '01a1fb83-ff35-7422-9e00-a5a8974b6993';
const lines: Record<string, RolloutLine> = {
  a: {
    offset: 0,
    bytes: Buffer.from(
      `{"type":"response_item","payload":{"type":"function_call_output","call_id":"call_a","output":"${'x'.repeat(40)}"}}`,
    ),
  },
};
const wire: Record<string, unknown> = {
  1: { id: 1, result: { requested: 1, touched: 1 } },
  2: { id: 2, result: { requested: 1, touched: 1 } },
  p: {
    id: 1,
    error: {
      code: -32602,
      message: expect.stringContaining('absolute path'),
      data: { kind: 'invalid_request' },
    },
  },
  x: {
    id: 1,
    error: {
      code: -32603,
      message: expect.stringContaining('the disk is gone'),
      data: { kind: 'internal' },
    },
  },
  c: {
    id: 1,
    error: {
      code: -32603,
      message: expect.stringContaining('nothing was changed'),
      data: { kind: 'internal' },
    },
  },
  C: { id: 1, error: { code: -32603, message: 'config.json is wrong', data: { kind: 'config' } } },
};

/** A host whose requests are given; `wire$` is what it gets, in order. */
const fakeHost = () => {
  const wire$ = new Subject<unknown>();
  const mutate = (
    id: unknown,
    workspace = '/w',
    cancelled$: Observable<unknown> = NEVER,
  ): HostRequest => ({
    id,
    method: 'plexum/session/mutate',
    params: {
      agent_id: 'ada',
      workspace,
      mutations: [{ block_id: 'call_a', op: 'consume-light' }],
    },
    cancelled$,
    answer: (value) => wire$.next({ id, result: value }),
    refuse: ({ code, message, data }) => wire$.next({ id, error: { code, message, data } }),
  });
  const host = (
    requests$: Observable<HostRequest>,
    closed$: Observable<unknown> = NEVER,
  ): Host => ({
    requests$,
    closed$,
    ready$: of(true),
    notify: () => undefined,
    call$: () => NEVER,
    log: () => undefined,
  });
  return { host, mutate, wire$: wire$.asObservable() };
};

const options: ServerOptions = {
  manifest: manifest('1.2.3', ['codex']),
  modelArgs: {},
  terminate$: NEVER,
};

/** Ports on a thread whose rollout is scanned and patched by the sources. */
const portsOf = (
  scan: Observable<RolloutLine>,
  patch: Observable<unknown>,
  inOrder = createWorkspaceQueue(4),
) =>
  fakePorts({
    inOrder,
    readSession$: () => of({ threadId: THREAD }),
    rolloutFile$: () => of('/rollout.jsonl'),
    callLines$: () => scan,
    patchFile$: () => patch.pipe(ignoreElements()),
  });

describe('mutateThread', () => {
  it(
    'refuses it with thread_busy, retryable, while another process changes the thread',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const { host, mutate, wire$ } = fakeHost();
      const requests = hot('-r-------|', { r: mutate(1) });
      const locked = cold('  ---#    ', {}, new BusyError('another plugin has it'));
      const lockSubs = '    -^--!';
      const expected = '    ----e-----';
      const { ports } = portsOf(EMPTY, EMPTY);
      const lockRollout = () => locked.pipe(ignoreElements());

      expectObservable(wire$).toBe(expected, {
        e: {
          id: 1,
          error: {
            code: -32000,
            message: 'another plugin has it',
            data: { kind: 'thread_busy', retryable: true },
          },
        },
      });
      expectObservable(pluginServer(host(requests), { ...ports, lockRollout }, options)).toBe(
        '---------|',
      );
      expectSubscriptions(locked.subscriptions).toBe(lockSubs);
    }),
  );

  it(
    'responds with the report, and logs it with agent and workspace',
    marbles(({ cold, hot, expectObservable, expectSubscriptions, flush }) => {
      const { host, mutate, wire$ } = fakeHost();
      const requests = hot('-r--------|', { r: mutate(1) });
      const scan = cold('    --a-|     ', lines);
      const patch = cold('       --|   ');
      const scanSubs = '    -^---!     ';
      const patchSubs = '   -----^-!   ';
      const sent = '        -------1---';
      const expected = '    ----------|';
      const { ports, logs } = portsOf(scan, patch);

      expectObservable(wire$).toBe(sent, wire);
      expectObservable(pluginServer(host(requests), ports, options)).toBe(expected);
      expectSubscriptions(scan.subscriptions).toBe(scanSubs);
      expectSubscriptions(patch.subscriptions).toBe(patchSubs);
      flush();
      expect(logs).toEqual([
        {
          level: 'info',
          msg: 'consumed tool results are marked in the thread',
          fields: { agent_id: 'ada', workspace: '/w', requested: 1, touched: 1 },
        },
      ]);
    }),
  );

  it(
    'runs mutations of two workspaces concurrently, those of one in order',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const { host, mutate, wire$ } = fakeHost();
      const requests = hot('-rs-r-------|', { r: mutate(1), s: mutate(2, '/v') });
      const scan = cold('    ---a|       ', lines);
      const patch = cold('       -|      ');
      const one = '         -^---!       ';
      const two = '         --^---!      ';
      const three = '       ------^---!  ';
      const sent = '        ------12---1-';
      const expected = '    ------------|';
      const { ports } = portsOf(scan, patch);

      expectObservable(wire$).toBe(sent, wire);
      expectObservable(pluginServer(host(requests), ports, options)).toBe(expected);
      expectSubscriptions(scan.subscriptions).toBe([one, two, three]);
    }),
  );

  it(
    'refuses a mutation when its params or the config are invalid',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const { host, mutate, wire$ } = fakeHost();
      const requests = hot('-r-|', { r: mutate(1, 'here') });
      const subs = '        ^--!';
      const sent = '        -(pC)';
      const expected = '    ---|';
      const { ports } = fakePorts();

      expectObservable(wire$).toBe(sent, wire);
      expectObservable(pluginServer(host(requests), ports, options)).toBe(expected);
      expectObservable(
        pluginServer(host(requests), ports, { ...options, problem: 'config.json is wrong' }),
      ).toBe(expected);
      expectSubscriptions(requests.subscriptions).toBe([subs, subs]);
    }),
  );

  it.each([
    ['a folder is in the place of its lock', new LockError('it is a folder'), 'config'],
    ['its rollout is damaged', new RolloutError('it is damaged'), 'thread_lost'],
  ])('refuses a mutation when %s', (_what, error, kind) => {
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const { host, mutate, wire$ } = fakeHost();
      const requests = hot('-r-------|', { r: mutate(1) });
      const locked = cold('  ---#    ', {}, error);
      const lockSubs = '    -^--!';
      const expected = '    ----e-----';
      const { ports } = portsOf(EMPTY, EMPTY);
      const lockRollout = () => locked.pipe(ignoreElements());

      expectObservable(wire$).toBe(expected, {
        e: { id: 1, error: { code: -32603, message: `codex: ${error.message}`, data: { kind } } },
      });
      expectObservable(pluginServer(host(requests), { ...ports, lockRollout }, options)).toBe(
        '---------|',
      );
      expectSubscriptions(locked.subscriptions).toBe(lockSubs);
    })();
  });

  it(
    'refuses a mutation when the disk fails, and serves the next request',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const { host, mutate, wire$ } = fakeHost();
      const requests = hot('-r---r-----|', { r: mutate(1) });
      const scan = cold('    a|         ', lines);
      const patch = cold('    -#        ', undefined, new Error('the disk is gone'));
      const one = '         --^!        ';
      const two = '         ------^!    ';
      const sent = '        ---x---x----';
      const expected = '    -----------|';
      const { ports } = portsOf(scan, patch);

      expectObservable(wire$).toBe(sent, wire);
      expectObservable(pluginServer(host(requests), ports, options)).toBe(expected);
      expectSubscriptions(patch.subscriptions).toBe([one, two]);
    }),
  );

  it(
    'refuses a mutation when the host cancels it',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const { host, mutate, wire$ } = fakeHost();
      const cancelled = hot('----c------');
      const requests = hot(' -r--------|', { r: mutate(1, '/w', cancelled) });
      const scan = cold('     a|        ', lines);
      const patch = cold('     ------|  ');
      const patchSubs = '    --^-!      ';
      const sent = '         ----c------';
      const expected = '     ----------|';
      const { ports } = portsOf(scan, patch);

      expectObservable(wire$).toBe(sent, wire);
      expectObservable(pluginServer(host(requests), ports, options)).toBe(expected);
      expectSubscriptions(patch.subscriptions).toBe(patchSubs);
    }),
  );

  it(
    'stops mutations, running or queued, when the host closes the pipe',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const { host, mutate, wire$ } = fakeHost();
      const requests = hot('-rr--------', { r: mutate(1) });
      const closed = hot('  -----c-----');
      const scan = cold('    ---------|', lines);
      const patch = cold('   |         ');
      const scanSubs = '    -^---!     ';
      const sent = '        -----(cc)  ';
      const expected = '    -----|     ';
      const { ports } = portsOf(scan, patch);

      expectObservable(wire$).toBe(sent, wire);
      expectObservable(pluginServer(host(requests, closed), ports, options)).toBe(expected);
      expectSubscriptions(scan.subscriptions).toBe(scanSubs);
      expectSubscriptions(patch.subscriptions).toBe([]);
    }),
  );
});
