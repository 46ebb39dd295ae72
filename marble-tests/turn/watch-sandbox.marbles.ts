import { EMPTY, NEVER, of, Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { Asked } from '../../src/codex/permissions.js';
import type { Parsed } from '../../src/lines/parse-json.js';
import { NEW_THREAD } from '../../src/turn/mirror-rollout.js';
import { watchSandbox } from '../../src/turn/watch-sandbox.js';
import { marbles } from '../support/marbles.js';
import { asked, context, signals } from '../support/sandbox.js';
import { testUnsubscription } from '../support/unsubscription.js';

const records: Record<string, Parsed> = {
  m: { type: 'json', value: { type: 'session_meta', payload: {} } },
  r: context('read-only'),
  w: context('workspace-write'),
};
const rolloutEnd$ = () => of({ end: 9, file: '1:1' });
const before = { threadId: undefined, mark: NEW_THREAD };

describe('watchSandbox', () => {
  it(
    'tells a weaker sandbox at the first item after the rollout shows it',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T-S-i----i---x|', signals);
      const first = cold('       m-|         ', records);
      const later = cold('            m-w-|  ', records);
      const subs = '         ^-------------!';
      const firstSubs = '    ----^-!        ';
      const laterSubs = '    ---------^-!   ';
      const weaker = '       -----------w---';
      const rollouts = [first, later];
      const weaker$ = new Subject<string>();
      const ports = { rolloutEnd$, rollout$: () => rollouts.shift() ?? first };
      const watched = source.pipe(
        watchSandbox(
          () => asked,
          before,
          ports,
          () => weaker$.next('w'),
        ),
      );

      expectObservable(weaker$).toBe(weaker);
      expectObservable(watched).toBe('T-S-i----i---x|', signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(first.subscriptions).toBe(firstSubs);
      expectSubscriptions(later.subscriptions).toBe(laterSubs);
    }),
  );

  it(
    'reads no more once the sandbox is the one that was asked',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T-i--i-x|', signals);
      const rollout = cold('   r|     ', records);
      const subs = '         ^-------!';
      const rolloutSubs = '  --(^!)   ';
      const weaker$ = new Subject<string>();
      const ports = { rolloutEnd$, rollout$: () => rollout };
      const watched = source.pipe(
        watchSandbox(
          () => asked,
          before,
          ports,
          () => weaker$.next('w'),
        ),
      );

      expectObservable(weaker$).toBe('---------');
      expectObservable(watched).toBe('T-i--i-x|', signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(rollout.subscriptions).toBe(rolloutSubs);
    }),
  );

  it(
    'looks ten times at most, and not while it looks',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T-i--ii--i--i--i--i--i--i--i--i--i--i-x|', signals);
      const rollout = cold('   m-|', records);
      const subs = '         ^--------------------------------------!';
      const looks = [2, 5, 9, 12, 15, 18, 21, 24, 27, 30];
      const watched = source.pipe(
        watchSandbox(
          () => asked,
          before,
          { rolloutEnd$, rollout$: () => rollout },
          () => expect.fail(),
        ),
      );

      expectObservable(watched).toBe('T-i--ii--i--i--i--i--i--i--i--i--i--i-x|', signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(rollout.subscriptions).toBe(looks.map((at) => `${'-'.repeat(at)}^-!`));
    }),
  );

  it(
    'reads the whole lines only, and nothing while there is no rollout',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  T-i--i-x|', signals);
      const rollout = cold('   r|     ', records);
      const subs = '         ^-------!';
      const rolloutSubs = '  -----(^!)';
      const ends = [EMPTY, rolloutEnd$()];
      const reads: (number | undefined)[][] = [];
      const ports = {
        rolloutEnd$: () => ends.shift() ?? NEVER,
        rollout$: (_threadId: string, from: number, to?: number) => {
          reads.push([from, to]);
          return rollout;
        },
      };
      const watched = source.pipe(
        watchSandbox(
          () => asked,
          before,
          ports,
          () => expect.fail(),
        ),
      );

      expectObservable(watched).toBe('T-i--i-x|', signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(rollout.subscriptions).toBe(rolloutSubs);
      flush();
      expect(reads).toEqual([[0, 9]]);
    }),
  );

  it.each<[what: string, given: Asked | undefined]>([
    ['that the app-server runs', undefined],
    ['without a sandbox', { ...asked, sandbox: 'danger-full-access' }],
  ])('reads nothing for a turn %s', (_what, given) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T-i-x|', signals);
      const rollout = cold(' w|    ', records);
      const subs = '         ^----!';
      const ports = { rolloutEnd$, rollout$: () => rollout };
      const watched = source.pipe(
        watchSandbox(
          () => given,
          before,
          ports,
          () => expect.fail(),
        ),
      );

      expectObservable(watched).toBe('T-i-x|', signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(rollout.subscriptions).toBe([]);
    })();
  });

  testUnsubscription(
    'TSi',
    signals,
    watchSandbox(
      () => asked,
      before,
      { rolloutEnd$, rollout$: () => NEVER },
      () => undefined,
    ),
  );
});
