import {
  concat,
  ignoreElements,
  NEVER,
  type Observable,
  of,
  Subject,
  takeUntil,
  tap,
  throwError,
} from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { TurnEvent } from '../../src/canonical/turn-event.js';
import type { Host } from '../../src/plexum/host-connection.js';
import type { HostRequest } from '../../src/plexum/host-requests.js';
import { manifest } from '../../src/plexum/manifest.js';
import type { Ports } from '../../src/ports.js';
import type { Cancel, Exited, ProcessSignal, Stdout } from '../../src/process/run.js';
import { pluginServer, type ServerOptions } from '../../src/server/plugin-server.js';
import { createWorkspaceQueue } from '../../src/turn/workspace-queue.js';
import { marbles } from '../support/marbles.js';
import { fakePorts } from '../support/ports.js';

const THREAD = '01a1fb83-ff35-7422-9e00-a5a8974b6993';
const usage = {
  input_tokens: 10,
  cached_input_tokens: 4,
  output_tokens: 2,
  reasoning_output_tokens: 1,
};
const noUsage = {
  input_tokens: 0,
  cached_input_tokens: 0,
  output_tokens: 0,
  reasoning_output_tokens: 0,
};

/** What codex prints, a line a marble, and its end. */
const line = (event: unknown): Stdout => ({
  type: 'stdout',
  chunk: Buffer.from(`${JSON.stringify(event)}\n`),
});
const exit = (cancelled?: Cancel): Exited => ({
  type: 'exited',
  code: 0,
  signal: null,
  stderr: '',
  ...(cancelled === undefined ? {} : { cancelled }),
});
const codexOut: Record<string, ProcessSignal> = {
  T: line({ type: 'thread.started', thread_id: THREAD }),
  a: line({ type: 'item.completed', item: { type: 'agent_message', text: 'hello' } }),
  C: line({ type: 'turn.completed', usage }),
  x: exit(),
  X: exit({ reason: 'host', graceMs: 5_000 }),
};

/** What the host gets: an event of a turn, a result, or an error. */
const event = (id: unknown, seq: number, sent: TurnEvent) => ({
  method: 'notifications/plexum/provider/event',
  params: { request_id: id, seq, event: sent },
});
const start: TurnEvent = { type: 'message_start', model: 'codex' };
const text: TurnEvent = { type: 'text_delta', text: 'hello' };
const end: TurnEvent = { type: 'message_end', stop_reason: 'end_turn', usage, thread_id: THREAD };
const cancelled = (threadId: string): TurnEvent => ({
  type: 'message_end',
  stop_reason: 'cancelled',
  usage: noUsage,
  thread_id: threadId,
});
const result = (id: unknown, value: unknown) => ({ id, result: value });
const refusal = (id: unknown, code: number, message: string, kind = 'invalid_request') => ({
  id,
  error: { code, message, data: { kind } },
});

const described = manifest('1.2.3', ['codex']);
const wire: Record<string, unknown> = {
  M: event(1, 0, start),
  t: event(1, 1, text),
  E: event(1, 2, end),
  A: result(1, { outcome: 'completed', events: 3 }),
  K: event(1, 2, cancelled(THREAD)),
  B: result(1, { outcome: 'cancelled', events: 3 }),
  m: event('two', 0, start),
  u: event('two', 1, text),
  e: event('two', 2, end),
  b: result('two', { outcome: 'completed', events: 3 }),
  n: event('two', 1, cancelled('')),
  k: result('two', { outcome: 'cancelled', events: 2 }),
  D: result('manifest', described),
  U: refusal('unknown', -32601, 'unknown method "plexum/no/such"', 'unknown_method'),
};

/** A host whose requests are given; `wire$` is what it gets, in order. */
const fakeWire = () => {
  const wire$ = new Subject<unknown>();
  const request = (
    id: unknown,
    method: string,
    params: unknown,
    cancelled$: Observable<unknown> = NEVER,
  ): HostRequest => ({
    id,
    method,
    params,
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
    notify: (method, params) => wire$.next({ method, params }),
    call$: () => NEVER,
    log: () => undefined,
  });
  const turn = (id: unknown, workspace = '/w', cancelled$?: Observable<unknown>): HostRequest =>
    request(
      id,
      'plexum/provider/stream',
      params({ agent: { agent_id: 'ada', workspace } }),
      cancelled$,
    );
  return { host, request, turn, wire$: wire$.asObservable() };
};

