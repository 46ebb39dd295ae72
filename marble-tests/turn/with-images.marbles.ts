import { of, tap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { StagedImages } from '../../src/ports.js';
import { turnEvents } from '../../src/testing/alphabet.js';
import { withImages } from '../../src/turn/with-images.js';
import { marbles } from '../support/marbles.js';
import { testUnsubscription } from '../support/unsubscription.js';

const turn = { images: [{ type: 'image', path: '/p.png' }], workspace: '/w' } as const;

describe('withImages', () => {
  it(
    'removes the files before the terminal event',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('  M-E-|', turnEvents);
      const subs = '         ^---!';
      const expected = '     M-E-|';
      const log: string[] = [];
      const images = { paths: [], notes: [], release: () => log.push('removed') };
      const events$ = withImages(turn, { stageImages$: () => of(images) }, () => source).pipe(
        tap(({ type }) => log.push(type)),
      );

      expectObservable(events$).toBe(expected, turnEvents);
      expectSubscriptions(source.subscriptions).toBe(subs);
      flush();
      expect(log).toEqual(['message_start', 'removed', 'message_end', 'removed']);
    }),
  );

  it(
    'stages nothing for a turn without images',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const none: Record<string, StagedImages> = {};
      const staging = cold(' -----', none);
      const source = cold('  M-E-|', turnEvents);
      const subs = '         ^---!';
      const expected = '     M-E-|';
      const ports = { stageImages$: () => staging };
      const events$ = withImages({ ...turn, images: [] }, ports, (images) => {
        expect(images).toEqual({ paths: [], notes: [] });
        return source;
      });

      expectObservable(events$).toBe(expected, turnEvents);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(staging.subscriptions).toBe([]);
    }),
  );

  testUnsubscription('MtE', turnEvents, (source$) =>
    withImages(
      turn,
      { stageImages$: () => of({ paths: [], notes: [], release: () => undefined }) },
      () => source$,
    ),
  );
});
