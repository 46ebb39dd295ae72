import { describe, it } from 'vitest';
import { type Parsed, parseJson } from '../../src/lines/parse-json.js';
import type { Line } from '../../src/lines/split-lines.js';
import { marbles } from '../support/marbles.js';

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
    'reads one value a line',
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
    'waits with a source that never emits',
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
    'keeps the order in a burst',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  (anb|)       ', lines);
      const subs = '         (^!)         ';
      const expected = '     (anb|)       ';

      expectObservable(source.pipe(parseJson())).toBe(expected, parsed);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'says nothing once it is unsubscribed',
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
    'drops what a hot source says after its end',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('   a--|--b-#    ', lines);
      const subs = '         ^--!         ';
      const expected = '     a--|         ';

      expectObservable(source.pipe(parseJson())).toBe(expected, parsed);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'sets no limit to the time between two lines',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  a 180m b-|   ', lines);
      const subs = '         ^ 180m --!   ';
      const expected = '     a 180m b-|   ';

      expectObservable(source.pipe(parseJson())).toBe(expected, parsed);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'reads anew with every subscription',
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
    'passes noise on as a value, with its beginning, and goes on',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  n--c--l--a--|', lines);
      const subs = '         ^-----------!';
      const expected = '     n--c--l--a--|';

      expectObservable(source.pipe(parseJson())).toBe(expected, parsed);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'tells the size of a line over the bound, and goes on',
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
    'takes the last value of a key that is given twice, and __proto__ as a key like others',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  d--p--|      ', lines);
      const subs = '         ^-----!      ';
      const expected = '     a--p--|      ';

      expectObservable(source.pipe(parseJson())).toBe(expected, parsed);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});
