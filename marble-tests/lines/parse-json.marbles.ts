import { mergeMap, of, take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { Line } from '../../src/lines/line.js';
import { type Parsed, parseJson } from '../../src/lines/parse-json.js';
import { marbles } from '../support/marbles.js';
import { synchronous } from '../support/synchronous.js';

const lines: Record<string, Line> = {
  a: '{"type":"a"}',
  b: '[1,null]',
  s: '"text"',
  0: 'null',
  n: 'npm notice: a new version',
  c: '{"type":"cut',
  l: `!${'x'.repeat(300)}`,
  o: { overlong: 200 },
  m: '\uFEFF{"type":"a"}',
  d: '{"type":"first","type":"a"}',
  p: '{"__proto__":{"type":"a"}}',
};
const parsed: Record<string, Parsed> = {
  a: { type: 'json', value: { type: 'a' } },
  b: { type: 'json', value: [1, null] },
  s: { type: 'json', value: 'text' },
  0: { type: 'json', value: null },
  n: { type: 'malformed', reason: 'not JSON', sample: 'npm notice: a new version' },
  c: { type: 'malformed', reason: 'not JSON', sample: '{"type":"cut' },
  l: { type: 'malformed', reason: 'not JSON', sample: `!${'x'.repeat(199)}` },
  o: { type: 'malformed', reason: 'a line of 200 bytes is over the bound', sample: '' },
  p: { type: 'json', value: Object.fromEntries([['__proto__', { type: 'a' }]]) },
};

describe('parseJson', () => {
  it(
    'emits one value for each line',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  a--b--s--0--|', lines);
      const subs = '         ^-----------!';
      const expected = '     a--b--s--0--|';

      expectObservable(source.pipe(parseJson())).toBe(expected, parsed);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits nothing for a source that is empty',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --|          ', lines);
      const subs = '         ^-!          ';
      const expected = '     --|          ';

      expectObservable(source.pipe(parseJson())).toBe(expected, parsed);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits nothing for a source that never emits',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -------------', lines);
      const subs = '         ^------------';
      const expected = '     -------------';

      expectObservable(source.pipe(parseJson())).toBe(expected, parsed);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails with the source',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  a--#         ', lines);
      const subs = '         ^--!         ';
      const expected = '     a--#         ';

      expectObservable(source.pipe(parseJson())).toBe(expected, parsed);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'keeps the order of a synchronous burst',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  (anb|)       ', lines);
      const subs = '         (^!)         ';
      const expected = '     (anb|)       ';

      expectObservable(source.pipe(parseJson())).toBe(expected, parsed);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits nothing once it is unsubscribed',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  a--b--s--|   ', lines);
      const unsub = '        ^---!        ';
      const subs = '         ^---!        ';
      const expected = '     a--b-        ';

      expectObservable(source.pipe(parseJson()), unsub).toBe(expected, parsed);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'ignores what a hot source emits after its completion',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('   a--|--b-#    ', lines);
      const subs = '         ^--!         ';
      const expected = '     a--|         ';

      expectObservable(source.pipe(parseJson())).toBe(expected, parsed);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'waits hours for the next line',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  a 180m b-|   ', lines);
      const subs = '         ^ 180m --!   ';
      const expected = '     a 180m b-|   ';

      expectObservable(source.pipe(parseJson())).toBe(expected, parsed);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'subscribes to the source for each subscription',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  a--|         ', lines);
      const firstSubs = '    ^--!         ';
      const first = '        a--|         ';
      const later = '        ----^        ';
      const laterSubs = '    ----^--!     ';
      const second = '       ----a--|     ';
      const parsed$ = source.pipe(parseJson());

      expectObservable(parsed$).toBe(first, parsed);
      expectObservable(parsed$, later).toBe(second, parsed);
      expectSubscriptions(source.subscriptions).toBe([firstSubs, laterSubs]);
    }),
  );

  it(
    'emits malformed with the first 200 characters for a line that is not JSON, and continues',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  n--c--l--a--|', lines);
      const subs = '         ^-----------!';
      const expected = '     n--c--l--a--|';

      expectObservable(source.pipe(parseJson())).toBe(expected, parsed);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits malformed with the size of an overlong line, and continues',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  o--a--|      ', lines);
      const subs = '         ^-----!      ';
      const expected = '     o--a--|      ';

      expectObservable(source.pipe(parseJson())).toBe(expected, parsed);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'drops a byte order mark',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  m--a--|      ', lines);
      const subs = '         ^-----!      ';
      const expected = '     a--a--|      ';

      expectObservable(source.pipe(parseJson())).toBe(expected, parsed);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'takes the last value of a duplicate key, and __proto__ as an ordinary key',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  d--p--|      ', lines);
      const subs = '         ^-----!      ';
      const expected = '     a--p--|      ';

      expectObservable(source.pipe(parseJson())).toBe(expected, parsed);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'keeps the unsubscription chain',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  a--b--s--|   ', lines);
      const unsub = '        ^---!        ';
      const subs = '         ^---!        ';
      const expected = '     a--b-        ';
      const result$ = source.pipe(
        mergeMap((line) => of(line)),
        parseJson(),
        mergeMap((value) => of(value)),
      );

      expectObservable(result$, unsub).toBe(expected, parsed);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it('stops a synchronous source when unsubscribed', () => {
    const { source$, emitted } = synchronous(['1', '2', '3']);

    source$.pipe(parseJson(), take(2)).subscribe();

    expect(emitted).toEqual(['1', '2']);
  });
});
