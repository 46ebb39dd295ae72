import type { TurnEvent } from 'plexum-openai-provider';
import { marbles, turnEvents } from 'plexum-openai-provider/testing';
import { mergeMap, Observable, of, take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { stalled } from './stalled.js';

const values = { f: false, t: true };

describe('stalled', () => {
  it(
    'emits true after a silence of 5 ms and false at the next event',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  M--t----------t--(E|)', turnEvents);
      const subs = '         ^----------------!   ';
      const expected = '     f-------t-----f--|   ';

      expectObservable(source.pipe(stalled(5))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits false once for a turn without a silence',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  M---t---t---(E|)', turnEvents);
      const subs = '         ^-----------!   ';
      const expected = '     f-----------|   ';

      expectObservable(source.pipe(stalled(5))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits nothing for an empty source',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --|', turnEvents);
      const subs = '         ^-!';
      const expected = '     --|';

      expectObservable(source.pipe(stalled(5))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits nothing for a source that never emits',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  - 60m -', turnEvents);
      const subs = '         ^ 60m -';
      const expected = '     - 60m -';

      expectObservable(source.pipe(stalled(5))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails with the source',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  M--t--#', turnEvents);
      const subs = '         ^-----!';
      const expected = '     f-----#';

      expectObservable(source.pipe(stalled(5))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'keeps the unsubscription chain',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  M--t----------t--(E|)', turnEvents);
      const unsub = '        ^----!               ';
      const subs = '         ^----!               ';
      const expected = '     f-----               ';
      const result = source.pipe(
        mergeMap((event) => of(event)),
        stalled(5),
        mergeMap((isStalled) => of(isStalled)),
      );

      expectObservable(result, unsub).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it('stops a synchronous source when unsubscribed', () => {
    const emitted: string[] = [];
    const source = new Observable<TurnEvent>((subscriber) => {
      for (const event of [turnEvents.M, turnEvents.t, turnEvents.E]) {
        if (subscriber.closed) return;
        emitted.push(event.type);
        subscriber.next(event);
      }
    });
    source.pipe(stalled(5), take(1)).subscribe();

    expect(emitted).toEqual(['message_start']);
  });
});
