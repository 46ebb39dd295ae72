import { mergeMap, NEVER, type Observable, of, Subject, take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { BridgePlan } from '../../src/bridge/tool-bridge.js';
import type { TurnEvent } from '../../src/canonical/turn-event.js';
import { ownFailure } from '../../src/codex/events/failure.js';
import type { CodexBridge } from '../../src/codex/exec/codex-run.js';
import type { Ports } from '../../src/ports.js';
import { turnEvents } from '../../src/testing/alphabet.js';
import { BridgeError } from '../../src/turn/failures.js';
import { withBridge } from '../../src/turn/with-bridge.js';
import { marbles } from '../support/marbles.js';
import { fakePorts } from '../support/ports.js';
import { synchronous } from '../support/synchronous.js';

const turn: BridgePlan = { agentId: 'ada', workspace: '/w', tools: [{ name: 'look_up' }] };
const open: CodexBridge = {
  tools: 1,
  overrides: () => [],
  env: {},
  threadConfig: () => ({}),
  warning: () => undefined,
};
const bridges = { B: open };
const failed = new Error('EMFILE');
const cancels = { c: { reason: 'host', graceMs: 5_000 } } as const;
const events = {
  ...turnEvents,
  Q: ownFailure('mcp_startup', 'required MCP servers failed to initialize'),
};

/** `used` holds the bridges of the calls of `use$`, and `warning$` emits each warning. */
const lab = (use$: Observable<TurnEvent>, given: Partial<Ports>) => {
  const used: (CodexBridge | undefined)[] = [];
  const warning$ = new Subject<string>();
  const { ports } = fakePorts({
    log: (level, msg) => {
      if (level === 'warning') warning$.next(msg);
    },
    ...given,
  });
  const use = (bridge: CodexBridge | undefined): Observable<TurnEvent> => {
    used.push(bridge);
    return use$;
  };
  return { ports, used, use, warning$ };
};

describe('withBridge', () => {
  it(
    'opens the bridge before the turn and closes it after it',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const bridge = cold('  --B----------', bridges);
      const source = cold('    M--t--(E|) ', events);
      const bridgeSubs = '   ^-------!    ';
      const subs = '         --^-----!    ';
      const expected = '     --M--t--(E|) ';
      const { ports, used, use } = lab(source, { bridge$: () => bridge });

      expectObservable(withBridge(turn, NEVER, ports, use)).toBe(expected, events);
      expectSubscriptions(bridge.subscriptions).toBe(bridgeSubs);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(used).toEqual([open]);
    }),
  );

  it(
    'opens no bridge for a turn without tools',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const bridge = cold('  --B----------', bridges);
      const source = cold('  M--t--(E|)   ', events);
      const subs = '         ^-----!      ';
      const expected = '     M--t--(E|)   ';
      const { ports, used, use } = lab(source, { bridge$: () => bridge });

      expectObservable(withBridge({ ...turn, tools: [] }, NEVER, ports, use)).toBe(
        expected,
        events,
      );
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(bridge.subscriptions).toBe([]);
      flush();
      expect(used).toEqual([undefined]);
    }),
  );

  it(
    'runs the turn without a bridge when it is cancelled before the bridge is open',
    marbles(({ cold, hot, expectObservable, expectSubscriptions, flush }) => {
      const bridge = cold('  -----B-------', bridges);
      const cancel = hot('   --c----------', cancels);
      const source = cold('    (K|)       ', events);
      const subs = '         --(^!)       ';
      const bridgeSubs = '   ^-!          ';
      const expected = '     --(K|)       ';
      const { ports, used, use } = lab(source, { bridge$: () => bridge });

      expectObservable(withBridge(turn, cancel, ports, use)).toBe(expected, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(bridge.subscriptions).toBe(bridgeSubs);
      expectSubscriptions(cancel.subscriptions).toBe(bridgeSubs);
      flush();
      expect(used).toEqual([undefined]);
    }),
  );

  it.each([
    ['fails', '--#', 'EMFILE'],
    ['completes without opening', '--|', 'it did not open'],
  ])('runs the turn without tools, with a warning, when the bridge %s', (_what, marble, reason) => {
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const bridge = cold(marble, bridges, failed);
      const source = cold('    M--t--(E|) ', events);
      const subs = '         --^-----!    ';
      const warned = '       --w          ';
      const expected = '     --M--t--(E|) ';
      const { ports, used, use, warning$ } = lab(source, { bridge$: () => bridge });

      expectObservable(warning$).toBe(warned, {
        w: `the host's tools cannot be offered to codex: ${reason}`,
      });
      expectObservable(withBridge(turn, NEVER, ports, use)).toBe(expected, events);
      expectSubscriptions(bridge.subscriptions).toBe('^-!');
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(used).toEqual([undefined]);
    })();
  });

  it(
    'fails with BridgeError when a required bridge fails',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const bridge = cold('  --#', bridges, failed);
      const subs = '         ^-!';
      const expected = '     --#';
      const { ports, used, use } = lab(NEVER, { bridge$: () => bridge, bridgeRequired: true });

      expectObservable(withBridge(turn, NEVER, ports, use)).toBe(
        expected,
        undefined,
        new BridgeError("the host's tools cannot be offered to codex: EMFILE"),
      );
      expectSubscriptions(bridge.subscriptions).toBe(subs);
      flush();
      expect(used).toEqual([]);
    }),
  );

  it(
    'continues the turn, with a warning, when an open bridge fails',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const bridge = cold('  --B--#       ', bridges, failed);
      const source = cold('    M--t--(E|) ', events);
      const bridgeSubs = '   ^----!       ';
      const subs = '         --^-----!    ';
      const warned = '       -----w       ';
      const expected = '     --M--t--(E|) ';
      const { ports, use, warning$ } = lab(source, { bridge$: () => bridge });

      expectObservable(warning$).toBe(warned, { w: 'the tool bridge broke: EMFILE' });
      expectObservable(withBridge(turn, NEVER, ports, use)).toBe(expected, events);
      expectSubscriptions(bridge.subscriptions).toBe(bridgeSubs);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'runs the turn again without tools when codex does not start with the bridge',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const bridge = cold('  --B--------------', bridges);
      const refused = cold('   --(Q|)         ', events);
      const second = cold('      M--t--(E|)   ', events);
      const bridgeSubs = '   ^---------!      ';
      const refusedSubs = '  --^-!            ';
      const secondSubs = '   ----^-----!      ';
      const warned = '       ----w            ';
      const expected = '     ----M--t--(E|)   ';
      const { ports, warning$ } = lab(NEVER, { bridge$: () => bridge });
      const use = (bridge_: CodexBridge | undefined) => (bridge_ === undefined ? second : refused);

      expectObservable(warning$).toBe(warned, {
        w: expect.stringContaining('required MCP servers failed to initialize'),
      });
      expectObservable(withBridge(turn, NEVER, ports, use)).toBe(expected, events);
      expectSubscriptions(bridge.subscriptions).toBe(bridgeSubs);
      expectSubscriptions(refused.subscriptions).toBe(refusedSubs);
      expectSubscriptions(second.subscriptions).toBe(secondSubs);
    }),
  );

  it.each([
    ['config', 'invalid mcp_servers.plexum', true],
    ['config', 'invalid sandbox_mode', false],
    ['network', 'mcp_servers cannot be reached', false],
  ] as const)('takes the failure %s: %s for one of the bridge: %s', (kind, message, isOfBridge) => {
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const refusal = { q: ownFailure(kind, message), ...turnEvents };
      const bridge = cold('  B----', bridges);
      const source = cold('  (q|) ', refusal);
      const second = cold('  (E|) ', refusal);
      const expected = isOfBridge ? '(E|)' : '(q|)';
      const subs = '         (^!) ';
      const secondSubs = isOfBridge ? [subs] : [];
      const used: (CodexBridge | undefined)[] = [];
      const { ports } = lab(NEVER, { bridge$: () => bridge });
      const use = (given: CodexBridge | undefined) => {
        used.push(given);
        return given === undefined ? second : source;
      };

      expectObservable(withBridge(turn, NEVER, ports, use)).toBe(expected, refusal);
      expectSubscriptions(bridge.subscriptions).toBe(subs);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(second.subscriptions).toBe(secondSubs);
      flush();
      expect(used).toEqual(isOfBridge ? [open, undefined] : [open]);
    })();
  });

  it(
    'emits the refusal of codex when the bridge is required',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const bridge = cold('  --B----------', bridges);
      const refused = cold('   --(Q|)     ', events);
      const bridgeSubs = '   ^---!        ';
      const expected = '     ----(Q|)     ';
      const { ports, used, use } = lab(refused, { bridge$: () => bridge, bridgeRequired: true });

      expectObservable(withBridge(turn, NEVER, ports, use)).toBe(expected, events);
      expectSubscriptions(bridge.subscriptions).toBe(bridgeSubs);
      flush();
      expect(used).toEqual([open]);
    }),
  );

  it('stops a synchronous source when unsubscribed', () => {
    const { M, t, E } = turnEvents;
    const { source$, emitted } = synchronous<TurnEvent>([M, t, E]);
    const { ports, use } = lab(source$, { bridge$: () => of(open) });
    withBridge(turn, NEVER, ports, use).pipe(take(2)).subscribe();

    expect(emitted).toEqual([M, t]);
  });

  it(
    'keeps the unsubscription chain',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const bridge = cold('  --B----------', bridges);
      const source = cold('    M--t--(E|) ', events);
      const unsub = '        ------!      ';
      const bridgeSubs = '   ^-----!      ';
      const subs = '         --^---!      ';
      const expected = '     --M--t-      ';
      const { ports, use } = lab(source, { bridge$: () => bridge });
      const chain$ = of(turn).pipe(
        mergeMap((plan) => withBridge(plan, NEVER, ports, use)),
        mergeMap((event) => of(event)),
      );

      expectObservable(chain$, unsub).toBe(expected, events);
      expectSubscriptions(bridge.subscriptions).toBe(bridgeSubs);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});
