import { mergeMap, of, take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { TurnEvent } from '../../../src/canonical/turn-event.js';
import { render } from '../../../src/cli/say/render.js';
import type { ScreenNotice, ScreenOutput } from '../../../src/cli/say/screen.js';
import type { ScreenOptions } from '../../../src/cli/say/screen-options.js';
import { marbles } from '../../support/marbles.js';
import { synchronous } from '../../support/synchronous.js';

const usage = {
  input_tokens: 1_200,
  cached_input_tokens: 1_000,
  output_tokens: 20,
  reasoning_output_tokens: 8,
};
const start: TurnEvent = { type: 'message_start', model: 'codex' };
const end: TurnEvent = { type: 'message_end', stop_reason: 'end_turn', usage, thread_id: 'th' };
const noticed: Record<string, ScreenNotice> = {
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
const out = (text: string): ScreenOutput => ({ to: 'stdout', text });
const err = (text: string): ScreenOutput => ({ to: 'stderr', text });
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

const words: Record<string, ScreenOutput> = {
  t: out('hello'),
  u: out('\n\nworld'),
  n: out('\n'),
  w: err('warning: careful\n'),
  M: out(`${JSON.stringify(start)}\n`),
  E: out(`${JSON.stringify(end)}\n`),
};

describe('render', () => {
  it(
    'writes text when it arrives and a line feed at the end',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  M-t-W-r-x-u-(E|)', noticed);
      const subs = '         ^-----------!   ';
      const expected = '     --t-w-----u-(n|)';

      expectObservable(source.pipe(render(plain))).toBe(expected, words);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'writes canonical events instead of text with json',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  M-W-(E|)', noticed);
      const subs = '         ^---!   ';
      const expected = '     M-w-(E|)';

      expectObservable(source.pipe(render({ ...plain, json: true }))).toBe(expected, words);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'writes a status line ten times a second to a terminal, and the tokens at the end',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  M 119ms r 99ms x 129ms t 99ms (E|)                    ', noticed);
      const subs = '         ^ 449ms !                                             ';
      // The status has ended the line of the text, so the end needs none.
      const expected = '     100ms a 99ms b 99ms c 49ms (CT) 46ms (NJ) 46ms (CV|)  ';
      const status = (line: string): ScreenOutput => err(`${CLEAR}${line}`);

      expectObservable(source.pipe(render(terminal))).toBe(expected, {
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
    ['an empty source', '|    ', '(^!)  '],
    ['a source that fails', '----#', '^---! '],
    ['a source that never ends', '-----', '^     '],
  ])('writes nothing for %s', (_what, marble, subs) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(marble, noticed);

      expectObservable(source.pipe(render(plain))).toBe(marble, words);
      expectSubscriptions(source.subscriptions).toBe(subs);
    })();
  });

  it(
    'writes a synchronous turn at once and stops the status line after it',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  (MtuE|)', noticed);
      const subs = '         (^!)   ';
      const expected = '     (tunV|)';

      expectObservable(source.pipe(render({ ...terminal, stdout: false }))).toBe(expected, {
        ...words,
        V: err('1,200 tokens in (1,000 cached), 20 out, 0 s\n'),
      });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'writes nothing after it is unsubscribed',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('   M-t-- 200ms E|', noticed);
      const unsub = '        ---!           ';
      const subs = '         ^--!           ';
      const expected = '     --t            ';

      expectObservable(source.pipe(render(terminal)), unsub).toBe(expected, words);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'measures the time of every subscriber separately',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  59ms (E|)       ', noticed);
      const later = '        90ms ^          ';
      const written$ = source.pipe(render({ ...terminal, stdout: false }));
      const V = err('1,200 tokens in (1,000 cached), 20 out, 0 s\n');

      expectObservable(written$).toBe('       59ms (V|)', { V });
      expectObservable(written$, later).toBe('149ms (V|)', { V });
      expectSubscriptions(source.subscriptions).toBe(['^ 58ms !', '90ms ^ 58ms !']);
    }),
  );

  it('stops a synchronous source when unsubscribed', () => {
    const { source$, emitted } = synchronous(
      ['t', 'u', 't', 'E'].flatMap((letter) => noticed[letter] ?? []),
    );
    source$.pipe(render(plain), take(2)).subscribe();

    expect(emitted).toEqual([noticed.t, noticed.u]);
  });

  it(
    'keeps the unsubscription chain',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  M-t-W-r-x-u-(E|)', noticed);
      const unsub = '        -----!          ';
      const subs = '         ^----!          ';
      const expected = '     --t-w           ';
      const chain$ = source.pipe(
        mergeMap((value) => of(value)),
        render(plain),
        mergeMap((value) => of(value)),
      );

      expectObservable(chain$, unsub).toBe(expected, words);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});
