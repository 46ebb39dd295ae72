import fc from 'fast-check';
import {
  concat,
  concatMap,
  defer,
  dematerialize,
  EMPTY,
  exhaustMap,
  ignoreElements,
  type MonoTypeOperatorFunction,
  materialize,
  merge,
  mergeMap,
  Observable,
  of,
  take,
  tap,
} from 'rxjs';
import { describe, expect, it } from 'vitest';
import { concatSteps, type Step } from '../../src/streams/concat-steps.js';
import { concatLast, continueWith } from '../../src/streams/continue-with.js';
import { during } from '../../src/streams/during.js';
import { emitAll } from '../../src/streams/emit-all.js';
import { mergeBeside } from '../../src/streams/merge-beside.js';
import { holds } from '../support/fuzz.js';
import { observe, type Script, scripts, unsubscription } from './sources.js';

type Source = (name: string) => Observable<string>;
type Build = (source: Source) => Observable<string>;

/** Checks that two streams emit and subscribe the same, whatever their sources do. */
const expectSame = (actual: Build, expected: Build): void => {
  holds(
    fc.property(scripts, unsubscription, (script: Script, until) => {
      expect(observe(actual, script, until)).toEqual(observe(expected, script, until));
    }),
  );
};

/** Throws for `x`, becomes nothing for `e`, a source for an upper case letter. */
const stepOf =
  (source: Source) =>
  (value: string): Step<string> => {
    if (value === 'x') throw new Error('thrown');
    if (value === 'e') return undefined;
    return value === value.toUpperCase() ? source(value) : value;
  };
const lifted =
  (source: Source) =>
  (value: string): Observable<string> => {
    const step = stepOf(source)(value);
    if (step instanceof Observable) return step;
    return step === undefined ? EMPTY : of(step);
  };
const throwAtX: MonoTypeOperatorFunction<string> = tap((value) => {
  if (value === 'x') throw new Error('thrown');
});
const doubled = (value: string): string[] => (value === 'e' ? [] : [value, `${value}${value}`]);

describe('the streams, for any sources and any unsubscribe', () => {
  it('concatSteps emits and subscribes like concatMap', () => {
    expectSame(
      (source) => source('a').pipe(concatSteps(stepOf(source))),
      (source) => source('a').pipe(concatMap(lifted(source))),
    );
  });

  it('mergeBeside emits and subscribes like merge', () => {
    expectSame(
      (source) =>
        source('b').pipe(
          mergeBeside(source('a'), {
            next: (value) => {
              if (value === 'x') throw new Error('thrown');
            },
            complete: () => undefined,
          }),
        ),
      (source) => merge(source('a'), source('b').pipe(throwAtX)),
    );
  });

  it('concatLast emits and subscribes like concat', () => {
    expectSame(
      (source) => concatLast(source('a'), source('b')),
      (source) => concat(source('a'), source('b')),
    );
  });

  it('continueWith emits and subscribes like concat with the value', () => {
    expectSame(
      (source) => source('a').pipe(continueWith(lifted(source))),
      (source) =>
        defer(() => {
          let next$: Observable<string> = EMPTY;
          const first$ = source('a').pipe(
            take(1),
            tap((value) => {
              next$ = lifted(source)(value);
            }),
            ignoreElements(),
          );
          return concat(
            first$,
            defer(() => next$),
          );
        }),
    );
  });

  it('during emits and subscribes like exhaustMap that completes with the first stream', () => {
    expectSame(
      (source) => during(source('a'), lifted(source)),
      (source) =>
        source('a').pipe(
          exhaustMap((value) => defer(() => lifted(source)(value)).pipe(materialize())),
          dematerialize(),
        ),
    );
  });

  it('emitAll emits and subscribes like mergeMap and concat', () => {
    expectSame(
      (source) =>
        source('a').pipe(
          emitAll(
            (value) => {
              if (value === 'x') throw new Error('thrown');
              return doubled(value);
            },
            () => ['end', 'last'],
          ),
        ),
      (source) => concat(source('a').pipe(throwAtX, mergeMap(doubled)), of('end', 'last')),
    );
  });
});
