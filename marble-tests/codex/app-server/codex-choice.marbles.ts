import { NEVER, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { codexChoice } from '../../../src/codex/app-server/codex-choice.js';
import { AppServerError } from '../../../src/codex/app-server/rpc.js';
import { fakeAppServer } from '../../support/app-server.js';
import { marbles } from '../../support/marbles.js';

/**
 * c is a config with model and provider, n one without, l a list of models, o one without a
 * default, x is neither.
 */
const answers: Record<string, unknown> = {
  c: { config: { model: 'configured', model_provider: 'a' } },
  n: { config: { model: null, model_provider: null } },
  l: {
    data: [
      null,
      5,
      { model: 'other', isDefault: false },
      { model: 5, isDefault: true },
      { model: 'default', isDefault: true },
      { model: 'second', isDefault: true },
    ],
  },
  o: { data: [{ model: 'other', isDefault: false }, { model: 'old' }] },
  x: { data: 'none' },
};
/** c as configured, l codex's defaults, m the model that was asked for, u nothing. */
const choices = {
  c: { model: 'configured', provider: 'a' },
  l: { model: 'default', provider: 'openai' },
  o: { model: undefined, provider: 'openai' },
  m: { model: 'mine', provider: 'a' },
  n: { model: 'mine', provider: undefined },
  u: { model: undefined, provider: undefined },
};
const refused = new AppServerError('not known');

const asking = (read: Observable<unknown>, list: Observable<unknown>, asked?: string) => {
  const { server, requests } = fakeAppServer(
    NEVER,
    (method) => ({ 'config/read': read, 'model/list': list })[method],
  );
  return { choice$: codexChoice(server, '/w', asked), requests };
};

describe('codexChoice', () => {
  it(
    'emits model and provider of the config of the folder, without asking for the list',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --(c|)  ', answers);
      const list = cold('      --(l|)', answers);
      const subs = '         ^-!     ';
      const expected = '     --(c|)  ';
      const { choice$, requests } = asking(source, list);

      expectObservable(choice$).toBe(expected, choices);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(list.subscriptions).toBe([]);
      flush();
      expect(requests).toEqual([['config/read', { includeLayers: false, cwd: '/w' }]]);
    }),
  );

  it(
    'emits the first default of the list, and openai, when the config has neither',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --(n|)   ', answers);
      const list = cold('      ---(l|)', answers);
      const subs = '         ^-!      ';
      const listSubs = '     --^--!   ';
      const expected = '     -----(l|)';
      const { choice$, requests } = asking(source, list);

      expectObservable(choice$).toBe(expected, choices);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(list.subscriptions).toBe(listSubs);
      flush();
      expect(requests.slice(1)).toEqual([['model/list', {}]]);
    }),
  );

  it.each([
    ['n', 'o', 'o'],
    ['n', 'x', 'o'],
    ['x', 'x', 'u'],
  ])('emits no model when neither config %s nor list %s has one', (read, listed, emitted) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --(r|)   ', { r: answers[read] });
      const list = cold('      ---(l|)', { l: answers[listed] });
      const subs = '         ^-!      ';
      const listSubs = '     --^--!   ';
      const expected = `     -----(${emitted}|)`;
      const { choice$ } = asking(source, list);

      expectObservable(choice$).toBe(expected, choices);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(list.subscriptions).toBe(listSubs);
    })();
  });

  it(
    'emits the model that is asked for, and the provider of the config',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --(c|)', answers);
      const list = cold('    (l|)  ', answers);
      const subs = '         ^-!   ';
      const expected = '     --(m|)';
      const { choice$ } = asking(source, list, 'mine');

      expectObservable(choice$).toBe(expected, choices);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(list.subscriptions).toBe([]);
    }),
  );

  it.each([
    ['u', undefined],
    ['n', 'mine'],
  ])('emits %s when codex refuses the config and the model asked for is %s', (emitted, asked) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --#   ', answers, refused);
      const list = cold('    (l|)  ', answers);
      const subs = '         ^-!   ';
      const expected = `     --(${emitted}|)`;
      const { choice$ } = asking(source, list, asked);

      expectObservable(choice$).toBe(expected, choices);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(list.subscriptions).toBe([]);
    })();
  });

  it(
    'emits the provider alone when codex refuses the list',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --(n|) ', answers);
      const list = cold('      -#   ', answers, refused);
      const subs = '         ^-!    ';
      const listSubs = '     --^!   ';
      const expected = '     ---(o|)';
      const { choice$ } = asking(source, list);

      expectObservable(choice$).toBe(expected, choices);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(list.subscriptions).toBe(listSubs);
    }),
  );

  it(
    'emits at once when codex answers at once',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  (n|)', answers);
      const list = cold('    (l|)', answers);
      const subs = '         (^!)';
      const expected = '     (l|)';
      const { choice$ } = asking(source, list);

      expectObservable(choice$).toBe(expected, choices);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(list.subscriptions).toBe(subs);
    }),
  );

  it(
    'completes without a model when the request does',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --|', answers);
      const subs = '         ^-!';
      const expected = '     --|';
      const { choice$ } = asking(source, NEVER);

      expectObservable(choice$).toBe(expected, choices);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'waits for an answer that does not arrive',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --(n|)  ', answers);
      const list = cold('      ------', answers);
      const cancel = '       -------!';
      const subs = '         ^-!     ';
      const listSubs = '     --^----!';
      const expected = '     --------';
      const { choice$ } = asking(source, list);

      expectObservable(choice$, cancel).toBe(expected, choices);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(list.subscriptions).toBe(listSubs);
    }),
  );

  it(
    'drops the answer when unsubscribed, and asks again with each subscription',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  ---(c|)     ', answers);
      const cancel = '       --!         ';
      const later = '        -----^      ';
      const subs = '         ^-!         ';
      const laterSubs = '    -----^--!   ';
      const expected = '     ---         ';
      const again = '        --------(c|)';
      const { choice$, requests } = asking(source, NEVER);

      expectObservable(choice$, cancel).toBe(expected, choices);
      expectObservable(choice$, later).toBe(again, choices);
      expectSubscriptions(source.subscriptions).toBe([subs, laterSubs]);
      flush();
      expect(requests).toHaveLength(2);
    }),
  );
});
