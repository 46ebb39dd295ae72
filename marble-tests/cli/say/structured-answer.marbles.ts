import { describe, expect, it } from 'vitest';
import type { ScreenNotice } from '../../../src/cli/say/screen.js';
import { jsonIn, structuredAnswer } from '../../../src/cli/say/structured-answer.js';
import { type Marbles, marbles } from '../../support/marbles.js';
import { testUnsubscription } from '../../support/unsubscription.js';

const usage = {
  input_tokens: 1,
  cached_input_tokens: 0,
  output_tokens: 1,
  reasoning_output_tokens: 0,
};
const end = { type: 'message_end', stop_reason: 'end_turn', usage, thread_id: 'T' } as const;
const notices: Record<string, ScreenNotice> = {
  a: { event: { type: 'text_delta', text: 'Let me see.' } },
  b: { event: { type: 'text_delta', text: '\n\n{"a":' } },
  c: { event: { type: 'text_delta', text: ' 1.0}' } },
  n: { wait: { ahead: 1 } },
  E: { event: end },
  X: { event: { ...end, stop_reason: 'cancelled' } },
  F: { event: { type: 'error', kind: 'auth', message: 'no', retryable: false } },
  j: { event: { type: 'text_delta', text: '{"a": 1.0}\n' } },
  w: { warning: 'the answer does not fit the schema: too small\nLet me see.\n\n{"a": 1.0}' },
  v: { warning: 'the answer does not fit the schema: too small' },
  o: { warning: 'the answer does not fit the schema: it is no JSON\nLet me see.' },
};

/** The notices of a turn, and how often its answer did not fit. */
const shown = (
  { cold, expectObservable, expectSubscriptions, flush }: Marbles,
  source: string,
  expected: string,
  { problem, json = false, subs }: { problem?: string; json?: boolean; subs: string },
): number => {
  let misfits = 0;
  const source$ = cold(source, notices);
  const answer$ = source$.pipe(
    structuredAnswer({
      json,
      misfit: () => problem,
      onMisfit: () => {
        misfits += 1;
      },
    }),
  );
  expectObservable(answer$).toBe(expected, notices);
  expectSubscriptions(source$.subscriptions).toBe(subs);
  flush();
  return misfits;
};

describe('structuredAnswer', () => {
  it(
    'shows the JSON of the last message before the end, instead of the texts',
    marbles((helpers) => {
      const source = '  a-n-b-c-(E|)  ';
      const subs = '    ^-------!     ';
      const expected = '--n-----(jE|) ';
      expect(shown(helpers, source, expected, { subs })).toBe(0);
    }),
  );

  it(
    'warns with the reason and the text when the answer does not fit',
    marbles((helpers) => {
      const source = '  a-b-c-(E|)    ';
      const subs = '    ^-----!       ';
      const expected = '------(wE|)   ';
      expect(shown(helpers, source, expected, { subs, problem: 'too small' })).toBe(1);
    }),
  );

  it(
    'warns when the answer is no JSON',
    marbles((helpers) => {
      const source = '  a-(E|)  ';
      const subs = '    ^-!     ';
      const expected = '--(oE|) ';
      expect(shown(helpers, source, expected, { subs })).toBe(1);
    }),
  );

  it(
    'keeps every event with json, and adds only the warning',
    marbles((helpers) => {
      const source = '  a-b-c-(E|)  ';
      const subs = '    ^-----!     ';
      const expected = 'a-b-c-(vE|) ';
      expect(shown(helpers, source, expected, { subs, json: true, problem: 'too small' })).toBe(1);
    }),
  );

  it(
    'judges neither a failed nor a cancelled turn',
    marbles((helpers) => {
      const source = '  a-F-a-(X|) ';
      const subs = '    ^-----!    ';
      const expected = '--F---(X|)  '.trim();
      expect(shown(helpers, source, expected, { subs, problem: 'too small' })).toBe(0);
    }),
  );

  testUnsubscription('nFn', notices, (source$) =>
    source$.pipe(
      structuredAnswer({ misfit: () => undefined, json: true, onMisfit: () => undefined }),
    ),
  );
});

describe('jsonIn', () => {
  it.each<[text: string, json: string | undefined]>([
    ['{"a":1}', '{"a":1}'],
    [' [1]\n', '[1]'],
    ['See:\n\n{"a":1}', '{"a":1}'],
    ['{"a":1}\n\n{"a":2}', '{"a":2}'],
    ['{"a":\n\n1}', '{"a":\n\n1}'],
    ['no', undefined],
    ['', undefined],
  ])('finds the JSON of the last message in %j', (text, json) => {
    expect(jsonIn(text)?.json).toBe(json);
  });

  it('looks behind the last 100 blank lines, and at the whole text', () => {
    const list = (gaps: number): string => `[1${',\n\n1'.repeat(gaps)}]`;
    expect(jsonIn(`See:\n\n${list(99)}`)?.json).toBe(list(99));
    expect(jsonIn(`See:\n\n${list(100)}`)).toBeUndefined();
    expect(jsonIn(list(1_000))?.json).toBe(list(1_000));
    expect(jsonIn(`See:${'\n\n'.repeat(1_000)}5`)?.json).toBe('5');
  });
});
