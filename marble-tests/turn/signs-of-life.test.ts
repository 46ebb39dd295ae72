import { filter } from 'rxjs';
import { describe, it } from 'vitest';
import type { CodexSignal } from '../../src/codex/events/signal.js';
import { createSignsOfLife } from '../../src/turn/signs-of-life.js';
import { marbles } from '../support/marbles.js';

const signals: Record<string, CodexSignal> = {
  i: { type: 'item.started', item: { type: 'web_search' } },
  r: { type: 'error', message: 'Reconnecting... 1/5' },
};

describe('createSignsOfLife', () => {
  it(
    'counts the first sign of life of a chunk, and each signal that is more',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('--(iirri)--(ii)|', signals);
      const subs = '       ^--------------!';
      const expected = '   --(irr)----i---|';

      expectObservable(source.pipe(filter(createSignsOfLife()))).toBe(expected, signals);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});
