import { concat, EMPTY, NEVER, of, Subject, takeUntil } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { TurnEvent, Usage } from '../../src/canonical/turn-event.js';
import type { CodexBridge } from '../../src/codex/exec/codex-run.js';
import type { StoredThread } from '../../src/codex/thread-id.js';
import type { Ports } from '../../src/ports.js';
import type { Cancel, Exited, ProcessSignal, Stdout } from '../../src/process/run.js';
import { runTurn, type Turn } from '../../src/turn/run-turn.js';
import { marbles } from '../support/marbles.js';
import { fakePorts, type LogCall, quietRun } from '../support/ports.js';

const THREAD = '01a1fb83-ff35-7422-9e00-a5a8974b6993';
const STORED = '01a1fb58-5a98-7973-8b0a-074f22270974';

const withoutTools: Turn = {
  agentId: 'ada',
  modelId: 'codex',
  model: undefined,
  workspace: '/w',
  text: 'hi',
  images: [],
  tools: [],
};
const turn: Turn = { ...withoutTools, tools: [{ name: 'add', inputSchema: { type: 'object' } }] };
const usage: Usage = {
  input_tokens: 10,
  cached_input_tokens: 4,
  output_tokens: 2,
  reasoning_output_tokens: 1,
};
const noUsage: Usage = {
  input_tokens: 0,
  cached_input_tokens: 0,
  output_tokens: 0,
  reasoning_output_tokens: 0,
};
const byHost: Cancel = { reason: 'host', graceMs: 5_000 };

const line = (event: unknown): Stdout => ({
  type: 'stdout',
  chunk: Buffer.from(`${JSON.stringify(event)}\n`),
});
const exit = (exited: Partial<Exited>): Exited => ({
  type: 'exited',
  code: 0,
  signal: null,
  stderr: '',
  ...exited,
});

/** What codex prints, a line a marble, and its end. */
const codexOut: Record<string, ProcessSignal> = {
  T: line({ type: 'thread.started', thread_id: THREAD }),
  S: line({ type: 'turn.started' }),
  a: line({ type: 'item.completed', item: { id: 'item_0', type: 'agent_message', text: 'hello' } }),
  C: line({ type: 'turn.completed', usage }),
  x: exit({}),
  X: exit({ code: null, signal: 'SIGINT', cancelled: byHost }),
  l: exit({
    code: 1,
    stderr: `Error: thread/resume failed: no rollout found for thread id ${STORED}\n`,
  }),
};

const WARNING = "the host's tools cannot be offered to codex: EMFILE";

/** What the host gets. */
const canonical: Record<string, TurnEvent> = {
  M: { type: 'message_start', model: 'codex' },
  R: { type: 'message_start', model: 'codex', thread_id: STORED },
  t: { type: 'text_delta', text: 'hello' },
  E: { type: 'message_end', stop_reason: 'end_turn', usage, thread_id: THREAD },
  K: { type: 'message_end', stop_reason: 'cancelled', usage: noUsage, thread_id: THREAD },
  N: { type: 'message_end', stop_reason: 'cancelled', usage: noUsage, thread_id: '' },
  f: {
    type: 'error',
    kind: 'mcp_startup',
    message: `codex: ${WARNING}; send it again, or set "bridge_required": false in config.json to run turns without the tools`,
    retryable: false,
  },
};

const open: CodexBridge = {
  tools: 1,
  overrides: () => ['-c', 'mcp_servers.plexum-host-ada.url="http://127.0.0.1:1/mcp"'],
  env: { PLEXUM_MCP_TOKEN: 'secret' },
  threadConfig: () => ({}),
  warning: () => undefined,
};
const bridges = { B: open };
const broken = new Error('EMFILE');
const stored: StoredThread = { threadId: STORED };

/**
 * Ports that keep the requests for a bridge and for codex. `warning$` emits each warning when it is
 * logged.
 */
const watched = (given: Partial<Ports>) => {
  const asked: unknown[] = [];
  const plans: unknown[] = [];
  const logs: LogCall[] = [];
  const warning$ = new Subject<string>();
  const { ports } = fakePorts({
    log: (level, msg, fields) => {
      logs.push({ level, msg, ...(fields === undefined ? {} : { fields }) });
      if (level === 'warning') warning$.next(msg);
    },
    codexRun$: ({ threadId, bridge }) => {
      plans.push({ threadId, bridge });
      return of(quietRun);
    },
    ...given,
    bridge$: ({ agentId, workspace, tools }) => {
      asked.push({ agentId, tools });
      return given.bridge$?.({ agentId, workspace, tools }) ?? NEVER;
    },
  });
  return { ports, logs, warning$, asked, plans };
};

