import { mergeMap, of, take } from 'rxjs';
import { describe, it } from 'vitest';
import { turnByTurn } from '../../src/streams/turn-by-turn.js';
import { marbles } from '../support/marbles.js';

const t = { t: true } as const;

describe('turnByTurn', () => {
  it(
    'lets the first pass at once, and one more at each end of a turn, in their order',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const end = cold('   ---e|     ');
      const ends = ['      ^---!     ', '----^---!', '--------^---!'];
      const first = '      (t|)      ';
      const second = '     ----(t|)  ';
      const third = '      --------(t|)';

      const gate$ = turnByTurn(end);
      expectObservable(gate$).toBe(first, t);
      expectObservable(gate$).toBe(second, t);
      expectObservable(gate$).toBe(third, t);
      expectSubscriptions(end.subscriptions).toBe(ends);
    }),
  );

  it(
    'lets a later one pass at once when nobody has passed in its turn',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const end = cold('   --|       ');
      const ends = ['      ^-!       ', '-----^-!'];
      const first = '      (t|)      ';
      const later = '      -----^    ';
      const expected = '   -----(t|) ';

      const gate$ = turnByTurn(end);
      expectObservable(gate$).toBe(first, t);
      expectObservable(gate$, later).toBe(expected, t);
      expectSubscriptions(end.subscriptions).toBe(ends);
    }),
  );

  it(
    'leaves the place of who unsubscribes to the next',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const end = cold('   ---|      ');
      const ends = ['      ^--!      ', '---^--!'];
      const first = '      (t|)      ';
      const unsub = '      ^-!       ';
      const none = '       ---       ';
      const third = '      ---(t|)   ';

      const gate$ = turnByTurn(end);
      expectObservable(gate$).toBe(first, t);
      expectObservable(gate$, unsub).toBe(none, t);
      expectObservable(gate$).toBe(third, t);
      expectSubscriptions(end.subscriptions).toBe(ends);
    }),
  );

  it(
    'lets who subscribes while another passes wait for the next turn',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const end = cold('   ---|      ');
      const ends = ['      ^--!      ', '---^--!'];
      const expected = '   ---(t|)   ';

      const gate$ = turnByTurn(end);
      expectObservable(gate$.pipe(mergeMap(() => gate$))).toBe(expected, t);
      expectSubscriptions(end.subscriptions).toBe(ends);
    }),
  );

  it(
    'opens again at the end of the turn when who has passed unsubscribes',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const end = cold('   ---|      ');
      const ends = ['      ^--!      ', '---^--!'];
      const first = '      (t|)      ';
      const second = '     ---(t|)   ';

      const gate$ = turnByTurn(end);
      expectObservable(gate$.pipe(take(1))).toBe(first, t);
      expectObservable(gate$.pipe(mergeMap((value) => of(value)))).toBe(second, t);
      expectSubscriptions(end.subscriptions).toBe(ends);
    }),
  );
});
