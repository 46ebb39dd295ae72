import { NEVER, of } from 'rxjs';
import { describe, it } from 'vitest';
import { whileTrue } from '../../src/streams/while-true.js';
import { marbles } from '../support/marbles.js';
import { testUnsubscription } from '../support/unsubscription.js';

const flags = { t: true, f: false };

describe('whileTrue', () => {
  it(
    'runs the other stream anew at each true, and ends it at the next value',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  t--f-t--t-----f--', flags);
      const work = cold('    ----w            ');
      const unsub = '        ----------------!';
      const subs = '         ^---------------!';
      const first = '        ^--!             ';
      const second = '       -----^--!        ';
      const third = '        --------^-----!  ';
      const expected = '     ------------w----';

      expectObservable(source.pipe(whileTrue(work)), unsub).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(work.subscriptions).toBe([first, second, third]);
    }),
  );

  it(
    'completes once the source, after a true, and the other stream have completed',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  f-t|   ', flags);
      const work = cold('      -w--|');
      const subs = '         ^--!   ';
      const workSubs = '     --^---!';
      const expected = '     ---w--|';

      expectObservable(source.pipe(whileTrue(work))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(work.subscriptions).toBe(workSubs);
    }),
  );

  it(
    'does not complete after a false',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  t-f|', flags);
      const subs = '         ^--!';
      const expected = '     (w)-';

      expectObservable(source.pipe(whileTrue(of('w')))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails when either fails',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  t--#', flags);
      const work = cold('    -#  ');
      const failed = '       ---#';
      const broken = '       -#  ';

      expectObservable(source.pipe(whileTrue(NEVER))).toBe(failed);
      expectObservable(source.pipe(whileTrue(work))).toBe(broken);
      expectSubscriptions(source.subscriptions).toBe(['^--!', '^!']);
    }),
  );

  testUnsubscription('tft', flags, whileTrue(NEVER));
});
