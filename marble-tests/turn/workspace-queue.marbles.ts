import { merge, NEVER, of, tap, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { createBackgroundWork } from '../../src/process/background-work.js';
import { createWorkspaceQueue, QueueFullError } from '../../src/turn/workspace-queue.js';
import { marbles } from '../support/marbles.js';
import { testUnsubscription } from '../support/unsubscription.js';

describe('createWorkspaceQueue', () => {
  it(
    'subscribes to a source at once when its workspace is free',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const inOrder = createWorkspaceQueue(4);
      const source = cold('  --a--b--|');
      const subs = '         ^-------!';
      const expected = '     --a--b--|';

      expectObservable(inOrder('/w', NEVER, source)).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'runs the sources of one workspace in order of arrival',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const inOrder = createWorkspaceQueue(4);
      const a = cold('       --a--|              ');
      const b = cold('            --b--|         ');
      const c = cold('                 --c--|    ');
      const aSubs = '        ^----!              ';
      const bSubs = '        -----^----!         ';
      const cSubs = '        ----------^----!    ';
      const aExpected = '    --a--|              ';
      const bExpected = '    -------b--|         ';
      const cExpected = '    ------------c--|    ';

      expectObservable(inOrder('/w', NEVER, a)).toBe(aExpected);
      expectObservable(inOrder('/w', NEVER, b)).toBe(bExpected);
      expectObservable(inOrder('/w', NEVER, c)).toBe(cExpected);
      expectSubscriptions(a.subscriptions).toBe(aSubs);
      expectSubscriptions(b.subscriptions).toBe(bSubs);
      expectSubscriptions(c.subscriptions).toBe(cSubs);
    }),
  );

  it(
    'keeps the order of the subscriptions, not of the calls',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const inOrder = createWorkspaceQueue(4);
      const a = cold('          --a--|        ');
      const b = cold('     --b--|             ');
      const aLater = '     --^                ';
      const aSubs = '      -----^----!        ';
      const bSubs = '      ^----!             ';
      const aExpected = '  -------a--|        ';
      const bExpected = '  --b--|             ';
      const a$ = inOrder('/w', NEVER, a);
      const b$ = inOrder('/w', NEVER, b);

      expectObservable(a$, aLater).toBe(aExpected);
      expectObservable(b$).toBe(bExpected);
      expectSubscriptions(a.subscriptions).toBe(aSubs);
      expectSubscriptions(b.subscriptions).toBe(bSubs);
    }),
  );

  it(
    'runs different workspaces concurrently',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const inOrder = createWorkspaceQueue(4);
      const one = cold('     --a--b--|');
      const two = cold('     -c--d---|');
      const subs = '         ^-------!';
      const oneExpected = '  --a--b--|';
      const twoExpected = '  -c--d---|';

      expectObservable(inOrder('/one', NEVER, one)).toBe(oneExpected);
      expectObservable(inOrder('/two', NEVER, two)).toBe(twoExpected);
      expectSubscriptions(one.subscriptions).toBe(subs);
      expectSubscriptions(two.subscriptions).toBe(subs);
    }),
  );

  it(
    'runs workspaces up to the limit, and starts the turn that waits longest first',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const inOrder = createWorkspaceQueue(2);
      const one = cold('    -----a|             ');
      const two = cold('    --b|                ');
      const three = cold('     -----c|          ');
      const four = cold('         --d|          ');
      const oneSubs = '     ^-----!             ';
      const twoSubs = '     ^--!                ';
      const threeSubs = '   ---^-----!          ';
      const fourSubs = '    ------^--!          ';
      const oneExp = '      -----a|';
      const twoExp = '      --b|';
      const threeExp = '    --------c|';
      const fourExp = '     --------d|';

      expectObservable(inOrder('/one', NEVER, one)).toBe(oneExp);
      expectObservable(inOrder('/two', NEVER, two)).toBe(twoExp);
      expectObservable(inOrder('/three', NEVER, three)).toBe(threeExp);
      expectObservable(inOrder('/four', NEVER, four)).toBe(fourExp);
      expectSubscriptions(one.subscriptions).toBe(oneSubs);
      expectSubscriptions(two.subscriptions).toBe(twoSubs);
      expectSubscriptions(three.subscriptions).toBe(threeSubs);
      expectSubscriptions(four.subscriptions).toBe(fourSubs);
    }),
  );

  it(
    'keeps a turn to its own limit, and lets others pass it',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const inOrder = createWorkspaceQueue(1);
      const one = cold('    -----a|        ');
      const two = cold('          --b|     ');
      const three = cold('  --c|           ');
      const oneSubs = '     ^-----!        ';
      const twoSubs = '     ------^--!     ';
      const threeSubs = '   ^--!           ';
      const oneExp = '      -----a|        ';
      const twoExp = '      --------b|     ';
      const threeExp = '    --c|           ';

      expectObservable(inOrder('/one', NEVER, one)).toBe(oneExp);
      expectObservable(inOrder('/two', NEVER, two)).toBe(twoExp);
      expectObservable(inOrder('/three', NEVER, three, { limit: 2 })).toBe(threeExp);
      expectSubscriptions(one.subscriptions).toBe(oneSubs);
      expectSubscriptions(two.subscriptions).toBe(twoSubs);
      expectSubscriptions(three.subscriptions).toBe(threeSubs);
    }),
  );

  it(
    'starts a turn of a free workspace before an earlier turn of a busy one',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const inOrder = createWorkspaceQueue(2);
      const one = cold('    -----a|        ');
      const next = cold('         --b|     ');
      const other = cold('  --c|           ');
      const oneSubs = '     ^-----!        ';
      const nextSubs = '    ------^--!     ';
      const otherSubs = '   ^--!           ';
      const oneExp = '      -----a|';
      const nextExp = '     --------b|';
      const otherExp = '    --c|';

      expectObservable(inOrder('/one', NEVER, one)).toBe(oneExp);
      expectObservable(inOrder('/one', NEVER, next)).toBe(nextExp);
      expectObservable(inOrder('/two', NEVER, other)).toBe(otherExp);
      expectSubscriptions(one.subscriptions).toBe(oneSubs);
      expectSubscriptions(next.subscriptions).toBe(nextSubs);
      expectSubscriptions(other.subscriptions).toBe(otherSubs);
    }),
  );

  it(
    'starts the next turn after an empty source',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const inOrder = createWorkspaceQueue(4);
      const empty = cold('   --|       ');
      const next = cold('      --b|    ');
      const emptySubs = '    ^-!       ';
      const nextSubs = '     --^--!    ';
      const emptyExp = '     --|       ';
      const nextExp = '      ----b|    ';

      expectObservable(inOrder('/w', NEVER, empty)).toBe(emptyExp);
      expectObservable(inOrder('/w', NEVER, next)).toBe(nextExp);
      expectSubscriptions(empty.subscriptions).toBe(emptySubs);
      expectSubscriptions(next.subscriptions).toBe(nextSubs);
    }),
  );

  it(
    'waits for a source that never ends only in its workspace',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const inOrder = createWorkspaceQueue(4);
      const never = cold('   ---------');
      const next = cold('    --b|     ');
      const other = cold('   --c|     ');
      const neverSubs = '    ^--------';
      const otherSubs = '    ^--!     ';
      const neverExp = '     ---------';
      const nextExp = '      ---------';
      const otherExp = '     --c|';

      expectObservable(inOrder('/w', NEVER, never)).toBe(neverExp);
      expectObservable(inOrder('/w', NEVER, next)).toBe(nextExp);
      expectObservable(inOrder('/other', NEVER, other)).toBe(otherExp);
      expectSubscriptions(never.subscriptions).toBe(neverSubs);
      expectSubscriptions(next.subscriptions).toBe([]);
      expectSubscriptions(other.subscriptions).toBe(otherSubs);
    }),
  );

  it(
    'fails with the source and frees its place',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const inOrder = createWorkspaceQueue(1);
      const failing = cold('  --a-#        ');
      const same = cold('         --b|     ');
      const other = cold('           --c|  ');
      const failingSubs = '   ^---!        ';
      const sameSubs = '      ----^--!     ';
      const otherSubs = '     -------^--!  ';
      const failingExp = '    --a-#';
      const sameExp = '       ------b|';
      const otherExp = '      ---------c|';

      expectObservable(inOrder('/w', NEVER, failing, { agent: 'ada' })).toBe(failingExp);
      expectObservable(inOrder('/w', NEVER, same, { agent: 'ada' })).toBe(sameExp);
      expectObservable(inOrder('/other', NEVER, other, { agent: 'ada' })).toBe(otherExp);
      expectSubscriptions(failing.subscriptions).toBe(failingSubs);
      expectSubscriptions(same.subscriptions).toBe(sameSubs);
      expectSubscriptions(other.subscriptions).toBe(otherSubs);
    }),
  );

  it(
    'runs sources that complete at once',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const inOrder = createWorkspaceQueue(1);
      const first = cold('   --a|      ');
      const firstSubs = '    ^--!      ';
      const firstExp = '     --a|      ';
      const burst = '        ---(bc|)  ';
      const last = cold('       -d|    ');
      const lastSubs = '     ---^-!    ';
      const lastExp = '      ----d|    ';

      expectObservable(inOrder('/w', NEVER, first)).toBe(firstExp);
      expectObservable(inOrder('/w', NEVER, of('b', 'c'))).toBe(burst);
      expectObservable(inOrder('/x', NEVER, of('b', 'c'))).toBe(burst);
      expectObservable(inOrder('/w', NEVER, last)).toBe(lastExp);
      expectSubscriptions(first.subscriptions).toBe(firstSubs);
      expectSubscriptions(last.subscriptions).toBe(lastSubs);
    }),
  );

  it(
    'frees the place of a synchronous source',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const inOrder = createWorkspaceQueue(1);
      const source = cold('  --a|     ');
      const subs = '         ^--!     ';
      const expected = '     --a|     ';
      const syncExp = '      (bc|)';

      expectObservable(inOrder('/w', NEVER, of('b', 'c'))).toBe(syncExp);
      expectObservable(inOrder('/w', NEVER, source)).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'never subscribes to a source that was unsubscribed in the queue',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const inOrder = createWorkspaceQueue(4);
      const first = cold('   -----a|       ');
      const left = cold('          --b|    ');
      const next = cold('          --c|    ');
      const unsub = '        ---!          ';
      const firstSubs = '    ^-----!       ';
      const nextSubs = '     ------^--!    ';
      const firstExp = '     -----a|';
      const leftExp = '      -';
      const nextExp = '      --------c|';

      expectObservable(inOrder('/w', NEVER, first)).toBe(firstExp);
      expectObservable(inOrder('/w', NEVER, left), unsub).toBe(leftExp);
      expectObservable(inOrder('/w', NEVER, next)).toBe(nextExp);
      expectSubscriptions(first.subscriptions).toBe(firstSubs);
      expectSubscriptions(left.subscriptions).toBe([]);
      expectSubscriptions(next.subscriptions).toBe(nextSubs);
    }),
  );

  it(
    'unsubscribes from a source and starts the next turn',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const inOrder = createWorkspaceQueue(1);
      const source = cold('  --a--b--|   ');
      const next = cold('       --c|     ');
      const unsub = '        ---!        ';
      const subs = '         ^--!        ';
      const nextSubs = '     ---^--!     ';
      const expected = '     --a-        ';
      const nextExp = '      -----c|     ';

      expectObservable(inOrder('/w', NEVER, source), unsub).toBe(expected);
      expectObservable(inOrder('/other', NEVER, next)).toBe(nextExp);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(next.subscriptions).toBe(nextSubs);
    }),
  );

  it(
    'does not start a turn that is unsubscribed in the same moment',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const inOrder = createWorkspaceQueue(1);
      const first = cold('   -----a|  ');
      const next = cold('       --b|  ');
      const unsub = '        ---!     ';
      const firstSubs = '    ^--!     ';
      const expected = '     ----     ';

      expectObservable(merge(inOrder('/w', NEVER, first), inOrder('/w', NEVER, next)), unsub).toBe(
        expected,
      );
      expectSubscriptions(first.subscriptions).toBe(firstSubs);
      expectSubscriptions(next.subscriptions).toBe([]);
    }),
  );

  it(
    'starts a hurried source outside the queue, without freeing a place',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const inOrder = createWorkspaceQueue(4);
      const first = cold('   --------a|      ');
      const hurried = cold('    --b|         ');
      const next = cold('             --c|   ');
      const hurry = hot('    ---h            ');
      const firstSubs = '    ^--------!      ';
      const hurriedSubs = '  ---^--!         ';
      const nextSubs = '     ---------^--!   ';
      const hurrySubs = '    ^--!            ';
      const firstExp = '     --------a|';
      const hurriedExp = '   -----b|';
      const nextExp = '      -----------c|';

      expectObservable(inOrder('/w', NEVER, first)).toBe(firstExp);
      expectObservable(inOrder('/w', hurry, hurried)).toBe(hurriedExp);
      expectObservable(inOrder('/w', NEVER, next)).toBe(nextExp);
      expectSubscriptions(first.subscriptions).toBe(firstSubs);
      expectSubscriptions(hurried.subscriptions).toBe(hurriedSubs);
      expectSubscriptions(next.subscriptions).toBe(nextSubs);
      expectSubscriptions(hurry.subscriptions).toBe(hurrySubs);
    }),
  );

  it(
    'holds the next turn while a hurried source runs',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const inOrder = createWorkspaceQueue(4);
      const first = cold('   ----a|          ');
      const hurried = cold('    -----b|      ');
      const next = cold('             --c|   ');
      const hurry = hot('    ---h            ');
      const firstSubs = '    ^----!          ';
      const hurriedSubs = '  ---^-----!      ';
      const nextSubs = '     ---------^--!   ';
      const firstExp = '     ----a|';
      const hurriedExp = '   --------b|';
      const nextExp = '      -----------c|';

      expectObservable(inOrder('/w', NEVER, first)).toBe(firstExp);
      expectObservable(inOrder('/w', hurry, hurried)).toBe(hurriedExp);
      expectObservable(inOrder('/w', NEVER, next)).toBe(nextExp);
      expectSubscriptions(first.subscriptions).toBe(firstSubs);
      expectSubscriptions(hurried.subscriptions).toBe(hurriedSubs);
      expectSubscriptions(next.subscriptions).toBe(nextSubs);
    }),
  );

  it(
    'starts a source at once that is hurried from the start',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const inOrder = createWorkspaceQueue(1);
      const first = cold('     -----a|   ');
      const hurried = cold('   -b|       ');
      const firstSubs = '      ^-----!   ';
      const hurriedSubs = '    ^-!       ';
      const firstExp = '       -----a|   ';
      const hurriedExp = '     -b|       ';

      expectObservable(inOrder('/w', NEVER, first)).toBe(firstExp);
      expectObservable(inOrder('/w', of('h'), hurried)).toBe(hurriedExp);
      expectSubscriptions(first.subscriptions).toBe(firstSubs);
      expectSubscriptions(hurried.subscriptions).toBe(hurriedSubs);
    }),
  );

  it(
    'subscribes once to a source that is started and hurried',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const inOrder = createWorkspaceQueue(1);
      const source = cold('  --a--b--|');
      const hurry = hot('    ---h--h--');
      const subs = '         ^-------!';
      const expected = '     --a--b--|';

      expectObservable(inOrder('/w', hurry, source)).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(hurry.subscriptions).toBe([]);
    }),
  );

  it(
    'ignores a hot source before its start and after its end',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const inOrder = createWorkspaceQueue(1);
      const first = cold('   ----|        ');
      const firstSubs = '    ^---!        ';
      const source = hot('   -a---b---c-d-');
      const unsub = '        ----------!  ';
      const subs = '         ----^-----!  ';
      const expected = '     -----b---c   ';
      const firstExp = '     ----|';

      expectObservable(inOrder('/w', NEVER, first)).toBe(firstExp);
      expectObservable(inOrder('/w', NEVER, source), unsub).toBe(expected);
      expectSubscriptions(first.subscriptions).toBe(firstSubs);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'has no time limit for a waiting source',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const inOrder = createWorkspaceQueue(1);
      const first = cold('   180m a|        ');
      const next = cold('    b|             ');
      const firstSubs = '    ^ 180m !       ';
      const nextSubs = '     180m -^!       ';
      const firstExp = '     180m a|        ';
      const nextExp = '      180m -b|       ';

      expectObservable(inOrder('/w', NEVER, first)).toBe(firstExp);
      expectObservable(inOrder('/w', NEVER, next)).toBe(nextExp);
      expectSubscriptions(first.subscriptions).toBe(firstSubs);
      expectSubscriptions(next.subscriptions).toBe(nextSubs);
    }),
  );

  it(
    'queues each subscription',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const inOrder = createWorkspaceQueue(4);
      const source = cold('   --a|         ');
      const firstSubs = '     ^--!         ';
      const first = '         --a|         ';
      const later = '         --^          ';
      const laterSubs = '     ---^--!      ';
      const second = '        -----a|      ';
      const source$ = inOrder('/w', NEVER, source);

      expectObservable(source$).toBe(first);
      expectObservable(source$, later).toBe(second);
      expectSubscriptions(source.subscriptions).toBe([firstSubs, laterSubs]);
    }),
  );

  it(
    'has all places free after sources that complete, fail and are unsubscribed',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const inOrder = createWorkspaceQueue(1);
      const source = cold('  --a|     ');
      const subs = '         ^--!     ';
      const expected = '     --a|     ';
      const ends: string[] = [];
      const fail = (error: unknown): void => expect.unreachable(String(error));

      for (let i = 0; i < 3_000; i += 1) {
        const workspace = `/${i % 7}`;
        inOrder(workspace, NEVER, of(i)).subscribe({
          complete: () => ends.push('completed'),
          error: fail,
        });
        inOrder(
          workspace,
          NEVER,
          throwError(() => new Error('gone')),
        ).subscribe({ error: () => ends.push('failed') });
        const running = inOrder(workspace, NEVER, NEVER).subscribe({ error: fail });
        const waiting = inOrder('/w', NEVER, NEVER).subscribe({ error: fail });
        waiting.unsubscribe();
        running.unsubscribe();
      }
      expect(ends).toHaveLength(6_000);
      expectObservable(inOrder('/w', NEVER, source)).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'queues 32 turns for a workspace, and refuses the next',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const queue = createWorkspaceQueue(1);
      const turn = cold('    ----|             ');
      const subs = '         ^---!             ';
      const expected = '     ----|             ';
      const refused = '      #                 ';
      const full = new QueueFullError(
        'codex: too many turns wait already (32 for this workspace, 32 in all); try again when some have ended',
      );

      expectObservable(queue('/a', NEVER, turn)).toBe(expected);
      for (let waiting = 0; waiting < 32; waiting += 1)
        expectObservable(queue('/a', NEVER, NEVER)).toBe('-');
      expectObservable(queue('/a', NEVER, turn)).toBe(refused, undefined, full);
      expectSubscriptions(turn.subscriptions).toBe(subs);
    }),
  );

  it(
    'runs workspaces that share a thread in order',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const inOrder = createWorkspaceQueue(4, (workspace) => [workspace, 'thread']);
      const a = cold('       --a--|         ');
      const b = cold('            --b--|    ');
      const aSubs = '        ^----!         ';
      const bSubs = '        -----^----!    ';
      const aExpected = '    --a--|         ';
      const bExpected = '    -------b--|    ';

      expectObservable(inOrder('/a', NEVER, a)).toBe(aExpected);
      expectObservable(inOrder('/b', NEVER, b)).toBe(bExpected);
      expectSubscriptions(a.subscriptions).toBe(aSubs);
      expectSubscriptions(b.subscriptions).toBe(bSubs);
    }),
  );

  it(
    'starts first the turn of the agent with the fewest running turns',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const inOrder = createWorkspaceQueue(2);
      const a = cold('       --a--|              ');
      const b = cold('       --b-----|           ');
      const c = cold('               --c--|      ');
      const d = cold('            --d--|         ');
      const aSubs = '        ^----!              ';
      const bSubs = '        ^-------!           ';
      const cSubs = '        --------^----!      ';
      const dSubs = '        -----^----!         ';

      expectObservable(inOrder('/a', NEVER, a, { agent: 'ada' })).toBe('--a--|');
      expectObservable(inOrder('/b', NEVER, b, { agent: 'ada' })).toBe('--b-----|');
      expectObservable(inOrder('/c', NEVER, c, { agent: 'ada' })).toBe('----------c--|');
      expectObservable(inOrder('/d', NEVER, d, { agent: 'bob' })).toBe('-------d--|');
      expectSubscriptions(a.subscriptions).toBe(aSubs);
      expectSubscriptions(b.subscriptions).toBe(bSubs);
      expectSubscriptions(c.subscriptions).toBe(cSubs);
      expectSubscriptions(d.subscriptions).toBe(dSubs);
    }),
  );

  it(
    'remembers that an agent was served while it has a turn that waits',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const inOrder = createWorkspaceQueue(1);
      const first = cold('   --|      ');
      const second = cold('      --|  ');
      const other = cold('     --|    ');
      const firstSubs = '    ^-!      ';
      const otherSubs = '    --^-!    ';
      const secondSubs = '   ----^-!  ';

      expectObservable(inOrder('/one', NEVER, first, { agent: 'ada' })).toBe(' --|    ');
      expectObservable(inOrder('/two', NEVER, second, { agent: 'ada' })).toBe('------|');
      expectObservable(inOrder('/three', NEVER, other, { agent: 'bob' })).toBe('----|  ');
      expectSubscriptions(first.subscriptions).toBe(firstSubs);
      expectSubscriptions(other.subscriptions).toBe(otherSubs);
      expectSubscriptions(second.subscriptions).toBe(secondSubs);
    }),
  );

  it.each([
    ['has run', []],
    ['has left the queue', ['^--!']],
  ])('forgets that an agent was served when the last of its turns %s', (_what, left) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const inOrder = createWorkspaceQueue(1);
      const first = cold('   --|          ');
      const busy = cold('      ------|    ');
      const never = cold('   -            ');
      const again = cold('           --|  ');
      const other = cold('             --|');
      const againAt = '      -----^       ';
      const otherAt = '      ------^      ';
      const firstSubs = '    ^-!          ';
      const busySubs = '     --^-----!    ';
      const againSubs = '    --------^-!  ';
      const otherSubs = '    ----------^-!';
      const ada = { agent: 'ada' };

      expectObservable(inOrder('/1', NEVER, first, ada)).toBe('                --|');
      expectObservable(inOrder('/2', NEVER, busy, { agent: 'eve' })).toBe('    --------|');
      for (const unsub of left)
        expectObservable(inOrder('/3', NEVER, never, ada), unsub).toBe('      -');
      expectObservable(inOrder('/4', NEVER, again, ada), againAt).toBe('       ----------|');
      expectObservable(inOrder('/5', NEVER, other, { agent: 'bob' }), otherAt).toBe(
        '------------|',
      );
      expectSubscriptions(first.subscriptions).toBe(firstSubs);
      expectSubscriptions(busy.subscriptions).toBe(busySubs);
      expectSubscriptions(never.subscriptions).toBe([]);
      expectSubscriptions(again.subscriptions).toBe(againSubs);
      expectSubscriptions(other.subscriptions).toBe(otherSubs);
    })();
  });

  it(
    'has an extra place for light work',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const inOrder = createWorkspaceQueue(1);
      const turn = cold('    --a--|         ');
      const light = cold('   --b--|         ');
      const next = cold('         --c--|    ');
      const turnSubs = '     ^----!         ';
      const lightSubs = '    ^----!         ';
      const nextSubs = '     -----^----!    ';

      expectObservable(inOrder('/a', NEVER, turn)).toBe('--a--|');
      expectObservable(inOrder('/b', NEVER, light, { light: true })).toBe('--b--|');
      expectObservable(inOrder('/c', NEVER, next)).toBe('-------c--|');
      expectSubscriptions(turn.subscriptions).toBe(turnSubs);
      expectSubscriptions(light.subscriptions).toBe(lightSubs);
      expectSubscriptions(next.subscriptions).toBe(nextSubs);
    }),
  );

  it(
    'keeps half of the places for other agents',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const queue = createWorkspaceQueue(1);
      const turn = cold('    ----|             ');
      const other = cold('       ----|         ');
      const subs = '         ^---!             ';
      const otherSubs = '    ----^---!         ';
      const full = new QueueFullError(
        'codex: too many turns wait already (0 for this workspace, 128 in all); try again when some have ended',
      );

      expectObservable(queue('/a', NEVER, turn, { agent: 'ada' })).toBe('----|');
      for (let waiting = 0; waiting < 128; waiting += 1)
        expectObservable(queue(`/a${waiting}`, NEVER, NEVER, { agent: 'ada' })).toBe('-');
      expectObservable(queue('/z', NEVER, turn, { agent: 'ada' })).toBe('#', undefined, full);
      expectObservable(queue('/b', NEVER, other, { agent: 'bob' })).toBe('--------|');
      expectSubscriptions(turn.subscriptions).toBe(subs);
      expectSubscriptions(other.subscriptions).toBe(otherSubs);
    }),
  );

  it(
    'starts the next turn when the background work of the last one has drained',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const background = createBackgroundWork();
      const inOrder = createWorkspaceQueue(4, undefined, background.drained$);
      const a = cold('         --a--|          ');
      const settled = cold('      ----|        ');
      const b = cold('                --b--|   ');
      const unsub = '          ---!            ';
      const aSubs = '          ^--!            ';
      const settledSubs = '    ---^---!        ';
      const bSubs = '          -------^----!   ';

      const left = tap({ unsubscribe: () => background.runInBackground('/w')(settled) });
      expectObservable(inOrder('/w', NEVER, a.pipe(left)), unsub).toBe('--a');
      expectObservable(inOrder('/w', NEVER, b)).toBe('---------b--|');
      expectSubscriptions(a.subscriptions).toBe(aSubs);
      expectSubscriptions(settled.subscriptions).toBe(settledSubs);
      expectSubscriptions(b.subscriptions).toBe(bSubs);
    }),
  );

  it(
    'waits for the background work of a turn that was queued itself',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const background = createBackgroundWork();
      const inOrder = createWorkspaceQueue(4, undefined, background.drained$);
      const left = cold('            ----|            ');
      const a = cold('         --a|                   ');
      const b = NEVER.pipe(tap({ unsubscribe: () => background.runInBackground('/w')(left) }));
      const c = cold('                   --c--|       ');
      const unsub = '          ------!                 ';
      const aSubs = '          ^--!                    ';
      const leftSubs = '       ------^---!             ';
      const cSubs = '          ----------^----!        ';

      expectObservable(inOrder('/w', NEVER, a)).toBe('--a|');
      expectObservable(inOrder('/w', NEVER, b), unsub).toBe('---');
      expectObservable(inOrder('/w', NEVER, c)).toBe('------------c--|');
      expectSubscriptions(a.subscriptions).toBe(aSubs);
      expectSubscriptions(left.subscriptions).toBe(leftSubs);
      expectSubscriptions(c.subscriptions).toBe(cSubs);
    }),
  );

  testUnsubscription('abc', { a: 'a', b: 'b', c: 'c' }, (source$) =>
    createWorkspaceQueue(4)('/w', NEVER, source$),
  );
});
