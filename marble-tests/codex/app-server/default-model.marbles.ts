import { NEVER, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { defaultModel } from '../../../src/codex/app-server/default-model.js';
import { AppServerError } from '../../../src/codex/app-server/rpc.js';
import { fakeAppServer } from '../../support/app-server.js';
import { marbles } from '../../support/marbles.js';

/**
 * c is a config with a model, n one without, l a list of models, o one without a default, x is
 * neither.
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
  const { server, requests } = fakeAppServer(
    NEVER,
    (method) => ({ 'config/read': read, 'model/list': list })[method],
  );
  return { model$: defaultModel(server, '/w'), requests };
};

describe('defaultModel', () => {
  it(
    'emits the model of the config of the folder, without asking for the list',
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
    'emits the first default of the list when the config has no model',
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
  ])('emits undefined when neither config %s nor list %s has a model', (read, listed) => {
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
    'emits undefined when codex refuses the config',
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
    'emits undefined when codex refuses the list',
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
    'emits at once when codex answers at once',
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
    'completes without a model when the request does',
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
    'waits for an answer that does not arrive',
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
    'drops the answer when unsubscribed, and asks again with each subscription',
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