const isWarning = ({ level }: LogCall): boolean => level === 'warning';

describe('runTurn with tools', () => {
  it(
    'opens no bridge for a turn without tools',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const bridge = cold('  B--------------   ', bridges);
      const codex = cold('   --T--a--C--(x|)   ', codexOut);
      const codexSubs = '    ^----------!      ';
      const expected = '     M----t-----(E|)   ';
      const { ports, asked, plans } = watched({ bridge$: () => bridge, codex$: () => codex });

      expectObservable(runTurn(withoutTools, NEVER, ports)).toBe(expected, canonical);
      expectSubscriptions(bridge.subscriptions).toBe([]);
      expectSubscriptions(codex.subscriptions).toBe(codexSubs);
      flush();
      expect(asked).toEqual([]);
      expect(plans).toEqual([{ threadId: undefined, bridge: undefined }]);
    }),
  );

  it(
    'opens the bridge before codex starts, and closes it with the last event',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const bridge = cold('  ---B-------------- ', bridges);
      const codex = cold('      --T--a--C--(x|) ', codexOut);
      const bridgeSubs = '   ^-------------!    ';
      const codexSubs = '    ---^----------!    ';
      const expected = '     M-------t-----(E|) ';
      const { ports, asked, plans, logs } = watched({ bridge$: () => bridge, codex$: () => codex });

      expectObservable(runTurn(turn, NEVER, ports)).toBe(expected, canonical);
      expectSubscriptions(bridge.subscriptions).toBe(bridgeSubs);
      expectSubscriptions(codex.subscriptions).toBe(codexSubs);
      flush();
      expect(asked).toEqual([{ agentId: 'ada', tools: turn.tools }]);
      expect(plans).toEqual([{ threadId: undefined, bridge: open }]);
      expect(logs.filter(isWarning)).toEqual([]);
    }),
  );

  it(
    'starts codex when the bridge has opened, after minutes if it must',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const bridge = cold('  5m B ------------- ', bridges);
      const codex = cold('     --T--a--C--(x|)  ', codexOut);
      const bridgeSubs = '   ^ 300010ms !       ';
      const codexSubs = '    5m ^----------!    ';
      const expected = '     M 299999ms -----t-----(E|)';
      const { ports } = watched({ bridge$: () => bridge, codex$: () => codex });

      expectObservable(runTurn(turn, NEVER, ports)).toBe(expected, canonical);
      expectSubscriptions(bridge.subscriptions).toBe(bridgeSubs);
      expectSubscriptions(codex.subscriptions).toBe(codexSubs);
    }),
  );

  it(
    'continues the turn when the bridge completes after it has opened',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const bridge = cold('  ---(B|)            ', bridges);
      const codex = cold('      --T--a--C--(x|) ', codexOut);
      const bridgeSubs = '   ^--!               ';
      const codexSubs = '    ---^----------!    ';
      const expected = '     M-------t-----(E|) ';
      const { ports } = watched({ bridge$: () => bridge, codex$: () => codex });

      expectObservable(runTurn(turn, NEVER, ports)).toBe(expected, canonical);
      expectSubscriptions(bridge.subscriptions).toBe(bridgeSubs);
      expectSubscriptions(codex.subscriptions).toBe(codexSubs);
    }),
  );

  it(
    'runs the turn without tools and logs a warning when the bridge completes without opening',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const bridge = cold('  ---|               ', bridges);
      const codex = cold('      --T--a--C--(x|) ', codexOut);
      const bridgeSubs = '   ^--!               ';
      const codexSubs = '    ---^----------!    ';
      const expected = '     M-------t-----(E|) ';
      const { ports, logs } = watched({ bridge$: () => bridge, codex$: () => codex });

      expectObservable(runTurn(turn, NEVER, ports)).toBe(expected, canonical);
      expectSubscriptions(bridge.subscriptions).toBe(bridgeSubs);
      expectSubscriptions(codex.subscriptions).toBe(codexSubs);
      flush();
      expect(logs.filter(isWarning)).toHaveLength(1);
    }),
  );

  it(
    'closes the bridge and codex when unsubscribed',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const bridge = cold('  ---B-------------- ', bridges);
      const codex = cold('      --T--a--C--(x|) ', codexOut);
      const unsub = '        ---------!         ';
      const bridgeSubs = '   ^--------!         ';
      const codexSubs = '    ---^-----!         ';
      const expected = '     M-------t          ';
      const { ports } = watched({ bridge$: () => bridge, codex$: () => codex });

      expectObservable(runTurn(turn, NEVER, ports), unsub).toBe(expected, canonical);
      expectSubscriptions(bridge.subscriptions).toBe(bridgeSubs);
      expectSubscriptions(codex.subscriptions).toBe(codexSubs);
    }),
  );

  it(
    'closes a bridge that is still opening when unsubscribed',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const bridge = cold('  -----B------------ ', bridges);
      const codex = cold('        --T--a--C--(x|)', codexOut);
      const unsub = '        ---!               ';
      const bridgeSubs = '   ^--!               ';
      const expected = '     M                  ';
      const { ports } = watched({ bridge$: () => bridge, codex$: () => codex });

      expectObservable(runTurn(turn, NEVER, ports), unsub).toBe(expected, canonical);
      expectSubscriptions(bridge.subscriptions).toBe(bridgeSubs);
      expectSubscriptions(codex.subscriptions).toBe([]);
    }),
  );

  it(
    'opens a bridge for each subscription',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const bridge = cold('  -B---------------- ', bridges);
      const codex = cold('    --T--a--C--(x|)   ', codexOut);
      const firstSubs = '    ^-----------!      ';
      const first = '        M-----t-----(E|)   ';
      const later = '        --------------------^                ';
      const laterSubs = '    --------------------^-----------!    ';
      const second = '       --------------------M-----t-----(E|) ';
      const { ports } = watched({ bridge$: () => bridge, codex$: () => codex });
      const turn$ = runTurn(turn, NEVER, ports);

      expectObservable(turn$).toBe(first, canonical);
      expectObservable(turn$, later).toBe(second, canonical);
      expectSubscriptions(bridge.subscriptions).toBe([firstSubs, laterSubs]);
    }),
  );

  describe('when the bridge fails', () => {
    it(
      'runs the turn without tools and logs a warning when the bridge fails',
      marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
        const bridge = cold('---#               ', bridges, broken);
        const codex = cold('    --T--a--C--(x|) ', codexOut);
        const bridgeSubs = ' ^--!               ';
        const codexSubs = '  ---^----------!    ';
        const expected = '   M-------t-----(E|) ';
        const warned = '     ---w               ';
        const { ports, logs, warning$, plans } = watched({
          bridge$: () => bridge,
          codex$: () => codex,
        });

        expectObservable(warning$).toBe(warned, { w: WARNING });
        expectObservable(runTurn(turn, NEVER, ports)).toBe(expected, canonical);
        expectSubscriptions(bridge.subscriptions).toBe(bridgeSubs);
        expectSubscriptions(codex.subscriptions).toBe(codexSubs);
        flush();
        expect(plans).toEqual([{ threadId: undefined, bridge: undefined }]);
        expect(logs.filter(isWarning)).toEqual([{ level: 'warning', msg: WARNING }]);
      }),
    );

    it(
      'emits an error before codex starts when a required bridge fails',
      marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
        const bridge = cold('---#               ', bridges, broken);
        const codex = cold(' --T--a--C--(x|)    ', codexOut);
        const bridgeSubs = ' ^--!               ';
        const expected = '   M--(f|)            ';
        const { ports, plans } = watched({
          bridge$: () => bridge,
          bridgeRequired: true,
          codex$: () => codex,
        });

        expectObservable(runTurn(turn, NEVER, ports)).toBe(expected, canonical);
        expectSubscriptions(bridge.subscriptions).toBe(bridgeSubs);
        expectSubscriptions(codex.subscriptions).toBe([]);
        flush();
        expect(plans).toEqual([]);
      }),
    );

    it(
      'does not start codex again when the bridge fails during the turn',
      marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
        const bridge = cold('---B------#        ', bridges, broken);
        const codex = cold('    --T--a--C--(x|) ', codexOut);
        const bridgeSubs = ' ^---------!        ';
        const codexSubs = '  ---^----------!    ';
        const expected = '   M-------t-----(E|) ';
        const warned = '     ----------w        ';
        const { ports, logs, warning$ } = watched({ bridge$: () => bridge, codex$: () => codex });

        expectObservable(warning$).toBe(warned, { w: 'the tool bridge broke: EMFILE' });
        expectObservable(runTurn(turn, NEVER, ports)).toBe(expected, canonical);
        expectSubscriptions(bridge.subscriptions).toBe(bridgeSubs);
        expectSubscriptions(codex.subscriptions).toBe(codexSubs);
        flush();
        expect(logs.filter(isWarning)).toHaveLength(1);
      }),
    );

    it(
      'lets codex end the turn when a required bridge fails during it',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const bridge = cold('---B------#        ', bridges, broken);
        const codex = cold('    --T--a--C--(x|) ', codexOut);
        const codexSubs = '  ---^----------!    ';
        const expected = '   M-------t-----(E|) ';
        const { ports } = watched({
          bridge$: () => bridge,
          bridgeRequired: true,
          codex$: () => codex,
        });

        expectObservable(runTurn(turn, NEVER, ports)).toBe(expected, canonical);
        expectSubscriptions(codex.subscriptions).toBe(codexSubs);
      }),
    );

    it(
      'ignores a failure of the bridge after the end of the turn',
      marbles(({ cold, hot, expectObservable, expectSubscriptions, flush }) => {
        const bridge = hot(' ---B------------B-# ', bridges, broken);
        const codex = cold('    --T--a--C--(x|)  ', codexOut);
        const bridgeSubs = ' ^-------------!     ';
        const codexSubs = '  ---^----------!     ';
        const expected = '   M-------t-----(E|)  ';
        const { ports, logs } = watched({ bridge$: () => bridge, codex$: () => codex });

        expectObservable(runTurn(turn, NEVER, ports)).toBe(expected, canonical);
        expectSubscriptions(bridge.subscriptions).toBe(bridgeSubs);
        expectSubscriptions(codex.subscriptions).toBe(codexSubs);
        flush();
        expect(logs.filter(isWarning)).toEqual([]);
      }),
    );
  });

  describe('when codex refuses the bridge', () => {
    const refusals = {
      ...codexOut,
      m: exit({
        code: 1,
        stderr: 'Error: required MCP servers failed to initialize: plexum-host-ada: timed out\n',
      }),
    };

    it(
      'runs the turn without tools and logs a warning when codex does not start with the bridge',
      marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
        const bridge = cold('--B---------------', bridges);
        const with_ = cold('   --(m|)         ', refusals);
        const without = cold('   --T--a--C--(x|)', codexOut);
        const bridgeSubs = ' ^--------------!  ';
        const withSubs = '   --^-!            ';
        const withoutSubs = '----^----------!  ';
        const expected = '   M--------t-----(E|)';
        const warned = '     ----w             ';
        const processes = [with_, without];
        const { ports, logs, warning$, plans } = watched({
          bridge$: () => bridge,
          codex$: () => processes.shift() ?? EMPTY,
        });

        expectObservable(warning$).toBe(warned, {
          w: expect.stringContaining('continues without them'),
        });
        expectObservable(runTurn(turn, NEVER, ports)).toBe(expected, canonical);
        expectSubscriptions(with_.subscriptions).toBe(withSubs);
        expectSubscriptions(without.subscriptions).toBe(withoutSubs);
        expectSubscriptions(bridge.subscriptions).toBe(bridgeSubs);
        flush();
        expect(plans.map((plan) => plan)).toEqual([
          { threadId: undefined, bridge: open },
          { threadId: undefined, bridge: undefined },
        ]);
        expect(logs.filter(isWarning)).toEqual([
          { level: 'warning', msg: expect.stringContaining('continues without them') },
        ]);
      }),
    );

    it(
      'emits an error when codex does not start with a required bridge',
      marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
        const bridge = cold('--B---------------', bridges);
        const codex = cold('   --(m|)         ', refusals);
        const codexSubs = '  --^-!            ';
        const expected = '   M---(e|)         ';
        const message =
          'codex: the process exited with code 1: required MCP servers failed to initialize: plexum-host-ada: timed out';
        const { ports, logs } = watched({
          bridge$: () => bridge,
          bridgeRequired: true,
          codex$: () => codex,
        });

        expectObservable(runTurn(turn, NEVER, ports)).toBe(expected, {
          ...canonical,
          e: {
            type: 'error',
            kind: 'mcp_startup',
            message: expect.stringContaining(message.slice(-60)),
            retryable: false,
          },
        });
        expectSubscriptions(codex.subscriptions).toBe(codexSubs);
        flush();
        expect(logs.filter(isWarning)).toEqual([]);
      }),
    );
  });

  describe('when the turn is cancelled', () => {
    it(
      'keeps the bridge open after a cancel until codex has exited',
      marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
        const bridge = cold('---B------------------', bridges);
        const lines = cold('    --T--a-----C       ', codexOut);
        const cancel = hot(' ----------c           ', { c: byHost });
        const dying = cold('           ----(X|)    ', codexOut);
        const bridgeSubs = ' ^-------------!       ';
        const linesSubs = '  ---^------!           ';
        const dyingSubs = '  ----------^---!       ';
        const expected = '   M-------t-----(K|)    ';
        const codex$: Ports['codex$'] = (_run, cancel$) =>
          concat(lines.pipe(takeUntil(cancel$)), dying);
        const { ports } = watched({ bridge$: () => bridge, codex$ });

        expectObservable(runTurn(turn, cancel, ports)).toBe(expected, canonical);
        expectSubscriptions(bridge.subscriptions).toBe(bridgeSubs);
        expectSubscriptions(lines.subscriptions).toBe(linesSubs);
        expectSubscriptions(dying.subscriptions).toBe(dyingSubs);
      }),
    );

    it(
      'closes a bridge that has not opened when the turn is cancelled',
      marbles(({ cold, hot, expectObservable, expectSubscriptions, flush }) => {
        const bridge = cold('----------------------', bridges);
        const cancel = hot(' ------c               ', { c: byHost });
        const bridgeSubs = ' ^-----!               ';
        const expected = '   M-----(N|)            ';
        const { ports, plans, logs } = watched({ bridge$: () => bridge });

        expectObservable(runTurn(turn, cancel, ports)).toBe(expected, canonical);
        expectSubscriptions(bridge.subscriptions).toBe(bridgeSubs);
        flush();
        expect(plans).toEqual([]);
        expect(logs.filter(isWarning)).toEqual([]);
      }),
    );

    it(
      'does not start codex when the bridge opens after the cancel',
      marbles(({ cold, hot, expectObservable, expectSubscriptions, flush }) => {
        const bridge = hot(' ---------B------------', bridges);
        const codex = cold(' --T--a--C--(x|)       ', codexOut);
        const cancel = hot(' ------c               ', { c: byHost });
        const expected = '   M-----(N|)            ';
        const { ports } = watched({ bridge$: () => bridge, codex$: () => codex });

        expectObservable(runTurn(turn, cancel, ports)).toBe(expected, canonical);
        expectSubscriptions(codex.subscriptions).toBe([]);
        flush();
      }),
    );
  });

  it(
    'keeps the bridge open for the new thread when the stored one is lost',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const bridge = cold('  ---B--------------------', bridges);
      const lost = cold('       --(l|)              ', codexOut);
      const fresh = cold('        --T--a--C--(x|)   ', codexOut);
      const bridgeSubs = '   ^---------------!       ';
      const lostSubs = '     ---^-!                  ';
      const freshSubs = '    -----^----------!       ';
      const expected = '     R---------t-----(E|)    ';
      const processes = [lost, fresh];
      const { ports, asked, plans } = watched({
        readSession$: () => of(stored),
        bridge$: () => bridge,
        codex$: () => processes.shift() ?? EMPTY,
      });

      expectObservable(runTurn(turn, NEVER, ports)).toBe(expected, canonical);
      expectSubscriptions(bridge.subscriptions).toBe(bridgeSubs);
      expectSubscriptions(lost.subscriptions).toBe(lostSubs);
      expectSubscriptions(fresh.subscriptions).toBe(freshSubs);
      flush();
      expect(asked).toHaveLength(1);
      expect(plans).toEqual([
        { threadId: STORED, bridge: open },
        { threadId: undefined, bridge: open },
      ]);
    }),
  );
});
