import { Observable, type OperatorFunction } from 'rxjs';
import { link } from './link.js';

/** What a value becomes: another value, several in time, or nothing. */
export type Step<R> = R | Observable<R> | undefined;

/**
 * `concatMap` for a projection that mostly has its value at hand.
 *
 * ```
 * source   --a--B--c-----|         B becomes ---x--y|
 * emits    --a-----x--(yc)-|
 * ```
 *
 * Emits `project(value)` at once when it is no Observable, nothing for `undefined`; otherwise its
 * values. Later values wait, and are projected, when those before have completed. Completes when
 * the source and the last Observable have completed. Fails when either or `project` fails.
 * Unsubscribe unsubscribes from both and drops the values that wait.
 *
 * A value that waits takes its place in an array and no more: codex can print ten thousand lines
 * while a file is written. An Observable for each value makes a turn of short lines take half as
 * long again.
 */
export const concatSteps =
  <T, R>(project: (value: T) => Step<R>): OperatorFunction<T, R> =>
  (source$) =>
    new Observable((subscriber) => {
      let waiting: T[] = [];
      // Of an array before the one that grows: values that were read are not kept.
      let unread = new Array<T>().values();
      let isRunning = false;
      let isDraining = false;
      let isComplete = false;
      const pass = (value: T): void => {
        const step = project(value);
        if (!(step instanceof Observable)) {
          if (step !== undefined) subscriber.next(step);
          return;
        }
        isRunning = true;
        link(step, subscriber, {
          next: (each) => subscriber.next(each),
          complete: () => {
            isRunning = false;
            drain();
          },
        });
      };
      // A loop: if each Observable began in the completion of the one before, some hundred of them
      // would be more than the stack holds.
      const drain = (): void => {
        if (isDraining) return;
        isDraining = true;
        while (!isRunning && !subscriber.closed) {
          const { done, value } = unread.next();
          if (done !== true) pass(value);
          else if (waiting.length === 0) {
            if (isComplete) subscriber.complete();
            break;
          } else {
            unread = waiting.values();
            waiting = [];
          }
        }
        isDraining = false;
      };
      link(source$, subscriber, {
        next: (value) => {
          if (isRunning || isDraining) waiting.push(value);
          else pass(value);
        },
        complete: () => {
          isComplete = true;
          drain();
        },
      });
    });
