import { describe, expect, it } from 'vitest';
import { createHookWatch, type HookPlace } from '../../../src/codex/app-server/hook-watch.js';
import { marbles } from '../../support/marbles.js';

const hook = (sourcePath: string, trustStatus: string, enabled = true) => ({
  key: `${sourcePath}:0`,
  eventName: 'stop',
  sourcePath,
  enabled,
  trustStatus,
});
const listed = (...hooks: object[]) => ({ data: [{ hooks, warnings: [], errors: [] }] });
const answers = {
  u: listed(hook('/h', 'untrusted'), hook('/t', 'trusted'), hook('/o', 'untrusted', false)),
  t: listed(hook('/t', 'managed')),
  n: 42,
};
const place = { cwd: '/w', files: 'one', config: {} };

/** A watch, what it has logged and what it has asked. */
const opened = (mayHave = true) => {
  const logged: string[] = [];
  const watch = createHookWatch(() => mayHave);
  return { logged, watch, log: (_level: string, msg: string) => void logged.push(msg) };
};

describe('createHookWatch', () => {
  it(
    'warns of the hooks that codex does not trust when it has answered',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const answer = cold('  --(u|)', answers);
      const subs = '         ^-!   ';
      const expected = '     --|   ';
      const { watch, log, logged } = opened();
      const asked: unknown[] = [];
      const request$ = (...request: unknown[]) => (asked.push(request), answer);

      expectObservable(watch({ request$ }, place, log)).toBe(expected);
      expectSubscriptions(answer.subscriptions).toBe(subs);
      flush();
      expect(asked).toEqual([['hooks/list', { cwds: ['/w'] }]]);
      expect(logged).toEqual([
        expect.stringMatching(/not trust: stop of \/h \(nobody has trusted it\); trust them in /),
      ]);
    }),
  );

  it(
    'asks once for a workspace, and again when its files have changed',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const answer = cold('  -(u|)', answers);
      const subs = '         ^!   ';
      const asked = '        -|   ';
      const spared = '       |    ';
      const { watch, log, logged } = opened();
      const request$ = () => answer;

      expectObservable(watch({ request$ }, place, log)).toBe(asked);
      expectObservable(watch({ request$ }, place, log)).toBe(spared);
      expectObservable(watch({ request$ }, { ...place, cwd: '/other' }, log)).toBe(asked);
      expectObservable(watch({ request$ }, { ...place, files: 'two' }, log)).toBe(asked);
      expectSubscriptions(answer.subscriptions).toBe([subs, subs, subs]);
      flush();
      // The second answer of /w is that of before.
      expect(logged).toHaveLength(2);
    }),
  );

  it(
    'asks again when the turn has ended before the answer',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const answer = cold('  --(u|)  ', answers);
      const unsub = '        -!      ';
      const later = '        --^     ';
      const subs = ['        ^!      ', '--^-!'];
      const expected = '     --      ';
      const again = '        ----|   ';
      const { watch, log, logged } = opened();
      const watched$ = watch({ request$: () => answer }, place, log);

      expectObservable(watched$, unsub).toBe(expected);
      expectObservable(watched$, later).toBe(again);
      expectSubscriptions(answer.subscriptions).toBe(subs);
      flush();
      expect(logged).toHaveLength(1);
    }),
  );

  it.each<[what: string, config: HookPlace['config'], mayHave: boolean]>([
    ['all hooks of the thread run untested', { bypass_hook_trust: true }, true],
    ['no file may configure one', {}, false],
  ])('asks nothing when %s', (_what, config, mayHave) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const answer = cold('  -(u|)', answers);
      const subs: string[] = [];
      const expected = '     |    ';
      const { watch, log } = opened(mayHave);
      const here = { ...place, config };

      expectObservable(watch({ request$: () => answer }, here, log)).toBe(expected);
      expectSubscriptions(answer.subscriptions).toBe(subs);
    })();
  });

  it.each([
    ['an answer of trusted hooks', '  -(t|)      ', '^!         ', '-|         '],
    ['an answer of another form', '   -(n|)      ', '^!         ', '-|         '],
    ['a refusal', '                   -#         ', '^!         ', '-|         '],
    ['no answer within 5 s', '        -----      ', '^ 4999ms ! ', '- 4999ms | '],
  ])('says nothing of %s', (_what, source, subs, expected) => {
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const answer = cold(source, answers);
      const { watch, log, logged } = opened();

      expectObservable(watch({ request$: () => answer }, place, log)).toBe(expected);
      expectSubscriptions(answer.subscriptions).toBe(subs);
      flush();
      expect(logged).toEqual([]);
    })();
  });
});
