import { NEVER, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { defaultModel } from '../../../src/codex/app-server/default-model.js';
import { AppServerError } from '../../../src/codex/app-server/rpc.js';
import { served } from '../../support/app-server.js';
import { marbles } from '../../support/marbles.js';

/**
 * c a config with a model, n one without, l the list of the models, o one without a default, x what
 * is neither.
 */
const answers: Record<string, unknown> = {
  c: { config: { model: 'configured' } },
  n: { config: { model: null } },
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
const models = { c: 'configured', l: 'default', u: undefined };
const refused = new AppServerError('not known');

const asking = (read: Observable<unknown>, list: Observable<unknown>) => {
  const { server, requests } = served(
    NEVER,
    (method) => ({ 'config/read': read, 'model/list': list })[method],
  );
  return { model$: defaultModel(server, '/w'), requests };
};

describe('defaultModel', () => {
  it(
    'is that of the config of the folder, and asks for nothing more',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --(c|)  ', answers);
      const list = cold('      --(l|)', answers);
      const subs = '         ^-!     ';
      const expected = '     --(c|)  ';
      const { model$, requests } = asking(source, list);

      expectObservable(model$).toBe(expected, models);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(list.subscriptions).toBe([]);
      flush();
      expect(requests).toEqual([['config/read', { includeLayers: false, cwd: '/w' }]]);
    }),
  );

  it(
    'is the first default of the list where the config has none',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  --(n|)   ', answers);
      const list = cold('      ---(l|)', answers);
      const subs = '         ^-!      ';
      const listSubs = '     --^--!   ';
      const expected = '     -----(l|)';
      const { model$, requests } = asking(source, list);

      expectObservable(model$).toBe(expected, models);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(list.subscriptions).toBe(listSubs);
      flush();
      expect(requests.slice(1)).toEqual([['model/list', {}]]);
    }),
  );

  it.each([
    ['n', 'o'],
    ['n', 'x'],
    ['x', 'x'],
  ])('is nothing where config %s and list %s have none', (read, listed) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --(r|)   ', { r: answers[read] });
      const list = cold('      ---(l|)', { l: answers[listed] });
      const subs = '         ^-!      ';
      const listSubs = '     --^--!   ';
      const expected = '     -----(u|)';
      const { model$ } = asking(source, list);

      expectObservable(model$).toBe(expected, models);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(list.subscriptions).toBe(listSubs);
    })();
  });

  it(
    'is nothing where the config is refused',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --#   ', answers, refused);
      const list = cold('      (l|)', answers);
      const subs = '         ^-!   ';
      const expected = '     --(u|)';
      const { model$ } = asking(source, list);

      expectObservable(model$).toBe(expected, models);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(list.subscriptions).toBe([]);
    }),
  );

  it(
    'is nothing where the list is refused',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --(n|) ', answers);
      const list = cold('      -#   ', answers, refused);
      const subs = '         ^-!    ';
      const listSubs = '     --^!   ';
      const expected = '     ---(u|)';
      const { model$ } = asking(source, list);

      expectObservable(model$).toBe(expected, models);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(list.subscriptions).toBe(listSubs);
    }),
  );

  it(
    'is told at once when all is answered at once',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  (n|)', answers);
      const list = cold('    (l|)', answers);
      const subs = '         (^!)';
      const expected = '     (l|)';
      const { model$ } = asking(source, list);

      expectObservable(model$).toBe(expected, models);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(list.subscriptions).toBe(subs);
    }),
  );

  it(
    'of no answer is none',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --|', answers);
      const subs = '         ^-!';
      const expected = '     --|';
      const { model$ } = asking(source, NEVER);

      expectObservable(model$).toBe(expected, models);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'waits for an answer that does not come',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --(n|)  ', answers);
      const list = cold('      ------', answers);
      const cancel = '       -------!';
      const subs = '         ^-!     ';
      const listSubs = '     --^----!';
      const expected = '     --------';
      const { model$ } = asking(source, list);

      expectObservable(model$, cancel).toBe(expected, models);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(list.subscriptions).toBe(listSubs);
    }),
  );

  it(
    'forgets an answer that is late for an unsubscribe, and asks again with each subscription',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  ---(c|)     ', answers);
      const cancel = '       --!         ';
      const later = '        -----^      ';
      const subs = '         ^-!         ';
      const laterSubs = '    -----^--!   ';
      const expected = '     ---         ';
      const again = '        --------(c|)';
      const { model$, requests } = asking(source, NEVER);

      expectObservable(model$, cancel).toBe(expected, models);
      expectObservable(model$, later).toBe(again, models);
      expectSubscriptions(source.subscriptions).toBe([subs, laterSubs]);
      flush();
      expect(requests).toHaveLength(2);
    }),
  );
});
