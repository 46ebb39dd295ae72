import { type Observable, Subject } from 'rxjs';
import { describe, it } from 'vitest';
import type { Expired } from '../../src/process/run.js';
import { expireSilence } from '../../src/turn/expire-silence.js';
import { marbles } from '../support/marbles.js';
import { testUnsubscription } from '../support/unsubscription.js';

const expiries: Record<string, Expired> = {
  i: { deadline: 'idle', ms: 4 },
  c: { deadline: 'command', ms: 10 },
};
const limits = { idle: 4, command: 10 };

/** What is busy, by a letter for each time that it is asked; `asked$` emits each letter. */
const busy = (answers: string) => {
  const asked$ = new Subject<string>();
  let count = 0;
  const isBusy = (): boolean => {
    const answer = answers.charAt(count) || 'f';
    count += 1;
    asked$.next(answer);
    return answer === 't';
  };
  return { asked$, isBusy };
};

describe('expireSilence', () => {
  it.each([
    ['tells idle after a period in which nothing is busy', limits, 'f', '------i!', '------f-'],
    [
      'asks again a period later while something is busy, up to the limit of a command',
      limits,
      'tttt',
      '------------c!',
      '------t---t-t-',
    ],
    [
      'gives what comes after a tool a whole period',
      { idle: 4, command: 30 },
      'ttff',
      '------------------i!',
      '------t---t---f---f-',
    ],
    [
      'asks on when a tool starts in that period',
      { idle: 4, command: 30 },
      'tftff',
      '----------------------i!',
      '------t---f---t---f---f-',
    ],
    [
      'tells idle only, without a limit of a command',
      { idle: 4, command: 0 },
      'tttff',
      '----------------------i!',
      '------t---t---t---f---f-',
    ],
    [
      'tells a busy command only, without an idle limit',
      { idle: 0, command: 10 },
      't',
      '------------c!',
      '------------t-',
    ],
    [
      'tells nothing of what is not busy, without an idle limit',
      { idle: 0, command: 10 },
      'f',
      '-------------!',
      '------------f-',
    ],
  ])('%s', (_what, given, answers, ends, questions) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('--a-------------------------', { a: 0 });
      const unsub = ends.replace(/[ic]/, '-');
      const subs = unsub.replace('-', '^');
      const expected = ends.replace('!', '-');
      const { asked$, isBusy } = busy(answers);

      expectObservable(source.pipe(expireSilence(given, isBusy)), unsub).toBe(expected, expiries);
      expectObservable(asked$).toBe(questions);
      expectSubscriptions(source.subscriptions).toBe(subs);
    })();
  });

  it(
    'starts its clocks with the first value and anew with each',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-----a--a---a-------', { a: 0 });
      const unsub = '      -----------------!  ';
      const subs = '       ^----------------!  ';
      const expected = '   ----------------i---';
      const questions = '  ----------------f---';
      const { asked$, isBusy } = busy('');

      expectObservable(source.pipe(expireSilence(limits, isBusy)), unsub).toBe(expected, expiries);
      expectObservable(asked$).toBe(questions);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'completes with its source when no clock runs, and fails with it',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('--a--|', { a: 0 });
      const failing = cold('--a--#', { a: 0 });
      const subs = '       ^----!';
      const none = expireSilence({ idle: 0, command: 0 }, () => true);

      expectObservable(source.pipe(none)).toBe('-----|');
      expectObservable(failing.pipe(expireSilence(limits, () => true))).toBe('-----#');
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(failing.subscriptions).toBe(subs);
    }),
  );

  testUnsubscription('abc', { a: 1, b: 2, c: 3 }, (source$: Observable<number>) =>
    source$.pipe(expireSilence(limits, () => false)),
  );
});
