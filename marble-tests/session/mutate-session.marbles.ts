import {
  concat,
  EMPTY,
  ignoreElements,
  mergeMap,
  NEVER,
  type Observable,
  of,
  Subject,
  tap,
} from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { Patch, RolloutLine } from '../../src/codex/rollout/patch.js';
import type { StoredThread } from '../../src/codex/thread-id.js';
import type { Op } from '../../src/session/call-edits.js';
import { type Mutation, mutateSession } from '../../src/session/mutate-session.js';
import { createWorkspaceQueue, QueueFullError } from '../../src/turn/workspace-queue.js';
import { marbles } from '../support/marbles.js';
import { fakePorts } from '../support/ports.js';
import { synchronous } from '../support/synchronous.js';

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
 * The ports emit: t a thread, n no thread, f its rollout, a and b lines with a requested call, o a
 * line with another call, m a line that is marked already.
 */
const thread: Record<string, StoredThread> = { t: { threadId: THREAD }, n: {} };
const found = { f: FILE };
const lines: Record<string, RolloutLine> = {
  a: output('call_a'),
  b: output('call_b', 1_000),
  o: output('call_other', 2_000),
  m: output('call_a', 0, '...(consumed)'),
};
/** Reports, by the number of touched calls. */
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
const request: Mutation = { agentId: 'ada', workspace: '/w', requested: 2, ops };

interface Sources {
  readonly session: Observable<StoredThread>;
  readonly file: Observable<string>;
  readonly scan: Observable<RolloutLine>;
  readonly patch: Observable<unknown>;
  readonly cancel$: Observable<unknown>;
}

