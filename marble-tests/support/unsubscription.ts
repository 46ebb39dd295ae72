import { mergeMap, Observable, of, Subject, takeUntil } from 'rxjs';
import { expect, it } from 'vitest';
import { type Marbles, marbles } from './marbles.js';

type Use<T> = (source$: Observable<T>, helpers: Marbles) => Observable<unknown>;
interface Options {
  /** The operator needs no more than the first value. */
  readonly takesOne?: boolean;
}

/**
 * Adds the two tests of unsubscription that every operator gets, inside its `describe`. `letters`
 * are three letters of `values`, which the source emits.
 */
export const testUnsubscription = <T>(
  letters: string,
  values: Readonly<Record<string, T>>,
  use: Use<T>,
  options: Options = {},
): void => {
  testSynchronousStop(letters, values, use, options);
  testChain(letters, values, use, options);
};

/** The source calls `stop$` in the middle of its loop, and has to find itself unsubscribed. */
export const testSynchronousStop = <T>(
  letters: string,
  values: Readonly<Record<string, T>>,
  use: Use<T>,
  { takesOne = false }: Options = {},
): void => {
  it(
    'stops a synchronous source when unsubscribed',
    marbles((helpers) => {
      const last = takesOne ? letters.slice(0, 1) : letters.slice(0, 2);
      const stop$ = new Subject<void>();
      let emitted = '';
      const source$ = new Observable<T>((subscriber) => {
        for (const letter of letters) {
          const value = values[letter];
          if (subscriber.closed || value === undefined) return;
          emitted += letter;
          subscriber.next(value);
          if (emitted === last) stop$.next();
        }
        subscriber.complete();
      });

      use(source$, helpers)
        .pipe(takeUntil(stop$))
        .subscribe({ error: (error: unknown) => expect.unreachable(String(error)) });

      expect(emitted).toBe(last);
    }),
  );
};

/** Everything between the source and the subscriber is unsubscribed in the same millisecond. */
export const testChain = <T>(
  letters: string,
  values: Readonly<Record<string, T>>,
  use: Use<T>,
  { takesOne = false }: Options = {},
): void => {
  it(
    'keeps the unsubscription chain',
    marbles((helpers) => {
      const [a, b, c] = letters;
      const source = helpers.cold(takesOne ? `-----${a}|` : `-${a}--${b}-${c}|`, values);
      const unsub = '---!';
      const subs = ' ^--!';
      const source$ = source.pipe(mergeMap((value) => of(value)));
      const chain$ = use(source$, helpers).pipe(mergeMap((value) => of(value)));

      // Only what is subscribed counts: the other tests of an operator expect its output.
      helpers.expectObservable(chain$, unsub);
      helpers.expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
};
