import { concat, EMPTY, ignoreElements, NEVER, type Observable, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { Patch, RolloutLine, StoredThread } from '../../src/ports.js';
import { type Mutation, mutateSession } from '../../src/session/mutate-session.js';
import type { Op } from '../../src/session/patch-line.js';
import { createWorkspaceQueue, QueueFullError } from '../../src/turn/workspace-queue.js';
import { marbles } from '../support/marbles.js';
import { fakePorts } from '../support/ports.js';

const THREAD = '01a1fb83-ff35-7422-9e00-a5a8974b6993';
const FILE = '/codex/sessions/rollout.jsonl';
const ROOM = 'x'.repeat(40);

/** A line of a rollout with the output of a call. */
const output = (callId: string, offset = 0, text = ROOM): RolloutLine => ({
  offset,
  bytes: Buffer.from(
    `{"type":"response_item","payload":{"type":"function_call_output","call_id":"${callId}","output":"${text}"}}`,
  ),
});

/**
 * What the ports emit: t the thread, f its rollout, a and b lines with a call of the request, o one
 * with another call, m one that is marked already.
 */
const thread: Record<string, StoredThread> = { t: { threadId: THREAD }, n: {} };
const found = { f: FILE };
const lines: Record<string, RolloutLine> = {
  a: output('call_a'),
  b: output('call_b', 1_000),
  o: output('call_other', 2_000),
  m: output('call_a', 0, '...(consumed)'),
};
/** Reports, by how many calls are touched. */
const report = {
  0: { requested: 2, touched: 0 },
  1: { requested: 2, touched: 1 },
  2: { requested: 2, touched: 2 },
};
const broken = new Error('the disk is gone');

const ops = new Map<string, Op>([
  ['call_a', 'consume-light'],
  ['call_b', 'consume-heavy'],
]);
const asked: Mutation = { agentId: 'ada', workspace: '/w', requested: 2, ops };

interface Sources {
  readonly session: Observable<StoredThread>;
  readonly file: Observable<string>;
  readonly scan: Observable<RolloutLine>;
  readonly patch: Observable<unknown>;
  readonly cancel$: Observable<unknown>;
}

/** A mutation with a source for each port; `calls` is what the ports were called with. */
const mutating = (
  given: Partial<Sources> = {},
  inOrder = createWorkspaceQueue(4),
  mutation = asked,
) => {
  const {
    session = of({ threadId: THREAD }),
    file = of(FILE),
    scan = EMPTY,
    patch = EMPTY,
    cancel$ = NEVER,
  } = given;
  const calls: unknown[] = [];
  const patches: (readonly Patch[])[] = [];
  const { ports, logs } = fakePorts({
    inOrder,
    readSession$: (workspace) => (calls.push(workspace), session),
    rolloutFile$: (threadId) => (calls.push(threadId), file),
    callLines$: (name, ids) => (calls.push([name, [...ids]]), scan),
    patchFile$: (name, each) => (
      calls.push(name), patches.push(each), patch.pipe(ignoreElements())
    ),
  });
  return { mutated$: mutateSession(mutation, cancel$, ports), calls, patches, logs };
};

describe('mutateSession', () => {
  it(
    'reads the thread, scans its rollout, patches it, and reports',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const session = cold(' --(t|)            ', thread);
      const file = cold('      --(f|)          ', found);
      const scan = cold('        --a--b--|     ', lines);
      const patch = cold('               ---|  ');
      const sessionSubs = '  ^-!               ';
      const fileSubs = '     --^-!             ';
      const scanSubs = '     ----^-------!     ';
      const patchSubs = '    ------------^--!  ';
      const expected = '     ---------------(2|)';
      const { mutated$, calls, patches, logs } = mutating({ session, file, scan, patch });

      expectObservable(mutated$).toBe(expected, report);
      expectSubscriptions(session.subscriptions).toBe(sessionSubs);
      expectSubscriptions(file.subscriptions).toBe(fileSubs);
      expectSubscriptions(scan.subscriptions).toBe(scanSubs);
      expectSubscriptions(patch.subscriptions).toBe(patchSubs);
      flush();
      expect(calls).toEqual(['/w', THREAD, [FILE, ['call_a', 'call_b']], FILE]);
      expect(
        patches.map((each) =>
          each.map(({ offset, length, text }) => ({ offset, length, text: text.toString() })),
        ),
      ).toEqual([
        [
          {
            offset: expect.any(Number),
            length: ROOM.length + '""}}'.length,
            text: '"...(consumed)"}}',
          },
          {
            offset: expect.any(Number),
            length: ROOM.length + '""}}'.length,
            text: '"...(tool called)"}}',
          },
        ],
      ]);
      expect(logs).toEqual([
        {
          level: 'info',
          msg: 'consumed tool results are marked in the thread',
          fields: { requested: 2, touched: 2 },
        },
      ]);
    }),
  );

  it(
    'does nothing before somebody listens',
    marbles(({ cold, expectSubscriptions }) => {
      const session = cold(' (t|)', thread);
      const { calls, logs } = mutating({ session });

      expectSubscriptions(session.subscriptions).toBe([]);
      expect(calls).toEqual(['/w']);
      expect(logs).toEqual([]);
    }),
  );

  describe('and turns', () => {
    it(
      'wait for one another in the order they came',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const inOrder = createWorkspaceQueue(4);
        const turn = cold('    ----E|               ');
        const session = cold('      -(t|)           ', thread);
        const scan = cold('          -a-|           ', lines);
        const patch = cold('            --|         ');
        const next = cold('               ---E|     ');
        const turnSubs = '     ^----!               ';
        const sessionSubs = '  -----^!              ';
        const scanSubs = '     ------^--!           ';
        const patchSubs = '    ---------^-!         ';
        const nextSubs = '     -----------^---!     ';
        const turnExp = '      ----E|               ';
        const expected = '     -----------(1|)      ';
        const nextExp = '      --------------E|     ';
        const { mutated$ } = mutating({ session, scan, patch }, inOrder);

        expectObservable(inOrder('/w', NEVER, turn)).toBe(turnExp);
        expectObservable(mutated$).toBe(expected, report);
        expectObservable(inOrder('/w', NEVER, next)).toBe(nextExp);
        expectSubscriptions(turn.subscriptions).toBe(turnSubs);
        expectSubscriptions(session.subscriptions).toBe(sessionSubs);
        expectSubscriptions(scan.subscriptions).toBe(scanSubs);
        expectSubscriptions(patch.subscriptions).toBe(patchSubs);
        expectSubscriptions(next.subscriptions).toBe(nextSubs);
      }),
    );

    it(
      'of other workspaces run side by side',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const inOrder = createWorkspaceQueue(4);
        const turn = cold('    --------E|');
        const scan = cold('    -a-|      ', lines);
        const turnSubs = '     ^--------!';
        const scanSubs = '     ^--!      ';
        const turnExp = '      --------E|';
        const expected = '     ---(1|)   ';
        const { mutated$ } = mutating({ scan }, inOrder);

        expectObservable(inOrder('/other', NEVER, turn)).toBe(turnExp);
        expectObservable(mutated$).toBe(expected, report);
        expectSubscriptions(turn.subscriptions).toBe(turnSubs);
        expectSubscriptions(scan.subscriptions).toBe(scanSubs);
      }),
    );

    it(
      'that take three hours are waited for',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const inOrder = createWorkspaceQueue(4);
        const turn = cold('    180m E|       ');
        const scan = cold('    a|            ', lines);
        const turnSubs = '     ^ 180m !      ';
        const scanSubs = '     180m -^!      ';
        const turnExp = '      180m E|       ';
        const expected = '     180m --(1|)   ';
        const { mutated$ } = mutating({ scan }, inOrder);

        expectObservable(inOrder('/w', NEVER, turn)).toBe(turnExp);
        expectObservable(mutated$).toBe(expected, report);
        expectSubscriptions(turn.subscriptions).toBe(turnSubs);
        expectSubscriptions(scan.subscriptions).toBe(scanSubs);
      }),
    );

    it(
      'that fail are waited for too',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const inOrder = createWorkspaceQueue(4);
        const turn = cold('    ---#       ', undefined, broken);
        const scan = cold('       a|      ', lines);
        const turnSubs = '     ^--!       ';
        const scanSubs = '     ---^!      ';
        const turnExp = '      ---#       ';
        const expected = '     ----(1|)   ';
        const { mutated$ } = mutating({ scan }, inOrder);

        expectObservable(inOrder('/w', NEVER, turn)).toBe(turnExp, undefined, broken);
        expectObservable(mutated$).toBe(expected, report);
        expectSubscriptions(turn.subscriptions).toBe(turnSubs);
        expectSubscriptions(scan.subscriptions).toBe(scanSubs);
      }),
    );

    it(
      'go on after a mutation that failed',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const inOrder = createWorkspaceQueue(4);
        const scan = cold('    -a-|      ', lines);
        const patch = cold('      -#     ', undefined, broken);
        const turn = cold('        --E|  ');
        const patchSubs = '    ---^!     ';
        const turnSubs = '     ----^--!  ';
        const expected = '     ----#     ';
        const turnExp = '      ------E|  ';
        const { mutated$ } = mutating({ scan, patch }, inOrder);

        expectObservable(mutated$).toBe(expected, report, broken);
        expectObservable(inOrder('/w', NEVER, turn)).toBe(turnExp);
        expectSubscriptions(patch.subscriptions).toBe(patchSubs);
        expectSubscriptions(turn.subscriptions).toBe(turnSubs);
      }),
    );
  });

  it(
    'runs a burst of mutations of one workspace one after another',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const inOrder = createWorkspaceQueue(4);
      const scan = cold('   -(ab)|          ', lines);
      const patch = cold('       -|         ');
      const firstSubs = '   ^----!          ';
      const onePatch = '    -----^!         ';
      const secondSubs = '  ------^----!    ';
      const twoPatch = '    -----------^!   ';
      const first = '       ------(2|)      ';
      const second = '      ------------(2|)';
      const { mutated$ } = mutating({ scan, patch }, inOrder);
      const { mutated$: again$ } = mutating({ scan, patch }, inOrder);

      expectObservable(mutated$).toBe(first, report);
      expectObservable(again$).toBe(second, report);
      expectSubscriptions(scan.subscriptions).toBe([firstSubs, secondSubs]);
      expectSubscriptions(patch.subscriptions).toBe([onePatch, twoPatch]);
    }),
  );

  it(
    'patches once for a burst of lines',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const burst = Array.from({ length: 500 }, (_, i) => output('call_a', i * 1_000));
      const scan = concat(of(...burst), cold('--|', lines));
      const patch = cold('   --|    ');
      const patchSubs = '    --^-!  ';
      const expected = '     ----(1|)';
      const { mutated$, patches } = mutating({ scan, patch });

      expectObservable(mutated$).toBe(expected, report);
      expectSubscriptions(patch.subscriptions).toBe(patchSubs);
      flush();
      expect(patches.map((each) => each.length)).toEqual([500]);
    }),
  );

  it(
    'refuses when too many wait',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const inOrder = createWorkspaceQueue(4);
      const session = cold(' (t|)', thread);
      const expected = '     #   ';
      const full = new QueueFullError(
        'codex: too many turns wait already (32 for this workspace, 32 in all); try again when some have ended',
      );
      const { mutated$ } = mutating({ session }, inOrder);

      for (let turns = 0; turns < 33; turns += 1)
        expectObservable(inOrder('/w', NEVER, NEVER)).toBe('-');
      expectObservable(mutated$).toBe(expected, report, full);
      expectSubscriptions(session.subscriptions).toBe([]);
    }),
  );

  describe('completes without a report when it is cancelled', () => {
    it(
      'at once',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const session = cold(' (t|)', thread);
        const cancel$ = of('c');
        const expected = '     |   ';
        const { mutated$ } = mutating({ session, cancel$ });

        expectObservable(mutated$).toBe(expected);
        expectSubscriptions(session.subscriptions).toBe([]);
      }),
    );

    it(
      'while it waits, and the next turn does not wait for it',
      marbles(({ cold, hot, expectObservable, expectSubscriptions, flush }) => {
        const inOrder = createWorkspaceQueue(4);
        const turn = cold('    ------E|      ');
        const session = cold('        (t|)   ', thread);
        const cancel$ = hot('  ---c------    ');
        const next = cold('           --E|   ');
        const turnSubs = '     ^------!      ';
        const cancelSubs = '   ^--!          ';
        const nextSubs = '     -------^--!   ';
        const turnExp = '      ------E|      ';
        const expected = '     ---|          ';
        const nextExp = '      ---------E|   ';
        const { mutated$, logs } = mutating({ session, cancel$ }, inOrder);

        expectObservable(inOrder('/w', NEVER, turn)).toBe(turnExp);
        expectObservable(mutated$).toBe(expected);
        expectObservable(inOrder('/w', NEVER, next)).toBe(nextExp);
        expectSubscriptions(turn.subscriptions).toBe(turnSubs);
        expectSubscriptions(session.subscriptions).toBe([]);
        expectSubscriptions(cancel$.subscriptions).toBe(cancelSubs);
        expectSubscriptions(next.subscriptions).toBe(nextSubs);
        flush();
        expect(logs).toEqual([]);
      }),
    );

    it(
      'while it reads the thread',
      marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
        const session = cold(' -----(t|)', thread);
        const cancel$ = hot('  ---c---  ');
        const subs = '         ^--!     ';
        const expected = '     ---|     ';
        const { mutated$ } = mutating({ session, cancel$ });

        expectObservable(mutated$).toBe(expected);
        expectSubscriptions(session.subscriptions).toBe(subs);
      }),
    );

    it(
      'while it looks for the rollout',
      marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
        const file = cold('    -----(f|)', found);
        const scan = cold('    a|       ', lines);
        const cancel$ = hot('  ---c---  ');
        const subs = '         ^--!     ';
        const expected = '     ---|     ';
        const { mutated$ } = mutating({ file, scan, cancel$ });

        expectObservable(mutated$).toBe(expected);
        expectSubscriptions(file.subscriptions).toBe(subs);
        expectSubscriptions(scan.subscriptions).toBe([]);
      }),
    );

    it(
      'while it scans, without a patch, whatever the scan still says',
      marbles(({ cold, hot, expectObservable, expectSubscriptions, flush }) => {
        const inOrder = createWorkspaceQueue(4);
        const scan = hot('     -a----b-| ', lines);
        const patch = cold('   --|       ');
        const cancel$ = hot('  ----c---- ');
        const turn = cold('        --E|  ');
        const scanSubs = '     ^---!     ';
        const turnSubs = '     ----^--!  ';
        const expected = '     ----|     ';
        const turnExp = '      ------E|  ';
        const { mutated$, logs } = mutating({ scan, patch, cancel$ }, inOrder);

        expectObservable(mutated$).toBe(expected);
        expectObservable(inOrder('/w', NEVER, turn)).toBe(turnExp);
        expectSubscriptions(scan.subscriptions).toBe(scanSubs);
        expectSubscriptions(patch.subscriptions).toBe([]);
        expectSubscriptions(turn.subscriptions).toBe(turnSubs);
        flush();
        expect(logs).toEqual([]);
      }),
    );

    it(
      'while it patches, which the next turn sees undone',
      marbles(({ cold, hot, expectObservable, expectSubscriptions, flush }) => {
        const inOrder = createWorkspaceQueue(4);
        const scan = cold('    -a-|        ', lines);
        const patch = cold('      ------|  ');
        const cancel$ = hot('  -----c----  ');
        const turn = cold('         --E|   ');
        const patchSubs = '    ---^-!      ';
        const cancelSubs = '   ^----!      ';
        const turnSubs = '     -----^--!   ';
        const expected = '     -----|      ';
        const turnExp = '      -------E|   ';
        const { mutated$, logs } = mutating({ scan, patch, cancel$ }, inOrder);

        expectObservable(mutated$).toBe(expected);
        expectObservable(inOrder('/w', NEVER, turn)).toBe(turnExp);
        expectSubscriptions(patch.subscriptions).toBe(patchSubs);
        expectSubscriptions(cancel$.subscriptions).toBe(cancelSubs);
        expectSubscriptions(turn.subscriptions).toBe(turnSubs);
        flush();
        expect(logs).toEqual([]);
      }),
    );
  });

  it(
    'does not hear a cancel that is late',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const scan = cold('    -a-|      ', lines);
      const cancel$ = hot('  -----c--  ');
      const cancelSubs = '   ^--!      ';
      const expected = '     ---(1|)   ';
      const { mutated$ } = mutating({ scan, cancel$ });

      expectObservable(mutated$).toBe(expected, report);
      expectSubscriptions(cancel$.subscriptions).toBe(cancelSubs);
    }),
  );

  it(
    'goes on when nobody can cancel it any more',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const scan = cold('    -a--|     ', lines);
      const cancel$ = cold(' --|       ');
      const cancelSubs = '   ^-!       ';
      const expected = '     ----(1|)  ';
      const { mutated$ } = mutating({ scan, cancel$ });

      expectObservable(mutated$).toBe(expected, report);
      expectSubscriptions(cancel$.subscriptions).toBe(cancelSubs);
    }),
  );

  describe('lets go of everything when it is unsubscribed', () => {
    it(
      'while it waits',
      marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
        const inOrder = createWorkspaceQueue(4);
        const turn = cold('    ------E|  ');
        const session = cold('        (t|)', thread);
        const cancel$ = hot('  --------- ');
        const unsub = '        ---!      ';
        const turnSubs = '     ^------!  ';
        const cancelSubs = '   ^--!      ';
        const turnExp = '      ------E|  ';
        const expected = '     ---       ';
        const { mutated$ } = mutating({ session, cancel$ }, inOrder);

        expectObservable(inOrder('/w', NEVER, turn)).toBe(turnExp);
        expectObservable(mutated$, unsub).toBe(expected);
        expectSubscriptions(turn.subscriptions).toBe(turnSubs);
        expectSubscriptions(session.subscriptions).toBe([]);
        expectSubscriptions(cancel$.subscriptions).toBe(cancelSubs);
      }),
    );

    it(
      'while it scans',
      marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
        const scan = cold('    -a-----b-|', lines);
        const cancel$ = hot('  ----------');
        const unsub = '        ---!      ';
        const subs = '         ^--!      ';
        const expected = '     ---       ';
        const { mutated$ } = mutating({ scan, cancel$ });

        expectObservable(mutated$, unsub).toBe(expected);
        expectSubscriptions(scan.subscriptions).toBe(subs);
        expectSubscriptions(cancel$.subscriptions).toBe(subs);
      }),
    );

    it(
      'while it patches, and the next turn begins',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const inOrder = createWorkspaceQueue(4);
        const scan = cold('    -a|       ', lines);
        const patch = cold('     -----|  ');
        const turn = cold('       --E|  ');
        const unsub = '        ---!      ';
        const patchSubs = '    --^!      ';
        const turnSubs = '     ---^--!   ';
        const expected = '     ---       ';
        const turnExp = '      -----E|   ';
        const { mutated$ } = mutating({ scan, patch }, inOrder);

        expectObservable(mutated$, unsub).toBe(expected);
        expectObservable(inOrder('/w', NEVER, turn)).toBe(turnExp);
        expectSubscriptions(patch.subscriptions).toBe(patchSubs);
        expectSubscriptions(turn.subscriptions).toBe(turnSubs);
      }),
    );
  });

  describe('reports that nothing is touched', () => {
    it(
      'without a thread',
      marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
        const session = cold(' --(n|)', thread);
        const subs = '         ^-!   ';
        const expected = '     --(0|)';
        const { mutated$, calls, logs } = mutating({ session });

        expectObservable(mutated$).toBe(expected, report);
        expectSubscriptions(session.subscriptions).toBe(subs);
        flush();
        expect(calls).toEqual(['/w']);
        expect(logs.map(({ fields }) => fields)).toEqual([report[0]]);
      }),
    );

    it(
      'by an empty session',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const session = cold(' --|   ', thread);
        const subs = '         ^-!   ';
        const expected = '     --(0|)';
        const { mutated$ } = mutating({ session });

        expectObservable(mutated$).toBe(expected, report);
        expectSubscriptions(session.subscriptions).toBe(subs);
      }),
    );

    it(
      'when the thread has no rollout',
      marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
        const file = cold('    --|   ');
        const subs = '         ^-!   ';
        const expected = '     --(0|)';
        const { mutated$, calls } = mutating({ file });

        expectObservable(mutated$).toBe(expected, report);
        expectSubscriptions(file.subscriptions).toBe(subs);
        flush();
        expect(calls).toEqual(['/w', THREAD]);
      }),
    );

    it(
      'by an empty scan, and does not patch',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const scan = cold('    --|   ', lines);
        const patch = cold('   --|   ');
        const subs = '         ^-!   ';
        const expected = '     --(0|)';
        const { mutated$ } = mutating({ scan, patch });

        expectObservable(mutated$).toBe(expected, report);
        expectSubscriptions(scan.subscriptions).toBe(subs);
        expectSubscriptions(patch.subscriptions).toBe([]);
      }),
    );

    it(
      'by lines that hold other calls only',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const scan = cold('    -o-o-|   ', lines);
        const patch = cold('   --|      ');
        const subs = '         ^----!   ';
        const expected = '     -----(0|)';
        const { mutated$ } = mutating({ scan, patch });

        expectObservable(mutated$).toBe(expected, report);
        expectSubscriptions(scan.subscriptions).toBe(subs);
        expectSubscriptions(patch.subscriptions).toBe([]);
      }),
    );

    it(
      'without a look at the rollout when no mutation is of known form',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const session = cold(' --(t|)', thread);
        const file = cold('    (f|)  ', found);
        const subs = '         ^-!   ';
        const expected = '     --(0|)';
        const { mutated$ } = mutating({ session, file }, createWorkspaceQueue(4), {
          ...asked,
          ops: new Map(),
        });

        expectObservable(mutated$).toBe(expected, report);
        expectSubscriptions(session.subscriptions).toBe(subs);
        expectSubscriptions(file.subscriptions).toBe([]);
      }),
    );
  });

  it(
    'counts what is marked already, and does not patch it again',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const scan = cold('    -m-|   ', lines);
      const patch = cold('   --|    ');
      const subs = '         ^--!   ';
      const expected = '     ---(1|)';
      const { mutated$ } = mutating({ scan, patch });

      expectObservable(mutated$).toBe(expected, report);
      expectSubscriptions(scan.subscriptions).toBe(subs);
      expectSubscriptions(patch.subscriptions).toBe([]);
    }),
  );

  it(
    'counts a call once, however many lines hold it',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const scan = cold('    -a-a-o-a-|     ', lines);
      const patch = cold('            -|    ');
      const subs = '         ^--------!     ';
      const patchSubs = '    ---------^!    ';
      const expected = '     ----------(1|) ';
      const { mutated$, patches } = mutating({ scan, patch });

      expectObservable(mutated$).toBe(expected, report);
      expectSubscriptions(scan.subscriptions).toBe(subs);
      expectSubscriptions(patch.subscriptions).toBe(patchSubs);
      flush();
      expect(patches.map((each) => each.length)).toEqual([3]);
    }),
  );

  describe('waits with a port that never ends', () => {
    it.each(['session', 'file', 'scan', 'patch'] as const)('%s', (name) => {
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const never = cold<never>('----------');
        const subs = '             ^---------';
        const expected = '         ----------';
        const { mutated$ } = mutating({ scan: of(output('call_a')), [name]: never });

        expectObservable(mutated$).toBe(expected);
        expectSubscriptions(never.subscriptions).toBe(subs);
      })();
    });
  });

  describe('fails with a port that fails, and reports nothing', () => {
    it.each(['session', 'file', 'scan', 'patch'] as const)('%s', (name) => {
      marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
        const failing = cold<never>('---#', undefined, broken);
        const subs = '               ^--!';
        const expected = '           ---#';
        const { mutated$, logs } = mutating({ scan: of(output('call_a')), [name]: failing });

        expectObservable(mutated$).toBe(expected, undefined, broken);
        expectSubscriptions(failing.subscriptions).toBe(subs);
        flush();
        expect(logs).toEqual([]);
      })();
    });

    it(
      'does not patch what a failing scan found',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const scan = cold('    -a-b-#', lines, broken);
        const patch = cold('   --|   ');
        const subs = '         ^----!';
        const expected = '     -----#';
        const { mutated$ } = mutating({ scan, patch });

        expectObservable(mutated$).toBe(expected, undefined, broken);
        expectSubscriptions(scan.subscriptions).toBe(subs);
        expectSubscriptions(patch.subscriptions).toBe([]);
      }),
    );
  });

  it(
    'begins anew with every subscription',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const session = cold(' -(t|)            ', thread);
      const scan = cold('     -a-|            ', lines);
      const patch = cold('       -|           ');
      const later = '        -------^         ';
      const sessionSubs = [' ^!               ', '-------^!        '];
      const scanSubs = ['    -^--!            ', '--------^--!     '];
      const patchSubs = ['   ----^!           ', '-----------^!    '];
      const first = '        -----(1|)        ';
      const second = '       ------------(1|) ';
      const { mutated$, patches } = mutating({ session, scan, patch });

      expectObservable(mutated$).toBe(first, report);
      expectObservable(mutated$, later).toBe(second, report);
      expectSubscriptions(session.subscriptions).toBe(sessionSubs);
      expectSubscriptions(scan.subscriptions).toBe(scanSubs);
      expectSubscriptions(patch.subscriptions).toBe(patchSubs);
      flush();
      expect(patches.map((each) => each.length)).toEqual([1, 1]);
    }),
  );
});