/** A mutation with one source per port. `calls` has the arguments of the ports. */
const setUp = (
  given: Partial<Sources> = {},
  inOrder = createWorkspaceQueue(4),
  mutation = request,
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
    'reads the thread, scans and patches its rollout, then emits the report',
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
      const { mutated$, calls, patches, logs } = setUp({ session, file, scan, patch });

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
    'does nothing before it is subscribed',
    marbles(({ cold, expectSubscriptions }) => {
      const session = cold(' (t|)', thread);
      const { calls, logs } = setUp({ session });

      expectSubscriptions(session.subscriptions).toBe([]);
      expect(calls).toEqual(['/w']);
      expect(logs).toEqual([]);
    }),
  );

  describe('mutateSession, in the queue of its workspace', () => {
    it(
      'runs after the current turn and before the next turn',
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
        const { mutated$ } = setUp({ session, scan, patch }, inOrder);

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
      'runs while a turn of another workspace runs',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const inOrder = createWorkspaceQueue(4);
        const turn = cold('    --------E|');
        const scan = cold('    -a-|      ', lines);
        const turnSubs = '     ^--------!';
        const scanSubs = '     ^--!      ';
        const turnExp = '      --------E|';
        const expected = '     ---(1|)   ';
        const { mutated$ } = setUp({ scan }, inOrder);

        expectObservable(inOrder('/other', NEVER, turn)).toBe(turnExp);
        expectObservable(mutated$).toBe(expected, report);
        expectSubscriptions(turn.subscriptions).toBe(turnSubs);
        expectSubscriptions(scan.subscriptions).toBe(scanSubs);
      }),
    );

    it(
      'waits for a turn of three hours',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const inOrder = createWorkspaceQueue(4);
        const turn = cold('    180m E|       ');
        const scan = cold('    a|            ', lines);
        const turnSubs = '     ^ 180m !      ';
        const scanSubs = '     180m -^!      ';
        const turnExp = '      180m E|       ';
        const expected = '     180m --(1|)   ';
        const { mutated$ } = setUp({ scan }, inOrder);

        expectObservable(inOrder('/w', NEVER, turn)).toBe(turnExp);
        expectObservable(mutated$).toBe(expected, report);
        expectSubscriptions(turn.subscriptions).toBe(turnSubs);
        expectSubscriptions(scan.subscriptions).toBe(scanSubs);
      }),
    );

    it(
      'waits for a turn that fails',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const inOrder = createWorkspaceQueue(4);
        const turn = cold('    ---#       ', undefined, broken);
        const scan = cold('       a|      ', lines);
        const turnSubs = '     ^--!       ';
        const scanSubs = '     ---^!      ';
        const turnExp = '      ---#       ';
        const expected = '     ----(1|)   ';
        const { mutated$ } = setUp({ scan }, inOrder);

        expectObservable(inOrder('/w', NEVER, turn)).toBe(turnExp, undefined, broken);
        expectObservable(mutated$).toBe(expected, report);
        expectSubscriptions(turn.subscriptions).toBe(turnSubs);
        expectSubscriptions(scan.subscriptions).toBe(scanSubs);
      }),
    );

    it(
      'starts the next turn after a mutation that failed',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const inOrder = createWorkspaceQueue(4);
        const scan = cold('    -a-|      ', lines);
        const patch = cold('      -#     ', undefined, broken);
        const turn = cold('        --E|  ');
        const patchSubs = '    ---^!     ';
        const turnSubs = '     ----^--!  ';
        const expected = '     ----#     ';
        const turnExp = '      ------E|  ';
        const { mutated$ } = setUp({ scan, patch }, inOrder);

        expectObservable(mutated$).toBe(expected, report, broken);
        expectObservable(inOrder('/w', NEVER, turn)).toBe(turnExp);
        expectSubscriptions(patch.subscriptions).toBe(patchSubs);
        expectSubscriptions(turn.subscriptions).toBe(turnSubs);
      }),
    );
  });

  it(
    'runs the mutations of one workspace one after another',
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
      const { mutated$ } = setUp({ scan, patch }, inOrder);
      const { mutated$: again$ } = setUp({ scan, patch }, inOrder);

      expectObservable(mutated$).toBe(first, report);
      expectObservable(again$).toBe(second, report);
      expectSubscriptions(scan.subscriptions).toBe([firstSubs, secondSubs]);
      expectSubscriptions(patch.subscriptions).toBe([onePatch, twoPatch]);
    }),
  );

  it(
    'patches the file once for a burst of lines',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const burst = Array.from({ length: 500 }, (_, i) => output('call_a', i * 1_000));
      const scan = concat(of(...burst), cold('--|', lines));
      const patch = cold('     --|  ');
      const patchSubs = '    --^-!  ';
      const expected = '     ----(1|)';
      const { mutated$, patches } = setUp({ scan, patch });

      expectObservable(mutated$).toBe(expected, report);
      expectSubscriptions(patch.subscriptions).toBe(patchSubs);
      flush();
      expect(patches.map((each) => each.length)).toEqual([500]);
    }),
  );

  it(
    'fails when the queue of the workspace is full',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const inOrder = createWorkspaceQueue(4);
      const session = cold(' (t|)', thread);
      const expected = '     #   ';
      const full = new QueueFullError(
        'codex: too many turns wait already (32 for this workspace, 32 in all); try again when some have ended',
      );
      const { mutated$ } = setUp({ session }, inOrder);

      for (let turns = 0; turns < 33; turns += 1)
        expectObservable(inOrder('/w', NEVER, NEVER)).toBe('-');
      expectObservable(mutated$).toBe(expected, report, full);
      expectSubscriptions(session.subscriptions).toBe([]);
    }),
  );

  describe('mutateSession, cancelled', () => {
    it(
      'completes without a report when it is cancelled on subscription',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const session = cold(' (t|)', thread);
        const cancel$ = of('c');
        const expected = '     |   ';
        const { mutated$ } = setUp({ session, cancel$ });

        expectObservable(mutated$).toBe(expected);
        expectSubscriptions(session.subscriptions).toBe([]);
      }),
    );

    it(
      'completes without a report while it is queued, and does not delay the next turn',
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
        const { mutated$, logs } = setUp({ session, cancel$ }, inOrder);

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
      'completes without a report while it reads the thread',
      marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
        const session = cold(' -----(t|)', thread);
        const cancel$ = hot('  ---c---  ');
        const subs = '         ^--!     ';
        const expected = '     ---|     ';
        const { mutated$ } = setUp({ session, cancel$ });

        expectObservable(mutated$).toBe(expected);
        expectSubscriptions(session.subscriptions).toBe(subs);
      }),
    );

    it(
      'completes without a report while it looks for the rollout',
      marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
        const file = cold('    -----(f|)', found);
        const scan = cold('    a|       ', lines);
        const cancel$ = hot('  ---c---  ');
        const subs = '         ^--!     ';
        const expected = '     ---|     ';
        const { mutated$ } = setUp({ file, scan, cancel$ });

        expectObservable(mutated$).toBe(expected);
        expectSubscriptions(file.subscriptions).toBe(subs);
        expectSubscriptions(scan.subscriptions).toBe([]);
      }),
    );

    it(
      'completes without a report or a patch while it scans, and ignores later lines',
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
        const { mutated$, logs } = setUp({ scan, patch, cancel$ }, inOrder);

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
      'completes without a report while it patches, and unsubscribes from the patch before the next turn',
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
        const { mutated$, logs } = setUp({ scan, patch, cancel$ }, inOrder);

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
    'ignores a cancel after the report',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const scan = cold('    -a-|      ', lines);
      const cancel$ = hot('  -----c--  ');
      const cancelSubs = '   ^--!      ';
      const expected = '     ---(1|)   ';
      const { mutated$ } = setUp({ scan, cancel$ });

      expectObservable(mutated$).toBe(expected, report);
      expectSubscriptions(cancel$.subscriptions).toBe(cancelSubs);
    }),
  );

  it(
    'continues when the cancel stream completes',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const scan = cold('    -a--|     ', lines);
      const cancel$ = cold(' --|       ');
      const cancelSubs = '   ^-!       ';
      const expected = '     ----(1|)  ';
      const { mutated$ } = setUp({ scan, cancel$ });

      expectObservable(mutated$).toBe(expected, report);
      expectSubscriptions(cancel$.subscriptions).toBe(cancelSubs);
    }),
  );

  describe('mutateSession, unsubscribed', () => {
    it(
      'leaves the queue while it waits',
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
        const { mutated$ } = setUp({ session, cancel$ }, inOrder);

        expectObservable(inOrder('/w', NEVER, turn)).toBe(turnExp);
        expectObservable(mutated$, unsub).toBe(expected);
        expectSubscriptions(turn.subscriptions).toBe(turnSubs);
        expectSubscriptions(session.subscriptions).toBe([]);
        expectSubscriptions(cancel$.subscriptions).toBe(cancelSubs);
      }),
    );

    it(
      'stops the scan',
      marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
        const scan = cold('    -a-----b-|', lines);
        const cancel$ = hot('  ----------');
        const unsub = '        ---!      ';
        const subs = '         ^--!      ';
        const expected = '     ---       ';
        const { mutated$ } = setUp({ scan, cancel$ });

        expectObservable(mutated$, unsub).toBe(expected);
        expectSubscriptions(scan.subscriptions).toBe(subs);
        expectSubscriptions(cancel$.subscriptions).toBe(subs);
      }),
    );

    it(
      'stops the patch, and lets the next turn begin',
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
        const { mutated$ } = setUp({ scan, patch }, inOrder);

        expectObservable(mutated$, unsub).toBe(expected);
        expectObservable(inOrder('/w', NEVER, turn)).toBe(turnExp);
        expectSubscriptions(patch.subscriptions).toBe(patchSubs);
        expectSubscriptions(turn.subscriptions).toBe(turnSubs);
      }),
    );
  });

  describe('mutateSession, with nothing to mark', () => {
    it(
      'reports no touched call when the workspace has no thread',
      marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
        const session = cold(' --(n|)', thread);
        const subs = '         ^-!   ';
        const expected = '     --(0|)';
        const { mutated$, calls, logs } = setUp({ session });

        expectObservable(mutated$).toBe(expected, report);
        expectSubscriptions(session.subscriptions).toBe(subs);
        flush();
        expect(calls).toEqual(['/w']);
        expect(logs.map(({ fields }) => fields)).toEqual([report[0]]);
      }),
    );

    it(
      'reports no touched call when the session is empty',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const session = cold(' --|   ', thread);
        const subs = '         ^-!   ';
        const expected = '     --(0|)';
        const { mutated$ } = setUp({ session });

        expectObservable(mutated$).toBe(expected, report);
        expectSubscriptions(session.subscriptions).toBe(subs);
      }),
    );

    it(
      'reports no touched call when the thread has no rollout',
      marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
        const file = cold('    --|   ');
        const subs = '         ^-!   ';
        const expected = '     --(0|)';
        const { mutated$, calls } = setUp({ file });

        expectObservable(mutated$).toBe(expected, report);
        expectSubscriptions(file.subscriptions).toBe(subs);
        flush();
        expect(calls).toEqual(['/w', THREAD]);
      }),
    );

    it(
      'reports no touched call and does not patch after an empty scan',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const scan = cold('    --|   ', lines);
        const patch = cold('   --|   ');
        const subs = '         ^-!   ';
        const expected = '     --(0|)';
        const { mutated$ } = setUp({ scan, patch });

        expectObservable(mutated$).toBe(expected, report);
        expectSubscriptions(scan.subscriptions).toBe(subs);
        expectSubscriptions(patch.subscriptions).toBe([]);
      }),
    );

    it(
      'reports no touched call and does not patch when the lines hold only other calls',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const scan = cold('    -o-o-|   ', lines);
        const patch = cold('   --|      ');
        const subs = '         ^----!   ';
        const expected = '     -----(0|)';
        const { mutated$ } = setUp({ scan, patch });

        expectObservable(mutated$).toBe(expected, report);
        expectSubscriptions(scan.subscriptions).toBe(subs);
        expectSubscriptions(patch.subscriptions).toBe([]);
      }),
    );

    it(
      'does not look for the rollout when no mutation is of a known form',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const session = cold(' --(t|)', thread);
        const file = cold('    (f|)  ', found);
        const subs = '         ^-!   ';
        const expected = '     --(0|)';
        const { mutated$ } = setUp({ session, file }, createWorkspaceQueue(4), {
          ...request,
          ops: new Map(),
        });

        expectObservable(mutated$).toBe(expected, report);
        expectSubscriptions(session.subscriptions).toBe(subs);
        expectSubscriptions(file.subscriptions).toBe([]);
      }),
    );
  });

  it(
    'counts a call that is marked already, and does not patch it again',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const scan = cold('    -m-|   ', lines);
      const patch = cold('   --|    ');
      const subs = '         ^--!   ';
      const expected = '     ---(1|)';
      const { mutated$ } = setUp({ scan, patch });

      expectObservable(mutated$).toBe(expected, report);
      expectSubscriptions(scan.subscriptions).toBe(subs);
      expectSubscriptions(patch.subscriptions).toBe([]);
    }),
  );

  it(
    'counts a call once when several lines hold it',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const scan = cold('    -a-a-o-a-|     ', lines);
      const patch = cold('            -|    ');
      const subs = '         ^--------!     ';
      const patchSubs = '    ---------^!    ';
      const expected = '     ----------(1|) ';
      const { mutated$, patches } = setUp({ scan, patch });

      expectObservable(mutated$).toBe(expected, report);
      expectSubscriptions(scan.subscriptions).toBe(subs);
      expectSubscriptions(patch.subscriptions).toBe(patchSubs);
      flush();
      expect(patches.map((each) => each.length)).toEqual([3]);
    }),
  );

  describe('mutateSession, with a port that never emits', () => {
    it.each(['session', 'file', 'scan', 'patch'] as const)('waits for %s', (name) => {
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const never = cold<never>('----------');
        const subs = '             ^---------';
        const expected = '         ----------';
        const { mutated$ } = setUp({ scan: of(output('call_a')), [name]: never });

        expectObservable(mutated$).toBe(expected);
        expectSubscriptions(never.subscriptions).toBe(subs);
      })();
    });
  });

  describe('mutateSession, with a port that fails', () => {
    it.each(['session', 'file', 'scan', 'patch'] as const)(
      'fails without a report when %s fails',
      (name) => {
        marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
          const failing = cold<never>('---#', undefined, broken);
          const subs = '               ^--!';
          const expected = '           ---#';
          const { mutated$, logs } = setUp({ scan: of(output('call_a')), [name]: failing });

          expectObservable(mutated$).toBe(expected, undefined, broken);
          expectSubscriptions(failing.subscriptions).toBe(subs);
          flush();
          expect(logs).toEqual([]);
        })();
      },
    );

    it(
      'does not patch when the scan fails after it found lines',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const scan = cold('    -a-b-#', lines, broken);
        const patch = cold('   --|   ');
        const subs = '         ^----!';
        const expected = '     -----#';
        const { mutated$ } = setUp({ scan, patch });

        expectObservable(mutated$).toBe(expected, undefined, broken);
        expectSubscriptions(scan.subscriptions).toBe(subs);
        expectSubscriptions(patch.subscriptions).toBe([]);
      }),
    );
  });

  it(
    'starts over for each subscription',
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
      const { mutated$, patches } = setUp({ session, scan, patch });

      expectObservable(mutated$).toBe(first, report);
      expectObservable(mutated$, later).toBe(second, report);
      expectSubscriptions(session.subscriptions).toBe(sessionSubs);
      expectSubscriptions(scan.subscriptions).toBe(scanSubs);
      expectSubscriptions(patch.subscriptions).toBe(patchSubs);
      flush();
      expect(patches.map((each) => each.length)).toEqual([1, 1]);
    }),
  );

  it('stops a synchronous scan when unsubscribed', () => {
    const { source$, emitted } = synchronous([output('call_a'), output('call_b')]);
    const cancel$ = new Subject<void>();
    const scan = source$.pipe(tap(() => cancel$.next()));
    const { mutated$ } = setUp({ scan, cancel$ });

    mutated$.subscribe();

    expect(emitted).toHaveLength(1);
  });

  it(
    'keeps the unsubscription chain',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const scan = cold('    -a-----b-|', lines);
      const unsub = '        ---!      ';
      const subs = '         ^--!      ';
      const expected = '     ---       ';
      const { mutated$ } = setUp({ scan });

      expectObservable(mutated$.pipe(mergeMap((value) => of(value))), unsub).toBe(expected);
      expectSubscriptions(scan.subscriptions).toBe(subs);
    }),
  );
});