const params = (other: Record<string, unknown>): Record<string, unknown> => ({
  model_id: 'codex',
  agent: { agent_id: 'ada', workspace: '/w' },
  request: { messages: [{ role: 'user', content: 'hi' }] },
  ...other,
});

/** A codex that prints `lines$` until it is cancelled, and has its end in `dying$` then. */
const cancellable =
  (lines$: Observable<ProcessSignal>, dying$: Observable<ProcessSignal>): Ports['codex$'] =>
  (_run, cancel$) =>
    concat(lines$.pipe(takeUntil(cancel$)), dying$);

const options: ServerOptions = { manifest: described, modelArgs: {}, terminate$: NEVER };

describe('pluginServer', () => {
  it(
    'notifies the host of each event of a turn, then responds with their number',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const { host, turn, wire$ } = fakeWire();
      const requests = hot('-r-----------------', { r: turn(1) });
      const codex = cold('   --T--a--C--(x|)  ', codexOut);
      const closed = hot('  ----------------c--');
      const subs = '        -^----------!     ';
      const requestSubs = ' ^---------------!  ';
      const sent = '        -M----t-----(EA)  ';
      const expected = '    ----------------|  ';
      const { ports } = fakePorts({ codex$: () => codex });

      expectObservable(wire$).toBe(sent, wire);
      expectObservable(pluginServer(host(requests, closed), ports, options)).toBe(expected);
      expectSubscriptions(codex.subscriptions).toBe(subs);
      expectSubscriptions(requests.subscriptions).toBe(requestSubs);
      expectSubscriptions(closed.subscriptions).toBe(requestSubs);
    }),
  );

  it(
    'routes each request to its own workflow',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const { host, request, wire$ } = fakeWire();
      const requests = hot('-d-u--|', {
        d: request('manifest', 'plexum/manifest/read', {}),
        u: request('unknown', 'plexum/no/such', {}),
      });
      const requestSubs = ' ^-----!';
      const sent = '        -D-U---';
      const expected = '    ------|';

      expectObservable(wire$).toBe(sent, wire);
      expectObservable(pluginServer(host(requests), fakePorts().ports, options)).toBe(expected);
      expectSubscriptions(requests.subscriptions).toBe(requestSubs);
    }),
  );

  it(
    'runs turns concurrently, each with its own sequence numbers',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const { host, turn, wire$ } = fakeWire();
      const requests = hot('-1---2----------------|', {
        1: turn(1, '/one'),
        2: turn('two', '/two'),
      });
      const codex = cold('   --T--a--C--(x|)       ', codexOut);
      const oneSubs = '     -^----------!          ';
      const twoSubs = '     -----^----------!      ';
      const sent = '        -M---mt---u-(EA)(eb)  ';
      const expected = '    ----------------------|';
      const { ports } = fakePorts({ inOrder: createWorkspaceQueue(4), codex$: () => codex });

      expectObservable(wire$).toBe(sent, wire);
      expectObservable(pluginServer(host(requests), ports, options)).toBe(expected);
      expectSubscriptions(codex.subscriptions).toBe([oneSubs, twoSubs]);
    }),
  );

  it(
    'runs the turns of one workspace in order',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const { host, turn, wire$ } = fakeWire();
      const requests = hot('-(12)----------------------|', { 1: turn(1), 2: turn('two') });
      const codex = cold('   --T--a--C--(x|)            ', codexOut);
      const oneSubs = '     -^----------!               ';
      const twoSubs = '     ------------^----------!    ';
      const sent = '        -M----t-----(EAm)u-----(eb)';
      const expected = '    ---------------------------|';
      const { ports } = fakePorts({ inOrder: createWorkspaceQueue(4), codex$: () => codex });

      expectObservable(wire$).toBe(sent, wire);
      expectObservable(pluginServer(host(requests), ports, options)).toBe(expected);
      expectSubscriptions(codex.subscriptions).toBe([oneSubs, twoSubs]);
    }),
  );

  it(
    'responds that a turn failed',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const { host, turn, wire$ } = fakeWire();
      const requests = hot('-r---|', { r: turn(1) });
      const codex = cold('   --(x|)', codexOut);
      const subs = '        -^-!   ';
      const sent = '        -M-(FR)';
      const expected = '    -----|';
      const died: TurnEvent = {
        type: 'error',
        kind: 'process_died',
        message:
          'codex: the process exited with code 0 and said nothing; it printed no event at all: is "binary" in config.json really codex?',
        retryable: true,
      };
      const { ports } = fakePorts({ codex$: () => codex });

      expectObservable(wire$).toBe(sent, {
        ...wire,
        F: event(1, 1, died),
        R: result(1, { outcome: 'failed', events: 2 }),
      });
      expectObservable(pluginServer(host(requests), ports, options)).toBe(expected);
      expectSubscriptions(codex.subscriptions).toBe(subs);
    }),
  );

  describe('refusals', () => {
    const refused = (message: string, kind = 'invalid_request') =>
      refusal('r', -32602, message, kind);
    it.each([
      [
        'a turn without an agent',
        params({ agent: undefined }),
        refused('codex: agent workspace required (host must supply AgentContext)'),
      ],
      [
        'a turn without a workspace',
        params({ agent: { agent_id: 'ada' } }),
        refused('codex: agent workspace required (host must supply AgentContext)'),
      ],
      [
        'a turn with an empty workspace',
        params({ agent: { workspace: '' } }),
        refused('codex: agent workspace required (host must supply AgentContext)'),
      ],
      [
        'a turn without user text',
        params({ request: { messages: [{ role: 'assistant', content: 'hi' }] } }),
        refused('codex: no user text in request messages'),
      ],
      [
        'a turn with a prompt that codex would not take',
        params({ request: { messages: [{ role: 'user', content: 'a'.repeat(1_048_577) }] } }),
        refused(
          'codex: the prompt is longer than 1048576 characters, which is all that codex takes (shorten the prompt)',
          'prompt_too_large',
        ),
      ],
    ])('refuses %s, without an event', (_what, asked, answer) => {
      marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
        const { host, request, wire$ } = fakeWire();
        const requests = hot('-r-|', { r: request('r', 'plexum/provider/stream', asked) });
        const session = cold(' |  ', { s: {} });
        const sent = '        -R--';
        const expected = '    ---|';
        const { ports } = fakePorts({ readSession$: () => session });

        expectObservable(wire$).toBe(sent, { R: answer });
        expectObservable(pluginServer(host(requests), ports, options)).toBe(expected);
        expectSubscriptions(session.subscriptions).toBe([]);
      })();
    });

    it(
      'refuses every turn when the config is invalid, but answers with the manifest',
      marbles(({ hot, expectObservable, expectSubscriptions }) => {
        const { host, request, turn, wire$ } = fakeWire();
        const requests = hot('-r-d--|', {
          r: turn(1),
          d: request('manifest', 'plexum/manifest/read', {}),
        });
        const requestSubs = ' ^-----!';
        const sent = '        -P-D---';
        const expected = '    ------|';
        const problem = '/p/config.json is not JSON';

        expectObservable(wire$).toBe(sent, { ...wire, P: refusal(1, -32603, problem, 'config') });
        expectObservable(
          pluginServer(host(requests), fakePorts().ports, { ...options, problem }),
        ).toBe(expected);
        expectSubscriptions(requests.subscriptions).toBe(requestSubs);
      }),
    );

    it(
      'refuses a request whose workflow fails, and no other',
      marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
        const { host, turn, wire$ } = fakeWire();
        const requests = hot('-1-2-----------------|', {
          1: turn(1, '/ok'),
          2: turn('two', '/broken'),
        });
        const codex = cold('   --T--a--C--(x|)      ', codexOut);
        const broken = cold('    ---#               ', undefined, new Error('no queue'));
        const subs = '        -^----------!         ';
        const brokenSubs = '  ---^--!               ';
        const sent = '        -M----(tR)--(EA)      ';
        const expected = '    ---------------------|';
        const { ports } = fakePorts({
          inOrder: (workspace, _hurry$, source$) =>
            workspace === '/broken' ? broken.pipe(ignoreElements()) : source$,
          codex$: () => codex,
        });

        expectObservable(wire$).toBe(sent, {
          ...wire,
          R: refusal('two', -32603, 'Error: no queue', 'internal'),
        });
        expectObservable(pluginServer(host(requests), ports, options)).toBe(expected);
        expectSubscriptions(codex.subscriptions).toBe(subs);
        expectSubscriptions(broken.subscriptions).toBe(brokenSubs);
      }),
    );

    it(
      'refuses a request whose workflow throws, and no other',
      marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
        const { host, turn, wire$ } = fakeWire();
        const requests = hot('-2-1-----------------|', {
          1: turn(1, '/ok'),
          2: turn('two', '/broken'),
        });
        const codex = cold('     --T--a--C--(x|)    ', codexOut);
        const subs = '        ---^----------!       ';
        const sent = '        -R-M----t-----(EA)    ';
        const expected = '    ---------------------|';
        const { ports } = fakePorts({
          readSession$: (workspace) => {
            if (workspace === '/broken') throw new Error('no file system');
            return of({});
          },
          codex$: () => codex,
        });

        expectObservable(wire$).toBe(sent, {
          ...wire,
          R: refusal('two', -32603, 'Error: no file system', 'internal'),
        });
        expectObservable(pluginServer(host(requests), ports, options)).toBe(expected);
        expectSubscriptions(codex.subscriptions).toBe(subs);
      }),
    );
  });

  describe('cancels', () => {
    it(
      'cancels the turn that the host cancels, and no other',
      marbles(({ cold, hot, expectObservable, expectSubscriptions, flush }) => {
        const { host, turn, wire$ } = fakeWire();
        const cancel = hot('  --------c               ');
        const requests = hot('-1--2------------------|', {
          1: turn(1, '/one', cancel),
          2: turn('two', '/two'),
        });
        const one = cold('     --T--a----------------', codexOut);
        const dying = cold('          -----(X|)      ', codexOut);
        const two = cold('        --T--a--C------(x|)', codexOut);
        const oneSubs = '     -^------!               ';
        const dyingSubs = '   --------^----!          ';
        const twoSubs = '     ----^--------------!    ';
        const sent = '        -M--m-t--u---(KB)--(eb) ';
        const expected = '    -----------------------|';
        const reasons: Cancel[] = [];
        const { ports } = fakePorts({
          readSession$: (workspace) => of({ complaint: workspace }),
          codexRun$: ({ workspace }) =>
            of({ file: '/bin/codex', args: [], cwd: workspace, env: {}, stdin: '' }),
          codex$: (run, cancel$) =>
            run.cwd === '/one'
              ? cancellable(one, dying)(run, cancel$.pipe(tap((reason) => reasons.push(reason))))
              : two.pipe(takeUntil(cancel$)),
        });

        expectObservable(wire$).toBe(sent, wire);
        expectObservable(pluginServer(host(requests), ports, options)).toBe(expected);
        expectSubscriptions(one.subscriptions).toBe(oneSubs);
        expectSubscriptions(dying.subscriptions).toBe(dyingSubs);
        expectSubscriptions(two.subscriptions).toBe(twoSubs);
        flush();
        expect(reasons).toEqual([{ reason: 'host', graceMs: 5_000 }]);
      }),
    );

    it(
      'cancels a queued turn at once',
      marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
        const { host, turn, wire$ } = fakeWire();
        const cancel = hot('  ----c              ');
        const requests = hot('-1-2--------------|', {
          1: turn(1),
          2: turn('two', '/w', cancel),
        });
        const codex = cold('   --T------a--C--(x|)', codexOut);
        const subs = '        -^--------------!  ';
        const sent = '        -M--(mnk)-t-----(EA)';
        const expected = '    ------------------|';
        const { ports } = fakePorts({ inOrder: createWorkspaceQueue(4), codex$: () => codex });

        expectObservable(wire$).toBe(sent, wire);
        expectObservable(pluginServer(host(requests), ports, options)).toBe(expected);
        expectSubscriptions(codex.subscriptions).toBe(subs);
      }),
    );
  });

  describe('shutdown', () => {
    it(
      'cancels and answers every open turn, then completes, when the host closes a pipe',
      marbles(({ cold, hot, expectObservable, expectSubscriptions, flush }) => {
        const { host, turn, wire$ } = fakeWire();
        const requests = hot('-1-2-----3------------', {
          1: turn(1),
          2: turn('two'),
          3: turn('three'),
        });
        const closed = hot('  -------c--------------');
        const codex = cold('   --T--a---------------', codexOut);
        const dying = cold('         -----(X|)      ', codexOut);
        const subs = '        -^-----!              ';
        const dyingSubs = '   -------^----!         ';
        const requestSubs = ' ^------!              ';
        const sent = '        -M----t(mnk)(KB)      ';
        const expected = '    ------------|         ';
        const reasons: Cancel[] = [];
        const { ports } = fakePorts({
          inOrder: createWorkspaceQueue(4),
          codex$: (run, cancel$) =>
            cancellable(codex, dying)(run, cancel$.pipe(tap((reason) => reasons.push(reason)))),
        });

        expectObservable(wire$).toBe(sent, wire);
        expectObservable(pluginServer(host(requests, closed), ports, options)).toBe(expected);
        expectSubscriptions(codex.subscriptions).toBe(subs);
        expectSubscriptions(dying.subscriptions).toBe(dyingSubs);
        expectSubscriptions(requests.subscriptions).toBe(requestSubs);
        expectSubscriptions(closed.subscriptions).toBe(requestSubs);
        flush();
        expect(reasons).toEqual([{ reason: 'shutdown', graceMs: 700 }]);
      }),
    );

    it(
      'answers a turn 1.65 s after the shutdown also when its processes are not gone yet',
      marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
        const { host, turn, wire$ } = fakeWire();
        const requests = hot('-1-----------------', { 1: turn(1) });
        const closed = hot('  -------c-----------');
        const codex = cold('   --T--a------------', codexOut);
        const dying = cold('         -           ', codexOut);
        const subs = '        -^-----!           ';
        const dyingSubs = '   ------- ^ 1649ms ! ';
        const sent = '        -M----t 1650ms (KB)';
        const expected = '    ------- 1650ms |   ';
        const { ports } = fakePorts({ codex$: cancellable(codex, dying) });

        expectObservable(wire$).toBe(sent, wire);
        expectObservable(pluginServer(host(requests, closed), ports, options)).toBe(expected);
        expectSubscriptions(codex.subscriptions).toBe(subs);
        expectSubscriptions(dying.subscriptions).toBe(dyingSubs);
      }),
    );

    it(
      'shuts down on a signal',
      marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
        const { host, turn, wire$ } = fakeWire();
        const requests = hot(' -1---------------', { 1: turn(1) });
        const terminate = hot('-------s-s-------');
        const codex = cold('    --T--a----------', codexOut);
        const dying = cold('          -----(X|) ', codexOut);
        const subs = '         -^-----!         ';
        const dyingSubs = '    -------^----!    ';
        const terminateSubs = '^------!         ';
        const sent = '         -M----t-----(KB) ';
        const expected = '     ------------|    ';
        const { ports } = fakePorts({ codex$: cancellable(codex, dying) });

        expectObservable(wire$).toBe(sent, wire);
        expectObservable(
          pluginServer(host(requests), ports, { ...options, terminate$: terminate }),
        ).toBe(expected);
        expectSubscriptions(codex.subscriptions).toBe(subs);
        expectSubscriptions(dying.subscriptions).toBe(dyingSubs);
        expectSubscriptions(terminate.subscriptions).toBe(terminateSubs);
      }),
    );

    it(
      'completes at once when no turn is open, and ignores later requests',
      marbles(({ hot, expectObservable, expectSubscriptions }) => {
        const { host, request, wire$ } = fakeWire();
        const requests = hot('-d----e--', {
          d: request('manifest', 'plexum/manifest/read', {}),
          e: request('late', 'plexum/manifest/read', {}),
        });
        const closed = hot('  ---c-----');
        const requestSubs = ' ^--!     ';
        const sent = '        -D-------';
        const expected = '    ---|     ';

        expectObservable(wire$).toBe(sent, wire);
        expectObservable(pluginServer(host(requests, closed), fakePorts().ports, options)).toBe(
          expected,
        );
        expectSubscriptions(requests.subscriptions).toBe(requestSubs);
      }),
    );

    it(
      'completes at shutdown when the process of a cancelled turn has exited',
      marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
        const { host, turn, wire$ } = fakeWire();
        const cancel = hot('  -------c---------');
        const closed = hot('  ---------c-------');
        const requests = hot('-1---------------', { 1: turn(1, '/w', cancel) });
        const codex = cold('   --T--a----------', codexOut);
        const dying = cold('         -----(X|) ', codexOut);
        const dyingSubs = '   -------^----!    ';
        const sent = '        -M----t-----(KB) ';
        const expected = '    ------------|    ';
        const { ports } = fakePorts({ codex$: cancellable(codex, dying) });

        expectObservable(wire$).toBe(sent, wire);
        expectObservable(pluginServer(host(requests, closed), ports, options)).toBe(expected);
        expectSubscriptions(dying.subscriptions).toBe(dyingSubs);
      }),
    );
  });

  it(
    'completes with the requests, after the last turn',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const { host, turn, wire$ } = fakeWire();
      const requests = hot('-r-|             ', { r: turn(1) });
      const codex = cold('   --T--a--C--(x|)', codexOut);
      const subs = '        -^----------!   ';
      const requestSubs = ' ^--!            ';
      const sent = '        -M----t-----(EA)';
      const expected = '    ------------|   ';
      const { ports } = fakePorts({ codex$: () => codex });

      expectObservable(wire$).toBe(sent, wire);
      expectObservable(pluginServer(host(requests), ports, options)).toBe(expected);
      expectSubscriptions(codex.subscriptions).toBe(subs);
      expectSubscriptions(requests.subscriptions).toBe(requestSubs);
    }),
  );

  it(
    'waits for a host that sends nothing',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const { host, wire$ } = fakeWire();
      const requests = hot<HostRequest>('-----');
      const requestSubs = '              ^----';
      const silence = '                  -----';

      expectObservable(wire$).toBe(silence);
      expectObservable(pluginServer(host(requests), fakePorts().ports, options)).toBe(silence);
      expectSubscriptions(requests.subscriptions).toBe(requestSubs);
    }),
  );

  it(
    'fails when the requests cannot be read',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const { host, wire$ } = fakeWire();
      const requests = hot<HostRequest>('---#', undefined, new Error('EIO'));
      const requestSubs = '              ^--!';
      const silence = '                  ----';
      const expected = '                 ---#';

      expectObservable(wire$).toBe(silence);
      expectObservable(pluginServer(host(requests), fakePorts().ports, options)).toBe(
        expected,
        undefined,
        new Error('EIO'),
      );
      expectSubscriptions(requests.subscriptions).toBe(requestSubs);
    }),
  );

  it(
    'answers a burst of requests with a synchronous codex',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const { host, request, turn, wire$ } = fakeWire();
      const requests = cold('(d12|)     ', {
        d: request('manifest', 'plexum/manifest/read', {}),
        1: turn(1),
        2: turn('two'),
      });
      const codex = cold('   (TaCx|)    ', codexOut);
      const subs = '         (^!)       ';
      const sent = '         (DMtEAmueb)';
      const expected = '     |          ';
      const { ports } = fakePorts({ inOrder: createWorkspaceQueue(4), codex$: () => codex });

      expectObservable(wire$).toBe(sent, wire);
      expectObservable(pluginServer(host(requests), ports, options)).toBe(expected);
      expectSubscriptions(requests.subscriptions).toBe(subs);
      expectSubscriptions(codex.subscriptions).toBe([subs, subs]);
    }),
  );

  it(
    'ends every turn without an event when unsubscribed',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const { host, turn, wire$ } = fakeWire();
      const requests = hot(' -1-2--------', { 1: turn(1), 2: turn('two') });
      const codex = cold('    --T--a--C--', codexOut);
      const closed = hot('   ---------c--');
      const terminate = hot('----------s-');
      const unsub = '        -------!    ';
      const subs = '         -^-----!    ';
      const serverSubs = '   ^------!    ';
      const sent = '         -M----t-    ';
      const expected = '     --------    ';
      const { ports } = fakePorts({ inOrder: createWorkspaceQueue(4), codex$: () => codex });

      expectObservable(wire$).toBe(sent, wire);
      expectObservable(
        pluginServer(host(requests, closed), ports, { ...options, terminate$: terminate }),
        unsub,
      ).toBe(expected);
      expectSubscriptions(codex.subscriptions).toBe(subs);
      expectSubscriptions(requests.subscriptions).toBe(serverSubs);
      expectSubscriptions(closed.subscriptions).toBe(serverSubs);
      expectSubscriptions(terminate.subscriptions).toBe(serverSubs);
    }),
  );

  it(
    'has no time limit for a turn',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const { host, turn, wire$ } = fakeWire();
      const requests = hot('-r-|              ', { r: turn(1) });
      const codex = cold('   T 180m aC(x|)    ', codexOut);
      const subs = '        -^ 10800002ms !   ';
      const sent = '        -M 180m t-(EA)    ';
      const expected = '    - 180m ---|       ';
      const { ports } = fakePorts({ codex$: () => codex });

      expectObservable(wire$).toBe(sent, wire);
      expectObservable(pluginServer(host(requests), ports, options)).toBe(expected);
      expectSubscriptions(codex.subscriptions).toBe(subs);
    }),
  );

  it(
    'serves again with each subscription, also after a shutdown',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const { host, turn, wire$ } = fakeWire();
      const requests = hot('-1----------2-------------', { 1: turn(1), 2: turn('two') });
      const closed = hot('  -------c-----------------');
      const one = cold('     --T--a-----------------', codexOut);
      const dying = cold('         (X|)             ', codexOut);
      const two = cold('                --T--a--C--(x|)', codexOut);
      const first = '       ^                         ';
      const firstSubs = '   ^------!                  ';
      const oneSubs = '     -^-----!                  ';
      const dyingSubs = '   -------(^!)               ';
      const second = '      ----------^               ';
      const ended = '       -------|                  ';
      const open = '        --------------------------';
      const twoSubs = '     ------------^----------!  ';
      const sent = '        -M----t(KB)-m----u-----(eb)';
      const { ports } = fakePorts();
      const ends = [cancellable(one, dying), () => two];
      const server$ = pluginServer(
        host(requests, closed),
        { ...ports, codex$: (run, cancel$) => ends.shift()?.(run, cancel$) ?? NEVER },
        options,
      );

      expectObservable(wire$).toBe(sent, wire);
      expectObservable(server$, first).toBe(ended);
      expectObservable(server$, second).toBe(open);
      expectSubscriptions(requests.subscriptions).toBe([firstSubs, second]);
      expectSubscriptions(one.subscriptions).toBe(oneSubs);
      expectSubscriptions(dying.subscriptions).toBe(dyingSubs);
      expectSubscriptions(two.subscriptions).toBe(twoSubs);
    }),
  );

  it(
    'logs the agent and the workspace of a turn',
    marbles(({ cold, hot, expectObservable, expectSubscriptions, flush }) => {
      const { host, turn, wire$ } = fakeWire();
      const requests = hot('-r-----------------', { r: turn(1) });
      const codex = cold('   --T--a--C--(x|)  ', codexOut);
      const subs = '        -^----------!     ';
      const sent = '        -M----t-----(EA)  ';
      const expected = '    ------------------';
      const { ports, logs } = fakePorts({
        codex$: () => codex,
        writeSession$: () => throwError(() => new Error('EROFS')),
      });

      expectObservable(wire$).toBe(sent, wire);
      expectObservable(pluginServer(host(requests), ports, options)).toBe(expected);
      expectSubscriptions(codex.subscriptions).toBe(subs);
      flush();
      expect(logs).toMatchObject([
        { level: 'warning', fields: { agent_id: 'ada', workspace: '/w', thread_id: THREAD } },
        { level: 'debug', fields: { agent_id: 'ada', workspace: '/w', code: 0 } },
        {
          level: 'info',
          msg: 'a turn ended',
          fields: {
            agent_id: 'ada',
            workspace: '/w',
            outcome: 'completed',
            thread_id: THREAD,
            duration_ms: 11,
          },
        },
      ]);
    }),
  );
});
