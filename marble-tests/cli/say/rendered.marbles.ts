import { describe, it } from 'vitest';
import type { TurnEvent } from '../../../src/canonical/turn-event.js';
import {
  type Noticed,
  rendered,
  type ScreenOptions,
  type Written,
} from '../../../src/cli/say/screen.js';
import { marbles } from '../../support/marbles.js';

const usage = {
  input_tokens: 1_200,
  cached_input_tokens: 1_000,
  output_tokens: 20,
  reasoning_output_tokens: 8,
};
const start: TurnEvent = { type: 'message_start', model: 'codex' };
const end: TurnEvent = { type: 'message_end', stop_reason: 'end_turn', usage, thread_id: 'th' };
const noticed: Record<string, Noticed> = {
  M: { event: start },
  t: { event: { type: 'text_delta', text: 'hello' } },
  u: { event: { type: 'text_delta', text: '\n\nworld' } },
  E: { event: end },
  r: {
    raw: {
      type: 'item.started',
      item: { id: 'i', type: 'command_execution', command: "/bin/bash -lc 'npm test'" },
    },
  },
  x: {
    raw: {
      type: 'item.completed',
      item: { id: 'i', type: 'command_execution', command: "/bin/bash -lc 'npm test'" },
    },
  },
  W: { warning: 'careful' },
};
const out = (text: string): Written => ({ to: 'stdout', text });
const err = (text: string): Written => ({ to: 'stderr', text });
const CLEAR = '\r\u001b[2K';
const plain: ScreenOptions = {
  json: false,
  thinking: false,
  stdout: false,
  stderr: false,
  colour: false,
  columns: () => 80,
};
const terminal: ScreenOptions = { ...plain, stdout: true, stderr: true };

const words: Record<string, Written> = {
  t: out('hello'),
  u: out('\n\nworld'),
  n: out('\n'),
  w: err('warning: careful\n'),
  M: out(`${JSON.stringify(start)}\n`),
  E: out(`${JSON.stringify(end)}\n`),
};

describe('rendered', () => {
  it(
    'writes the text when it comes, and a line feed at the end',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  M-t-W-r-x-u-(E|)', noticed);
      const subs = '         ^-----------!   ';
      const expected = '     --t-w-----u-(n|)';

      expectObservable(source.pipe(rendered(plain))).toBe(expected, words);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'writes the events with --json',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  M-W-(E|)', noticed);
      const subs = '         ^---!   ';
      const expected = '     M-w-(E|)';

      expectObservable(source.pipe(rendered({ ...plain, json: true }))).toBe(expected, words);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'says on a terminal what runs, ten times a second, and the tokens at the end',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  M 119ms r 99ms x 129ms t 99ms (E|)                    ', noticed);
      const subs = '         ^ 449ms !                                             ';
      // The status has ended the line of the text, so the end needs none.
      const expected = '     100ms a 99ms b 99ms c 49ms (CT) 46ms (NJ) 46ms (CV|)  ';
      const status = (words: string): Written => err(`${CLEAR}${words}`);

      expectObservable(source.pipe(rendered(terminal))).toBe(expected, {
        a: status('⠋ 0 s starting codex'),
        b: status('⠙ 0 s running npm test'),
        c: status('⠹ 0 s thinking'),
        C: err(CLEAR),
        T: out('hello'),
        N: err('\n'),
        J: status('⠸ 0 s thinking'),
        V: err('1,200 tokens in (1,000 cached), 20 out, 0 s\n'),
      });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it.each([
    ['a source that is empty', '|    ', '(^!)  '],
    ['one that fails', '----#', '^---! '],
    ['one that never ends', '-----', '^     '],
  ])('writes nothing of %s', (_what, marble, subs) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(marble, noticed);

      expectObservable(source.pipe(rendered(plain))).toBe(marble, words);
      expectSubscriptions(source.subscriptions).toBe(subs);
    })();
  });

  it(
    'takes a burst at once, and is silent after it',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  (MtuE|)', noticed);
      const subs = '         (^!)   ';
      const expected = '     (tunV|)';

      expectObservable(source.pipe(rendered({ ...terminal, stdout: false }))).toBe(expected, {
        ...words,
        V: err('1,200 tokens in (1,000 cached), 20 out, 0 s\n'),
      });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'is silent once it is unsubscribed',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('   M-t-- 200ms E|', noticed);
      const unsub = '        ---!           ';
      const subs = '         ^--!           ';
      const expected = '     --t            ';

      expectObservable(source.pipe(rendered(terminal)), unsub).toBe(expected, words);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'counts the time of each subscription for itself',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  59ms (E|)       ', noticed);
      const later = '        90ms ^          ';
      const written$ = source.pipe(rendered({ ...terminal, stdout: false }));
      const V = err('1,200 tokens in (1,000 cached), 20 out, 0 s\n');

      expectObservable(written$).toBe('       59ms (V|)', { V });
      expectObservable(written$, later).toBe('149ms (V|)', { V });
      expectSubscriptions(source.subscriptions).toBe(['^ 58ms !', '90ms ^ 58ms !']);
    }),
  );
});
