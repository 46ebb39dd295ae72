import { EMPTY, ignoreElements, tap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { ServerNotification } from '../../../src/codex/app-server/notification.js';
import { AppServerError } from '../../../src/codex/app-server/rpc.js';
import { createSubAgents } from '../../../src/codex/app-server/sub-agents.js';
import { fakeAppServer, turnNotes } from '../../support/app-server.js';
import { marbles } from '../../support/marbles.js';

const spawned = (threadId: string, receiverThreadIds: unknown): ServerNotification => ({
  method: 'item/completed',
  params: {
    threadId,
    turnId: `turn of ${threadId}`,
    item: { type: 'collabAgentToolCall', id: 'call', receiverThreadIds },
  },
});
const began = (threadId: string): ServerNotification =>
  turnNotes(threadId, `turn of ${threadId}`).S;
/**
 * A capital letter is a call to agents: A and B from T to one, C from A to B, D from T to both. A
 * small one starts a turn of its thread; e ends the turn of A.
 */
const notes: Record<string, ServerNotification> = {
  A: spawned('T', ['A']),
  B: spawned('T', ['B']),
  C: spawned('A', ['B']),
  D: spawned('T', ['A', 'B']),
  a: began('A'),
  b: began('B'),
  t: began('T'),
  e: turnNotes('A', 'turn of A').C,
  // Calls to itself, and to the thread that started it.
  s: spawned('T', ['T']),
  r: spawned('A', ['T']),
  // Calls without a list of threads.
  n: spawned('T', 'A'),
  m: spawned('T', [5]),
};
const answers: Record<string, unknown> = { r: {} };
const interrupted = (id: string) => ['turn/interrupt', { threadId: id, turnId: `turn of ${id}` }];
const cleaned = (id: string) => ['thread/backgroundTerminals/clean', { threadId: id }];

const noteOf = (letter: string): ServerNotification => notes[letter] ?? expect.fail(letter);

const agents = (answer: Parameters<typeof fakeAppServer>[1]) => {
  const { server, requests } = fakeAppServer(EMPTY, answer);
  return { ...createSubAgents(server.request$), requests };
};

describe('createSubAgents', () => {
  it('knows which threads are agents below another one', () => {
    const { observe, isBelow } = agents(undefined);
    for (const letter of 'ACs') observe(noteOf(letter));
    const below = ['T', 'A', 'B', 'other'].filter((id) => isBelow('T', id));

    expect([below, isBelow('A', 'B'), isBelow('A', 'T')]).toEqual([['A', 'B'], true, false]);
  });

  it(
    'interrupts the running turns of all agents concurrently, then cleans each, and emits nothing',
    marbles((helpers) => {
      const { hot, cold, expectObservable, expectSubscriptions, flush } = helpers;
      const source = hot('   -A-a-B-b-------|', notes);
      const interruptA = cold('       --(r|) ', answers);
      const interruptB = cold('       ---(r|)', answers);
      const cleanA = cold('             -(r|)', answers);
      const start = '        ---------^      ';
      const subs = '         ^--------------!';
      const aSubs = '        ---------^-!    ';
      const bSubs = '        ---------^--!   ';
      const cleanSubs = '    -----------^!   ';
      const expected = '     ------------|   ';
      const { observe, interrupt$, requests } = agents((method, { threadId }) =>
        method === 'turn/interrupt'
          ? { A: interruptA, B: interruptB }[String(threadId)]
          : threadId === 'A'
            ? cleanA
            : undefined,
      );

      expectObservable(source.pipe(tap(observe), ignoreElements())).toBe('---------------|');
      expectObservable(interrupt$('T'), start).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(interruptA.subscriptions).toBe(aSubs);
      expectSubscriptions(interruptB.subscriptions).toBe(bSubs);
      expectSubscriptions(cleanA.subscriptions).toBe(cleanSubs);
      flush();
      expect(requests).toEqual([interrupted('A'), interrupted('B'), cleaned('A'), cleaned('B')]);
    }),
  );

  it.each([
    ['several agents of one call', 'Dab', 'T', ['A', 'B']],
    ['an agent of a thread whose own turn runs', 'tAa', 'T', ['A']],
    ['an agent of an agent', 'ACb', 'T', ['B']],
    ['an agent with a second turn', 'Aaea', 'T', ['A']],
    ['an agent whose turn started before its call completed', 'aA', 'T', ['A']],
    ['an agent of two calls once', 'AAa', 'T', ['A']],
    ['an agent of two threads once', 'DCb', 'T', ['B']],
    ['an agent of an agent, but not the thread that started both', 'ADCtab', 'A', ['B']],
    ['an agent that calls the thread that started it', 'Arta', 'T', ['A']],
  ])('interrupts %s', (_, letters, threadId, ended) => {
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold(' -(r|)', answers);
      const subs = '        ^!   ';
      const expected = '    -|   ';
      const { observe, interrupt$, requests } = agents((method) =>
        method === 'turn/interrupt' ? source : undefined,
      );
      for (const letter of letters) observe(noteOf(letter));

      expectObservable(interrupt$(threadId)).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(ended.map(() => subs));
      flush();
      expect(requests).toEqual([...ended.map(interrupted), ...ended.map(cleaned)]);
    })();
  });

  it.each([
    ['without agents', 'tab', 'T'],
    ['whose agent has completed its turn', 'Aae', 'T'],
    ['whose agent has started no turn', 'A', 'T'],
    ['that calls itself', 'st', 'T'],
    ['that calls the thread that started it', 'Art', 'A'],
    ['whose call has no list of threads', 'nma', 'T'],
  ])('interrupts nothing for a thread %s', (_, letters, threadId) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(' -(r|)', answers);
      const subs: string[] = [];
      const expected = '    |    ';
      const { observe, interrupt$ } = agents(() => source);
      for (const letter of letters) observe(noteOf(letter));

      expectObservable(interrupt$(threadId)).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    })();
  });

  it(
    'interrupts each of many agents that call one another once',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -(r|)', answers);
      const subs = '         ^!   ';
      const expected = '     -|   ';
      const { observe, interrupt$ } = agents((method) =>
        method === 'turn/interrupt' ? source : undefined,
      );
      const levels = ['1', '2', '3', '4'];
      for (const [i, level] of levels.entries()) {
        for (const above of i === 0 ? ['T'] : [`x${i}`, `y${i}`])
          observe(spawned(above, [`x${level}`, `y${level}`]));
        for (const id of [`x${level}`, `y${level}`]) observe(began(id));
      }

      expectObservable(interrupt$('T')).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(levels.flatMap(() => [subs, subs]));
    }),
  );

  it(
    'continues when one interrupt is refused, and cleans the others',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  -#     ', answers, new AppServerError('no active turn to interrupt'));
      const other = cold('   ---(r|)', answers);
      const subs = '         ^!     ';
      const otherSubs = '    ^--!   ';
      const expected = '     ---|   ';
      const { observe, interrupt$, requests } = agents((method, { threadId }) =>
        method === 'turn/interrupt' ? (threadId === 'A' ? source : other) : undefined,
      );
      for (const letter of 'Dab') observe(noteOf(letter));

      expectObservable(interrupt$('T')).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(other.subscriptions).toBe(otherSubs);
      flush();
      expect(requests).toEqual([interrupted('A'), interrupted('B'), cleaned('B')]);
    }),
  );

  it(
    'cleans an agent whose interrupt has no answer, and ignores a refused clean',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --|  ', answers);
      const clean = cold('     -#', answers, new AppServerError('thread not found'));
      const subs = '         ^-!  ';
      const cleanSubs = '    --^! ';
      const expected = '     ---| ';
      const { observe, interrupt$ } = agents((method) =>
        method === 'turn/interrupt' ? source : clean,
      );
      for (const letter of 'Aa') observe(noteOf(letter));

      expectObservable(interrupt$('T')).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(clean.subscriptions).toBe(cleanSubs);
    }),
  );

  it(
    'waits a second for an answer, and drops a later one',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  - 1s (r|)', answers);
      const subs = '         ^ 999ms ! ';
      const expected = '     - 999ms | ';
      const { observe, interrupt$, requests } = agents(() => source);
      for (const letter of 'Aa') observe(noteOf(letter));

      expectObservable(interrupt$('T')).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(requests).toEqual([interrupted('A')]);
    }),
  );

  it(
    'drops the answers when unsubscribed',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  -----(r|)', answers);
      const cancel = '       ---!     ';
      const subs = '         ^--!     ';
      const expected = '     ----     ';
      const { observe, interrupt$, requests } = agents(() => source);
      for (const letter of 'Aa') observe(noteOf(letter));

      expectObservable(interrupt$('T'), cancel).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(requests).toEqual([interrupted('A')]);
    }),
  );

  it(
    'looks for the agents on subscribe, and interrupts each once',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const source = hot('   --(ACab)-----(Aa)--|', notes);
      const interrupt = cold('         -(r|)    ', answers);
      const subs = '         ^------------------!';
      const before = '       ^                   ';
      const start = '        ---------^          ';
      const again = '        -----------^        ';
      const anew = '         ------------------^ ';
      const oldSubs = '      ---------^!         ';
      const newSubs = '      ------------------^!';
      const { observe, interrupt$ } = agents((method) =>
        method === 'turn/interrupt' ? interrupt : undefined,
      );
      const observed$ = source.pipe(tap(observe), ignoreElements());

      expectObservable(observed$).toBe('-------------------|');
      expectObservable(interrupt$('T'), before).toBe('|');
      const ended$ = interrupt$('T');
      expectObservable(ended$, start).toBe('----------|');
      expectObservable(ended$, again).toBe('-----------|');
      expectObservable(interrupt$('A'), again).toBe('-----------|');
      expectObservable(ended$, anew).toBe('-------------------|');
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(interrupt.subscriptions).toBe([oldSubs, oldSubs, newSubs]);
    }),
  );
});
