import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { mergeMap, NEVER, Observable, of, Subject, take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { HostCall } from '../../src/bridge/answer-call.js';
import type { Access, EndpointEvent, ToolCall } from '../../src/bridge/endpoint.js';
import { type BridgePorts, MAX_CALLS, MAX_OPEN, toolBridge } from '../../src/bridge/tool-bridge.js';
import type { ToolList } from '../../src/bridge/tool-list.js';
import { toolName } from '../../src/bridge/tool-names.js';
import type { Notice } from '../../src/canonical/notice.js';
import type { ToolSpec } from '../../src/canonical/turn-request.js';
import { marbles } from '../support/marbles.js';
import type { LogCall } from '../support/ports.js';
import { testSynchronousStop } from '../support/unsubscription.js';

const TIMEOUT_MS = 600_000;

const specs: readonly ToolSpec[] = [{ name: 'add' }, { name: 'big' }, { name: 'my tool' }];
const access: Access = {
  server: { url: '"http://127.0.0.1:1/mcp"' },
  env: { PLEXUM_MCP_TOKEN: 'secret' },
};
const opened = { L: access };

const text = (words: string): CallToolResult => ({ content: [{ type: 'text', text: words }] });
const wrong = (words: string): CallToolResult => ({ ...text(words), isError: true });

/** What the host answers. */
const hostSays = { A: text('add: 4'), B: text('big: 5'), Z: text('again'), n: 'no result' };
const broken = new Error('the host is gone');

/** An answer, by the tool it is for. */
const given = (tool: string, result: CallToolResult): unknown => ({ tool, result });
const answers = {
  A: given('add', hostSays.A),
  B: given('big', hostSays.B),
  U: given('unheard', wrong('there is no tool "unheard"')),
  F: given('add', wrong('the tool add failed: the host is gone')),
  T: given('add', wrong('the tool add failed: it did not answer within 600000 ms')),
  x: given('add', wrong('the turn is over')),
  y: given('big', wrong('the turn is over')),
  W: given('add', {
    content: [{ type: 'text', text: expect.stringContaining('no tool result') }],
    isError: true,
  }),
  I: given('add', {
    content: [{ type: 'text', text: expect.stringContaining('the tool add failed') }],
    isError: true,
  }),
};

/** codex, which makes calls and gets answers. */
const codexSide = () => {
  const answer$ = new Subject<unknown>();
  const call = (name: string, more: Partial<ToolCall> = {}): ToolCall => ({
    type: 'call',
    name,
    arguments: {},
    cancelled$: NEVER,
    progress: () => undefined,
    answer: (result) => {
      answer$.next(given(name, result));
    },
    ...more,
  });
  const events = (cancelled$: Observable<unknown> = NEVER): Record<string, EndpointEvent> => ({
    L: { type: 'listening', access },
    a: call('add'),
    b: call('big'),
    c: call('add', { cancelled$ }),
    u: call('unheard'),
  });
  return { answer$, call, events };
};

/** The bridge of agent ada, with a host that has one source a tool. */
const createBridge = (
  endpoint: Observable<EndpointEvent>,
  host: Readonly<Record<string, Observable<unknown>>> = {},
  tools = specs,
) => {
  const logs: LogCall[] = [];
  const calls: HostCall[] = [];
  const listed: ToolList['tools'][] = [];
  const notice$ = new Subject<Notice>();
  const ports: BridgePorts = {
    endpoint$: (list) => {
      listed.push(list);
      return endpoint;
    },
    callTool$: (call) => {
      calls.push(call);
      return host[call.name] ?? NEVER;
    },
    log: (level, msg, fields) => {
      logs.push({ level, msg, ...(fields === undefined ? {} : { fields }) });
    },
    onNotice: (notice) => {
      notice$.next(notice);
    },
  };
  return { bridge$: toolBridge('ada', tools, TIMEOUT_MS, ports), logs, calls, listed, notice$ };
};

describe('toolBridge', () => {
  it(
    'emits the access when the endpoint listens, and passes a call to the host',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const { answer$, events } = codexSide();
      const endpoint = cold('--L---a------   ', events());
      const add = cold('           ---(A|)    ', hostSays);
      const subs = '         ^------------   ';
      const addSubs = '      ------^--!      ';
      const answered = '     ---------A---   ';
      const expected = '     --L----------   ';
      const { bridge$, calls, listed, logs } = createBridge(endpoint, { add });

      expectObservable(answer$).toBe(answered, answers);
      expectObservable(bridge$).toBe(expected, opened);
      expectSubscriptions(endpoint.subscriptions).toBe(subs);
      expectSubscriptions(add.subscriptions).toBe(addSubs);
      flush();
      expect(calls).toEqual([{ agent_id: 'ada', name: 'add', arguments: {} }]);
      expect(listed.map((tools) => tools.length)).toEqual([3]);
      expect(logs).toEqual([]);
    }),
  );

  it(
    'calls the host with its own tool name, the arguments and the call id',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const { call } = codexSide();
      const n = call(toolName('my tool'), { arguments: { x: [1, null] }, callId: 'call_1' });
      const endpoint = cold('--n----------   ', { n });
      const tool = cold('      --(A|)        ', hostSays);
      const subs = '         ^------------   ';
      const toolSubs = '     --^-!           ';
      const expected = '     -------------   ';
      const { bridge$, calls } = createBridge(endpoint, { 'my tool': tool });

      expectObservable(bridge$).toBe(expected, opened);
      expectSubscriptions(endpoint.subscriptions).toBe(subs);
      expectSubscriptions(tool.subscriptions).toBe(toolSubs);
      flush();
      expect(calls).toEqual([
        { agent_id: 'ada', name: 'my tool', arguments: { x: [1, null] }, call_id: 'call_1' },
      ]);
    }),
  );

  it(
    'runs calls concurrently and answers each when the host answers',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const { answer$, events } = codexSide();
      const endpoint = cold('L-a-b------------', events());
      const add = cold('       --------(A|)    ', hostSays);
      const big = cold('         --(B|)        ', hostSays);
      const subs = '         ^----------------';
      const addSubs = '      --^-------!      ';
      const bigSubs = '      ----^-!          ';
      const answered = '     ------B---A------';
      const expected = '     L----------------';
      const { bridge$ } = createBridge(endpoint, { add, big });

      expectObservable(answer$).toBe(answered, answers);
      expectObservable(bridge$).toBe(expected, opened);
      expectSubscriptions(endpoint.subscriptions).toBe(subs);
      expectSubscriptions(add.subscriptions).toBe(addSubs);
      expectSubscriptions(big.subscriptions).toBe(bigSubs);
    }),
  );

  it(
    'answers a burst of 20 calls',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const { answer$, events } = codexSide();
      const endpoint = cold('L-(aaaaaaaaaaaaaaaaaaaa)', events());
      const add = cold('       -----(A|)              ', hostSays);
      const subs = '         ^                        ';
      const addSubs = '      --^----!                 ';
      const answered = '     -------(AAAAAAAAAAAAAAAAAAAA)';
      const expected = '     L                        ';
      const { bridge$, calls } = createBridge(endpoint, { add });

      expectObservable(answer$).toBe(answered, answers);
      expectObservable(bridge$).toBe(expected, opened);
      expectSubscriptions(endpoint.subscriptions).toBe(subs);
      expectSubscriptions(add.subscriptions).toBe(Array.from({ length: 20 }, () => addSubs));
      flush();
      expect(calls).toHaveLength(20);
    }),
  );

  it(
    'refuses a call beside 1,024 open ones as a tool error, and serves the next call after an end',
    marbles(({ cold, hot, expectObservable, expectSubscriptions, flush }) => {
      const { answer$, events, call } = codexSide();
      const done$ = hot('     --------x----', { x: true });
      const flood = Array.from({ length: MAX_OPEN - 1 }, () => call('big'));
      const source = cold('L-c-f-b----a-');
      const endpoint = source.pipe(
        mergeMap((name) => (name === 'f' ? flood : [events(done$)[name] ?? call(name)])),
      );
      const answered = '     ------R------';
      const unsub = '        ^------------!';
      const expected = '     L------------';
      const { bridge$, calls } = createBridge(endpoint);
      const refused = given('big', wrong('1024 calls are open in this turn: wait for a result'));

      expectObservable(answer$, unsub).toBe(answered, { R: refused });
      expectObservable(bridge$, unsub).toBe(expected, opened);
      expectSubscriptions(source.subscriptions).toBe(unsub);
      flush();
      expect(calls).toHaveLength(65);
    }),
  );

  it(
    'answers a call that still waits for the host when the turn is over, and none twice',
    marbles(({ hot, expectObservable, expectSubscriptions, flush }) => {
      const { answer$, call, events } = codexSide();
      const cancelled = hot('-----x------', { x: true });
      const flood = Array.from({ length: MAX_CALLS }, () => call('big', { answer: () => {} }));
      const source = hot('   L-u-c-f-b-a-');
      const endpoint = source.pipe(
        mergeMap((name) => (name === 'f' ? flood : [events(cancelled)[name] ?? call(name)])),
      );
      const unsub = '        ---------!  ';
      const subs = '         ^--------!  ';
      const cancelSubs = '   ----^!      ';
      const answered = '     --U------y--';
      const expected = '     L---------  ';
      const { bridge$, calls } = createBridge(endpoint);

      expectObservable(answer$).toBe(answered, answers);
      expectObservable(bridge$, unsub).toBe(expected, opened);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(cancelled.subscriptions).toBe(cancelSubs);
      flush();
      expect(calls).toHaveLength(MAX_CALLS + 1);
    }),
  );

  it(
    'answers a call of an unknown tool at once, without the host',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const { answer$, events } = codexSide();
      const endpoint = cold('L-u-------', events());
      const subs = '         ^---------';
      const answered = '     --U-------';
      const expected = '     L---------';
      const { bridge$, calls } = createBridge(endpoint);

      expectObservable(answer$).toBe(answered, answers);
      expectObservable(bridge$).toBe(expected, opened);
      expectSubscriptions(endpoint.subscriptions).toBe(subs);
      flush();
      expect(calls).toEqual([]);
    }),
  );

  it(
    'answers with a tool error when the host fails, and serves the next call',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const { answer$, events } = codexSide();
      const endpoint = cold('L-a-----b---', events());
      const add = cold('       ---#       ', hostSays, broken);
      const big = cold('             -(B|) ', hostSays);
      const subs = '         ^-----------';
      const addSubs = '      --^--!      ';
      const bigSubs = '      --------^!  ';
      const answered = '     -----F---B--';
      const expected = '     L-----------';
      const { bridge$ } = createBridge(endpoint, { add, big });

      expectObservable(answer$).toBe(answered, answers);
      expectObservable(bridge$).toBe(expected, opened);
      expectSubscriptions(endpoint.subscriptions).toBe(subs);
      expectSubscriptions(add.subscriptions).toBe(addSubs);
      expectSubscriptions(big.subscriptions).toBe(bigSubs);
    }),
  );

  it(
    'answers with a tool error when the host answers with no result',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const { answer$, events } = codexSide();
      const endpoint = cold('L-a-------', events());
      const add = cold('       --(n|)  ', hostSays);
      const addSubs = '      --^-!     ';
      const answered = '     ----W-----';
      const expected = '     L---------';
      const { bridge$ } = createBridge(endpoint, { add });

      expectObservable(answer$).toBe(answered, answers);
      expectObservable(bridge$).toBe(expected, opened);
      expectSubscriptions(add.subscriptions).toBe(addSubs);
    }),
  );

  it(
    'answers with a tool error when the host completes without an answer',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const { answer$, events } = codexSide();
      const endpoint = cold('L-a-------', events());
      const add = cold('       --|     ', hostSays);
      const addSubs = '      --^-!     ';
      const answered = '     ----I-----';
      const expected = '     L---------';
      const { bridge$ } = createBridge(endpoint, { add });

      expectObservable(answer$).toBe(answered, answers);
      expectObservable(bridge$).toBe(expected, opened);
      expectSubscriptions(add.subscriptions).toBe(addSubs);
    }),
  );

  it(
    'gives up on a host that never answers, as a tool error',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const { answer$, events } = codexSide();
      const endpoint = cold('L-a       ', events());
      const add = cold('       --------', hostSays);
      const addSubs = '      --^ 599999ms !';
      const answered = '     -- 10m T ';
      const expected = '     L        ';
      const { bridge$ } = createBridge(endpoint, { add });

      expectObservable(answer$).toBe(answered, answers);
      expectObservable(bridge$).toBe(expected, opened);
      expectSubscriptions(add.subscriptions).toBe(addSubs);
    }),
  );

  it(
    'waits for a host that answers 1 ms before the timeout',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const { answer$, events } = codexSide();
      const endpoint = cold('L-a                 ', events());
      const add = cold('       599999ms (A|)     ', hostSays);
      const addSubs = '      --^ 599998ms !      ';
      const answered = '     -- 599999ms A       ';
      const expected = '     L                   ';
      const { bridge$ } = createBridge(endpoint, { add });

      expectObservable(answer$).toBe(answered, answers);
      expectObservable(bridge$).toBe(expected, opened);
      expectSubscriptions(add.subscriptions).toBe(addSubs);
    }),
  );

  it(
    'cancels the call at the host when codex cancels it, and sends no answer',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const { answer$, events } = codexSide();
      const cancelled = hot('-----x----------', { x: true });
      const endpoint = cold('L-c-b-----------', events(cancelled));
      const add = hot('      ----------A-----', hostSays);
      const big = cold('         ----(B|)    ', hostSays);
      const cancelSubs = '   --^--!          ';
      const addSubs = '      --^--!          ';
      const bigSubs = '      ----^---!       ';
      const answered = '     --------B-------';
      const expected = '     L---------------';
      const { bridge$ } = createBridge(endpoint, { add, big });

      expectObservable(answer$).toBe(answered, answers);
      expectObservable(bridge$).toBe(expected, opened);
      expectSubscriptions(cancelled.subscriptions).toBe(cancelSubs);
      expectSubscriptions(add.subscriptions).toBe(addSubs);
      expectSubscriptions(big.subscriptions).toBe(bigSubs);
    }),
  );

  it(
    'does not call the host for a call that is already cancelled',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const { answer$, events } = codexSide();
      const endpoint = cold('L-c-------', events(of(true)));
      const add = cold('       --(A|)  ', hostSays);
      const answered = '     ----------';
      const expected = '     L---------';
      const { bridge$ } = createBridge(endpoint, { add });

      expectObservable(answer$).toBe(answered, answers);
      expectObservable(bridge$).toBe(expected, opened);
      expectSubscriptions(add.subscriptions).toBe([]);
    }),
  );

  it(
    'ignores the cancel of an answered call',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const { answer$, events } = codexSide();
      const cancelled = hot('--------x-', { x: true });
      const endpoint = cold('L-c-------', events(cancelled));
      const add = cold('       --(A|)  ', hostSays);
      const cancelSubs = '   --^-!     ';
      const answered = '     ----A-----';
      const expected = '     L---------';
      const { bridge$ } = createBridge(endpoint, { add });

      expectObservable(answer$).toBe(answered, answers);
      expectObservable(bridge$).toBe(expected, opened);
      expectSubscriptions(cancelled.subscriptions).toBe(cancelSubs);
    }),
  );

  it(
    'answers once when the host answers twice',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const { answer$, events } = codexSide();
      const endpoint = cold('L-a-------', events());
      const add = cold('       --A--Z--', hostSays);
      const addSubs = '      --^-!     ';
      const answered = '     ----A-----';
      const expected = '     L---------';
      const { bridge$ } = createBridge(endpoint, { add });

      expectObservable(answer$).toBe(answered, answers);
      expectObservable(bridge$).toBe(expected, opened);
      expectSubscriptions(add.subscriptions).toBe(addSubs);
    }),
  );

  it(
    'sends a synchronous answer',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const { answer$, events } = codexSide();
      const endpoint = cold('L-a-------', events());
      const add = cold('       (AZ|)   ', hostSays);
      const addSubs = '      --(^!)    ';
      const answered = '     --A-------';
      const expected = '     L---------';
      const { bridge$ } = createBridge(endpoint, { add });

      expectObservable(answer$).toBe(answered, answers);
      expectObservable(bridge$).toBe(expected, opened);
      expectSubscriptions(add.subscriptions).toBe(addSubs);
    }),
  );

  it(
    'emits nothing while the endpoint does not listen',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const { events } = codexSide();
      const endpoint = cold('----------', events());
      const subs = '         ^---------';
      const expected = '     ----------';
      const { bridge$ } = createBridge(endpoint);

      expectObservable(bridge$).toBe(expected, opened);
      expectSubscriptions(endpoint.subscriptions).toBe(subs);
    }),
  );

  it(
    'completes with an empty endpoint',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const { events } = codexSide();
      const endpoint = cold('---|      ', events());
      const subs = '         ^--!      ';
      const expected = '     ---|      ';
      const { bridge$ } = createBridge(endpoint);

      expectObservable(bridge$).toBe(expected, opened);
      expectSubscriptions(endpoint.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails with the endpoint and cancels the open calls',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const { answer$, events } = codexSide();
      const endpoint = cold('L-a---#   ', events(), broken);
      const add = hot('      --------A-', hostSays);
      const subs = '         ^-----!   ';
      const addSubs = '      --^---!   ';
      const answered = '     ----------';
      const expected = '     L-----#   ';
      const { bridge$ } = createBridge(endpoint, { add });

      expectObservable(answer$).toBe(answered, answers);
      expectObservable(bridge$).toBe(expected, opened, broken);
      expectSubscriptions(endpoint.subscriptions).toBe(subs);
      expectSubscriptions(add.subscriptions).toBe(addSubs);
    }),
  );

  it(
    'stops listening, cancels every open call and answers it on unsubscribe',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const { answer$, events } = codexSide();
      const endpoint = hot(' L-a-b-----a-', events());
      const add = hot('      --------A---', hostSays);
      const big = hot('      --------B---', hostSays);
      const unsub = '        ------!     ';
      const subs = '         ^-----!     ';
      const addSubs = '      --^---!     ';
      const bigSubs = '      ----^-!     ';
      const answered = '     ------(xy)--';
      const expected = '     L-----      ';
      const { bridge$ } = createBridge(endpoint, { add, big });

      expectObservable(answer$).toBe(answered, answers);
      expectObservable(bridge$, unsub).toBe(expected, opened);
      expectSubscriptions(endpoint.subscriptions).toBe(subs);
      expectSubscriptions(add.subscriptions).toBe(addSubs);
      expectSubscriptions(big.subscriptions).toBe(bigSubs);
    }),
  );

  it(
    'listens again for each subscription',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const { answer$, events } = codexSide();
      const endpoint = cold('--L-a---        ', events());
      const add = cold('         -(A|)       ', hostSays);
      const unsub = '        -------!        ';
      const firstSubs = '    ^------!        ';
      const first = '        --L----         ';
      const later = '        --------^       ';
      const laterSubs = '    --------^       ';
      const second = '       ----------L-----';
      const answered = '     -----A-------A--';
      const { bridge$ } = createBridge(endpoint, { add });

      expectObservable(answer$).toBe(answered, answers);
      expectObservable(bridge$, unsub).toBe(first, opened);
      expectObservable(bridge$, later).toBe(second, opened);
      expectSubscriptions(endpoint.subscriptions).toBe([firstSubs, laterSubs]);
    }),
  );

  describe('with tools that codex cannot use', () => {
    const some: readonly ToolSpec[] = [
      { name: 'add' },
      { name: 'odd', inputSchema: { type: 'string' } },
      { name: 'add', description: 'again' },
    ];

    it(
      'logs each of them and serves the others',
      marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
        const { answer$, events } = codexSide();
        const endpoint = cold('L-a-------', events());
        const add = cold('       --(A|)  ', hostSays);
        const subs = '         ^---------';
        const answered = '     ----A-----';
        const expected = '     L---------';
        const { bridge$, logs, listed } = createBridge(endpoint, { add }, some);

        expectObservable(answer$).toBe(answered, answers);
        expectObservable(bridge$).toBe(expected, opened);
        expectSubscriptions(endpoint.subscriptions).toBe(subs);
        flush();
        expect(listed.map((tools) => tools.map(({ name }) => name))).toEqual([['add']]);
        expect(logs).toEqual([
          {
            level: 'warning',
            msg: 'a tool is left out of this turn',
            fields: { tool: 'odd', reason: expect.stringContaining('its schema is wrong') },
          },
          {
            level: 'warning',
            msg: 'a tool is left out of this turn',
            fields: { tool: 'add', reason: 'there is another tool with this name' },
          },
        ]);
      }),
    );

    it(
      'logs nothing before the subscription',
      marbles(({ cold, expectSubscriptions }) => {
        const endpoint = cold('L---------', codexSide().events());
        const { logs } = createBridge(endpoint, {}, some);

        expectSubscriptions(endpoint.subscriptions).toBe([]);
        expect(logs).toEqual([]);
      }),
    );
  });

  it(
    'notifies when each call starts and ends: answered, unknown, cancelled, cut off',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const cancel = hot('   ------------x---', { x: true });
      const { call, events } = codexSide();
      const endpoint = cold('L--a--u----m--b-', {
        ...events(),
        m: call(toolName('my tool'), { cancelled$: cancel }),
      });
      const add = cold('        --(A|)       ', hostSays);
      const unsub = '        ---------------!';
      const subs = '         ^--------------!';
      const addSubs = '      ---^-!          ';
      const expected = '     L---------------';
      const notices = '      ---a-A(uU)-mM-bB';
      const { bridge$, notice$ } = createBridge(endpoint, { add });

      expectObservable(notice$).toBe(notices, {
        a: { call: { id: 1, tool: 'add' } },
        A: { returned: { id: 1, is_error: false } },
        u: { call: { id: 2, tool: 'unheard' } },
        U: { returned: { id: 2, is_error: true } },
        m: { call: { id: 3, tool: 'my tool' } },
        M: { returned: { id: 3, is_error: true } },
        b: { call: { id: 4, tool: 'big' } },
        B: { returned: { id: 4, is_error: true } },
      });
      expectObservable(bridge$, unsub).toBe(expected, opened);
      expectSubscriptions(endpoint.subscriptions).toBe(subs);
      expectSubscriptions(add.subscriptions).toBe(addSubs);
    }),
  );

  it('stops a synchronous endpoint when unsubscribed', () => {
    const { call } = codexSide();
    const emitted: number[] = [];
    const endpoint = new Observable<EndpointEvent>((subscriber) => {
      for (let n = 1; !subscriber.closed && n < 10; n += 1) {
        emitted.push(n);
        subscriber.next(n === 1 ? { type: 'listening', access } : call('add'));
      }
    });

    createBridge(endpoint).bridge$.pipe(take(1)).subscribe();
    expect(emitted).toEqual([1]);
  });

  it(
    'keeps the unsubscription chain',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const { events } = codexSide();
      const endpoint = hot(' -L-a-----', events());
      const add = hot('      ---------A', hostSays);
      const unsub = '        -----!    ';
      const subs = '         ^----!    ';
      const addSubs = '      ---^-!    ';
      const expected = '     -L---     ';
      const { bridge$ } = createBridge(endpoint.pipe(mergeMap((event) => of(event))), { add });

      expectObservable(bridge$.pipe(mergeMap((opening) => of(opening))), unsub).toBe(
        expected,
        opened,
      );
      expectSubscriptions(endpoint.subscriptions).toBe(subs);
      expectSubscriptions(add.subscriptions).toBe(addSubs);
    }),
  );

  testSynchronousStop('Lab', codexSide().events(), (endpoint$) => createBridge(endpoint$).bridge$);
});
