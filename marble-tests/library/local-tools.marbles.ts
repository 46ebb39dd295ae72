import { mergeMap, type Observable, of, take, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { callLocal, type LocalTool, specsOf } from '../../src/library/local-tools.js';
import { marbles } from '../support/marbles.js';
import { synchronous } from '../support/synchronous.js';

const call = { agent_id: 'ada', name: 'look_up', arguments: { colour: 'teal' } };
const noProgress = (): void => undefined;
const callOf = (run: LocalTool['run']): Observable<unknown> =>
  callLocal([
    { name: 'other', run: () => 'wrong' },
    { name: 'look_up', run },
  ])(call, noProgress);

const text = (value: string) => ({ content: [{ type: 'text', text: value }] });
const answers = { t: 'teal', u: 'later' };
const results = { t: text('teal') };

describe('callLocal', () => {
  it.each([
    ['a string', 'teal', text('teal')],
    ['undefined', undefined, text('')],
    ['a number', 7, text('7')],
    ['null', null, text('null')],
    ['an object', { red: 0 }, text('{"red":0}')],
    ['an object with a content that is no list', { content: 'a' }, text('{"content":"a"}')],
    ['an MCP result', { content: [], isError: true }, { content: [], isError: true }],
  ])('emits %s that the tool returns as an MCP result at once', (_what, value, result) => {
    marbles(({ expectObservable }) => {
      expectObservable(callOf(() => value)).toBe('(r|)', { r: result });
    })();
  });

  it(
    'emits the first value of an Observable, and unsubscribes from it',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const tool = cold('  ---t--u--|', answers);
      const subs = '       ^--!       ';
      const expected = '   ---(t|)    ';

      expectObservable(callOf(() => tool)).toBe(expected, results);
      expectSubscriptions(tool.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits an empty text when the Observable completes without a value',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const tool = cold('  ---|   ');
      const subs = '       ^--!   ';
      const expected = '   ---(e|)';

      expectObservable(callOf(() => tool)).toBe(expected, { e: text('') });
      expectSubscriptions(tool.subscriptions).toBe(subs);
    }),
  );

  it(
    'waits for an Observable that never emits',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const tool = cold('  ----');
      const subs = '       ^---';
      const expected = '   ----';

      expectObservable(callOf(() => tool)).toBe(expected);
      expectSubscriptions(tool.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails with the Observable, and with a tool that throws',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const error = new Error('no such colour');
      const tool = cold('  ---#', {}, error);
      const subs = '       ^--!';
      const expected = '   ---#';
      const thrown$ = callOf(() => {
        throw error;
      });

      expectObservable(callOf(() => tool)).toBe(expected, {}, error);
      expectObservable(thrown$).toBe('#', {}, error);
      expectObservable(callOf(() => throwError(() => error))).toBe('#', {}, error);
      expectSubscriptions(tool.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails when no tool has the name',
    marbles(({ expectObservable }) => {
      const error = new Error('there is no tool "look_up"');

      expectObservable(callLocal([])(call, noProgress)).toBe('#', {}, error);
    }),
  );

  it(
    'runs the tool once for each subscription, with the arguments of the call',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const tool = cold('  -t|      ', answers);
      const later = '      -----^   ';
      const subs = ['      ^!       ', '     -----^!  '];
      const first = '      -(t|)    ';
      const second = '     ------(t|)';
      const given: unknown[] = [];
      const result$ = callOf((args) => {
        given.push(args);
        return tool;
      });

      expect(given).toEqual([]);
      expectObservable(result$).toBe(first, results);
      expectObservable(result$, later).toBe(second, results);
      expectSubscriptions(tool.subscriptions).toBe(subs);
      flush();
      expect(given).toEqual([call.arguments, call.arguments]);
    }),
  );

  it('emits the value of a promise, and fails when it is rejected', async () => {
    const settled: unknown[] = [];
    const run = (value: PromiseLike<unknown>): Promise<void> =>
      new Promise((resolve) => {
        callOf(() => value).subscribe({
          next: (result) => settled.push(result),
          error: (error: unknown) => {
            settled.push(error);
            resolve();
          },
          complete: resolve,
        });
      });
    await run(Promise.resolve('teal'));
    await run(Promise.reject(new Error('no such colour')));

    expect(settled).toEqual([text('teal'), new Error('no such colour')]);
  });

  it('stops a synchronous source at its first value', () => {
    const { source$, emitted } = synchronous(['t', 'u', 'v']);
    callOf(() => source$).subscribe();

    expect(emitted).toEqual(['t']);
  });

  it('stops a synchronous source when unsubscribed', () => {
    const { source$, emitted } = synchronous(['t', 'u', 'v']);
    of(1, 2)
      .pipe(
        mergeMap(() => callOf(() => source$)),
        take(1),
      )
      .subscribe();

    expect(emitted).toEqual(['t']);
  });

  it(
    'keeps the unsubscription chain',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const tool = cold('  ---t|', answers);
      const unsub = '      --!  ';
      const subs = '       ^-!  ';
      const expected = '   ---  ';
      const result$ = of(tool).pipe(
        mergeMap((answer$) => callOf(() => answer$)),
        mergeMap((result) => of(result)),
      );

      expectObservable(result$, unsub).toBe(expected, results);
      expectSubscriptions(tool.subscriptions).toBe(subs);
    }),
  );
});

describe('specsOf', () => {
  it('lists the tools as a turn request does, without the fields that a tool lacks', () => {
    const inputSchema = { type: 'object', properties: { colour: { type: 'string' } } };
    const run = (): string => '';

    expect(
      specsOf([
        { name: 'look_up', description: 'Looks up a colour.', inputSchema, run },
        { name: 'wait', run },
      ]),
    ).toStrictEqual([
      { name: 'look_up', description: 'Looks up a colour.', inputSchema },
      { name: 'wait' },
    ]);
  });
});
