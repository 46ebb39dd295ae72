import { firstValueFrom, map, mergeMap, of, take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { type Decoded, decodeEvent } from '../../../src/codex/events/decode-event.js';
import type { Parsed } from '../../../src/lines/parse-json.js';
import { marbles } from '../../support/marbles.js';
import { synchronous } from '../../support/synchronous.js';

const json = (value: unknown): Parsed => ({ type: 'json', value });
const malformed = (reason: string, sample: string): Decoded => ({
  type: 'malformed',
  reason,
  sample,
});
const unrecognised = (kind: string): Decoded => ({ type: 'unrecognised', kind });
const usage = {
  input_tokens: 100,
  cached_input_tokens: 0,
  output_tokens: 20,
  reasoning_output_tokens: 0,
};
const items = {
  a: { type: 'item.completed', item: { id: 'item_0', type: 'agent_message', text: 'hello' } },
  r: { type: 'item.completed', item: { id: 'item_1', type: 'reasoning', text: 'hm' } },
  w: { type: 'item.completed', item: { id: 'item_2', type: 'error', message: 'old model' } },
  s: {
    type: 'item.started',
    item: { id: 'item_3', type: 'command_execution', command: 'ls', status: 'in_progress' },
  },
  u: { type: 'item.updated', item: { id: 'item_4', type: 'todo_list', items: [] } },
};
const deep: unknown = JSON.parse('['.repeat(50_000) + ']'.repeat(50_000));

const parsed: Record<string, Parsed> = {
  T: json({ type: 'thread.started', thread_id: 'T1' }),
  S: json({ type: 'turn.started' }),
  a: json(items.a),
  r: json(items.r),
  w: json(items.w),
  s: json(items.s),
  u: json(items.u),
  C: json({ type: 'turn.completed', usage }),
  c: json({ type: 'turn.completed' }),
  F: json({ type: 'turn.failed', error: { message: 'no' } }),
  e: json({ type: 'error', message: 'Reconnecting... 1/5' }),
  x: json({ type: 'turn.paused' }),
  y: json({ type: 'item.completed', item: { type: 'hologram' } }),
  p: json({ type: 'constructor' }),
  q: json({ type: 'item.completed', item: { type: '__proto__' } }),
  l: json({ type: 'y'.repeat(200) }),
  m: { type: 'malformed', reason: 'not JSON', sample: 'noise' },
  '0': json(null),
  '1': json([{ type: 'turn.started' }]),
  '2': json({ type: 7 }),
  '3': json({ type: 'thread.started' }),
  '4': json({ type: 'item.completed' }),
  '5': json({ type: 'item.completed', item: { type: 'agent_message', text: null } }),
  '6': json({ type: 'turn.failed', error: { message: 7 } }),
  d: json(deep),
  f: json({ type: 'thread.started', thread_id: deep }),
};
const decoded: Record<string, Decoded> = {
  T: { type: 'thread.started', thread_id: 'T1' },
  S: { type: 'turn.started' },
  C: { type: 'turn.completed', usage },
  c: { type: 'turn.completed' },
  F: { type: 'turn.failed', error: { message: 'no' } },
  e: { type: 'error', message: 'Reconnecting... 1/5' },
  x: unrecognised('event turn.paused'),
  y: unrecognised('item hologram'),
  p: unrecognised('event constructor'),
  q: unrecognised('item __proto__'),
  l: unrecognised(`event ${'y'.repeat(80)}`),
  m: malformed('not JSON', 'noise'),
  '0': malformed('without a type', 'null'),
  '1': malformed('without a type', '[{"type":"turn.started"}]'),
  '2': malformed('without a type', '{"type":7}'),
  '3': malformed(
    'thread.started: thread_id: expected string, got nothing',
    '{"type":"thread.started"}',
  ),
  '4': malformed('item.completed without an item', '{"type":"item.completed"}'),
  '5': malformed(
    'item agent_message: text: expected string, got null',
    '{"type":"item.completed","item":{"type":"agent_message","text":null}}',
  ),
  '6': malformed(
    'turn.failed: error.message: expected string, got 7',
    '{"type":"turn.failed","error":{"message":7}}',
  ),
};

describe('decodeEvent', () => {
  it(
    'decodes the events of a turn',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T--S--e--C--|', parsed);
      const subs = '         ^-----------!';
      const expected = '     T--S--e--C--|';

      expectObservable(source.pipe(decodeEvent())).toBe(expected, decoded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'decodes a failed turn, and a completed turn without usage',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  F--c--|      ', parsed);
      const subs = '         ^-----!      ';
      const expected = '     F--c--|      ';

      expectObservable(source.pipe(decodeEvent())).toBe(expected, decoded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'decodes items at each stage, and keeps all their fields',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  a-r-w-s-u---|', parsed);
      const subs = '         ^-----------!';
      const expected = '     a-r-w-s-u---|';

      expectObservable(source.pipe(decodeEvent())).toBe(expected, items);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'completes without a value when the source is empty',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  --|          ', parsed);
      const subs = '         ^-!          ';
      const expected = '     --|          ';

      expectObservable(source.pipe(decodeEvent())).toBe(expected, decoded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'does not emit or complete when the source never does',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -------------', parsed);
      const subs = '         ^------------';
      const expected = '     -------------';

      expectObservable(source.pipe(decodeEvent())).toBe(expected, decoded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails when the source fails',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T--#         ', parsed);
      const subs = '         ^--!         ';
      const expected = '     T--#         ';

      expectObservable(source.pipe(decodeEvent())).toBe(expected, decoded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'keeps the order of synchronous values',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  (Tx0C|)      ', parsed);
      const subs = '         (^!)         ';
      const expected = '     (Tx0C|)      ';

      expectObservable(source.pipe(decodeEvent())).toBe(expected, decoded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'emits nothing after unsubscribe',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T--S--C--|   ', parsed);
      const unsub = '        ^---!        ';
      const subs = '         ^---!        ';
      const expected = '     T--S-        ';

      expectObservable(source.pipe(decodeEvent()), unsub).toBe(expected, decoded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'ignores a hot source after its completion',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('   T--|--S-#    ', parsed);
      const subs = '         ^--!         ';
      const expected = '     T--|         ';

      expectObservable(source.pipe(decodeEvent())).toBe(expected, decoded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'sets no limit to the time between two events',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T 180m C-|   ', parsed);
      const subs = '         ^ 180m --!   ';
      const expected = '     T 180m C-|   ';

      expectObservable(source.pipe(decodeEvent())).toBe(expected, decoded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'reads anew with every subscription',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T--|         ', parsed);
      const firstSubs = '    ^--!         ';
      const first = '        T--|         ';
      const later = '        ----^        ';
      const laterSubs = '    ----^--!     ';
      const second = '       ----T--|     ';
      const event$ = source.pipe(decodeEvent());

      expectObservable(event$).toBe(first, decoded);
      expectObservable(event$, later).toBe(second, decoded);
      expectSubscriptions(source.subscriptions).toBe([firstSubs, laterSubs]);
    }),
  );

  it(
    'makes unknown events and items a value, and goes on',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  x-y-l-p-q-C-|', parsed);
      const subs = '         ^-----------!';
      const expected = '     x-y-l-p-q-C-|';

      expectObservable(source.pipe(decodeEvent())).toBe(expected, decoded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'passes what was not read on',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  m--C--|      ', parsed);
      const subs = '         ^-----!      ';
      const expected = '     m--C--|      ';

      expectObservable(source.pipe(decodeEvent())).toBe(expected, decoded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'makes values without a type malformed, and goes on',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  0--1--2--C--|', parsed);
      const subs = '         ^-----------!';
      const expected = '     0--1--2--C--|';

      expectObservable(source.pipe(decodeEvent())).toBe(expected, decoded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'names the field that does not fit, and goes on',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  3-4-5-6---C-|', parsed);
      const subs = '         ^-----------!';
      const expected = '     3-4-5-6---C-|';

      expectObservable(source.pipe(decodeEvent())).toBe(expected, decoded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    'does not break at a value that is nested without end',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  d--f--C--|   ', parsed);
      const subs = '         ^--------!   ';
      const expected = '     m--m--C--|   ';
      const types = { m: 'malformed', C: 'turn.completed' };

      expectObservable(
        source.pipe(
          decodeEvent(),
          map(({ type }) => type),
        ),
      ).toBe(expected, types);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it('stops a synchronous source when unsubscribed', () => {
    const { source$, emitted } = synchronous([json(items.a), json(items.r), json(items.w)]);

    source$.pipe(decodeEvent(), take(2)).subscribe();

    expect(emitted).toEqual([json(items.a), json(items.r)]);
  });

  it(
    'keeps the unsubscription chain',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  T--S--C--|   ', parsed);
      const unsub = '        ^---!        ';
      const subs = '         ^---!        ';
      const expected = '     T--S-        ';
      const decoded$ = source.pipe(
        mergeMap((value) => of(value)),
        decodeEvent(),
        mergeMap((value) => of(value)),
      );

      expectObservable(decoded$, unsub).toBe(expected, decoded);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});

describe('decodeEvent, for a single line', () => {
  const eventOf = (event: unknown): Promise<Decoded> =>
    firstValueFrom(of(json(event)).pipe(decodeEvent()));

  it.each([
    'command_execution',
    'file_change',
    'mcp_tool_call',
    'web_search',
    'todo_list',
    'collab_tool_call',
  ])('decodes an item of the kind %s', async (type) => {
    const event = { type: 'item.started', item: { id: 'item_0', type } };

    expect(await eventOf(event)).toEqual({
      type: 'item.started',
      item: expect.objectContaining({ type }),
    });
  });

  it('keeps 200 characters of a malformed event', async () => {
    const event = { type: 'item.started', item: 'x'.repeat(500) };

    expect(await eventOf(event)).toMatchObject({
      type: 'malformed',
      sample: JSON.stringify(event).slice(0, 200),
    });
  });
});
