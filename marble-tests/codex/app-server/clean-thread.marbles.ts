import { EMPTY, ignoreElements, NEVER, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { cleanThread } from '../../../src/codex/app-server/clean-thread.js';
import { AppServerError } from '../../../src/codex/app-server/rpc.js';
import { fakeAppServer } from '../../support/app-server.js';
import { marbles } from '../../support/marbles.js';

const answers: Record<string, unknown> = { r: {} };

/**
 * An app-server with the thread T, which has one known command; `ended` are the threads whose
 * agents were ended.
 */
const cleaning = (clean: Observable<unknown>, agents: Observable<unknown> = EMPTY) => {
  const ended: string[] = [];
  const interruptAgents$ = (threadId: string): Observable<never> => {
    ended.push(threadId);
    return agents.pipe(ignoreElements());
  };
  const { server, requests } = fakeAppServer(NEVER, () => clean, { interruptAgents$ });
  const seen = new Map([[1, 1]]);
  server.threads.set('T', { settings: '', marker: 'm', seen, model: undefined });
  return { server, requests, seen, ended };
};

describe('cleanThread', () => {
  it(
    'ends the agents, then the terminals, then the commands, and forgets those',
    marbles((helpers) => {
      const { cold, expectObservable, expectSubscriptions, flush } = helpers;
      const agents = cold('  ---|     ');
      const source = cold('     --(r|)', answers);
      const agentSubs = '    ^--!     ';
      const subs = '         ---^-!   ';
      const expected = '     -----|   ';
      const { server, requests, seen, ended } = cleaning(source, agents);

      expectObservable(cleanThread(server, 'T')).toBe(expected);
      expectSubscriptions(agents.subscriptions).toBe(agentSubs);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(ended).toEqual(['T']);
      expect(requests).toEqual([['thread/backgroundTerminals/clean', { threadId: 'T' }]]);
      expect(seen.size).toBe(0);
    }),
  );

  it(
    'completes at once when codex answers at once',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  (r|)', answers);
      const subs = '         (^!)';
      const expected = '     |   ';
      const { server } = cleaning(source);

      expectObservable(cleanThread(server, 'T')).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it.each([
    ['are refused', '--#'],
    ['have no answer', '--|'],
  ])('ends the commands when the terminals %s', (_, answer) => {
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold(answer, answers, new AppServerError('thread not found'));
      const subs = '       ^-!';
      const expected = '   --|';
      const { server, seen } = cleaning(source);

      expectObservable(cleanThread(server, 'T')).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(seen.size).toBe(0);
    })();
  });

  it(
    'ends the commands after a second without an answer, and drops a later one',
    marbles((helpers) => {
      const { cold, expectObservable, expectSubscriptions, flush } = helpers;
      const agents = cold('  ---|                ');
      const source = cold('     - 1s -(r|)       ', answers);
      const agentSubs = '    ^--!                ';
      const subs = '         ---^ 999ms !        ';
      const expected = '     ---- 999ms |        ';
      const { server, seen } = cleaning(source, agents);

      expectObservable(cleanThread(server, 'T')).toBe(expected);
      expectSubscriptions(agents.subscriptions).toBe(agentSubs);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(seen.size).toBe(0);
    }),
  );

  it(
    'ends no commands of a thread that is not loaded',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --(r|)', answers);
      const subs = '         ^-!   ';
      const expected = '     --|   ';
      const { server, requests, seen } = cleaning(source);

      expectObservable(cleanThread(server, 'other')).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(requests).toEqual([['thread/backgroundTerminals/clean', { threadId: 'other' }]]);
      expect(seen.size).toBe(1);
    }),
  );

  it(
    'ends no commands once it is unsubscribed',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  -----(r|)', answers);
      const cancel = '       --!      ';
      const subs = '         ^-!      ';
      const expected = '     ---      ';
      const { server, seen } = cleaning(source);

      expectObservable(cleanThread(server, 'T'), cancel).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(seen.size).toBe(1);
    }),
  );

  it(
    'sends no request when it is unsubscribed while agents end',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const agents = cold('  -----|');
      const source = cold('  (r|)  ', answers);
      const cancel = '       --!   ';
      const agentSubs = '    ^-!   ';
      const expected = '     ---   ';
      const { server } = cleaning(source, agents);

      expectObservable(cleanThread(server, 'T'), cancel).toBe(expected);
      expectSubscriptions(agents.subscriptions).toBe(agentSubs);
      expectSubscriptions(source.subscriptions).toBe([]);
    }),
  );

  it(
    'cleans again with each subscription',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --(r|) ', answers);
      const later = '        ---^   ';
      const subs = '         ^-!    ';
      const laterSubs = '    ---^-! ';
      const expected = '     --|    ';
      const again = '        -----| ';
      const { server } = cleaning(source);
      const clean$ = cleanThread(server, 'T');

      expectObservable(clean$).toBe(expected);
      expectObservable(clean$, later).toBe(again);
      expectSubscriptions(source.subscriptions).toBe([subs, laterSubs]);
    }),
  );
});
