import { concat, EMPTY, ignoreElements, NEVER, type Observable, of, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { RefusedItems } from '../../src/codex/history-refusal.js';
import type { Patch, RolloutLine } from '../../src/codex/rollout/patch.js';
import type { Ports } from '../../src/ports.js';
import { BusyError } from '../../src/process/lock-holder.js';
import { takeOut } from '../../src/session/take-out.js';
import { marbles } from '../support/marbles.js';
import { fakePorts } from '../support/ports.js';
import { testUnsubscription } from '../support/unsubscription.js';

const FILE = '/codex/sessions/rollout.jsonl';
const record = (offset: number, payload: object): RolloutLine => ({
  offset,
  bytes: Buffer.from(JSON.stringify({ type: 'response_item', payload })),
});
const picture = (data: string) => ({
  type: 'input_image',
  image_url: `data:image/png;base64,${Buffer.from(data, 'hex').toString('base64')}`,
});
const GOOD = picture('89504e470d0a1a0a0000000d49484452');
const BROKEN = picture('000102030405060708090a0b0c0d0e0f');
const message = (offset: number, ...content: object[]): RolloutLine =>
  record(offset, { type: 'message', role: 'user', content });

/** c a refused call, o another one, p and q the prompt, g good pictures, b with a broken one. */
const lines: Record<string, RolloutLine> = {
  c: record(0, { type: 'function_call', name: 'x', arguments: '{}', call_id: 'call_a' }),
  o: record(1_000, { type: 'function_call', name: 'x', arguments: '{}', call_id: 'call_b' }),
  p: message(2_000, { type: 'input_text', text: 'go on' }),
  g: message(3_000, GOOD, GOOD),
  b: message(4_000, GOOD, BROKEN),
  q: message(5_000, { type: 'input_text', text: 'go on' }),
  m: message(1_500, { type: 'input_text', text: 'go on' }, BROKEN),
  d: record(7_000, { type: 'reasoning', id: 'rs_1', summary: [] }),
  e: record(8_000, { type: 'reasoning', id: 'rs_1', summary: [] }),
  f: record(9_000, { type: 'reasoning', id: 'rs_1', summary: [] }),
  H: {
    offset: 6_000,
    bytes: Buffer.from(
      JSON.stringify({
        type: 'compacted',
        payload: { replacement_history: [{ type: 'reasoning', id: 'rs_1', summary: [] }] },
      }),
    ),
  },
  A: record(2_500, { type: 'message', role: 'assistant', content: [] }),
  C: {
    offset: 6_000,
    bytes: Buffer.from(
      JSON.stringify({
        type: 'compacted',
        payload: {
          replacement_history: [
            {
              type: 'message',
              role: 'user',
              content: [{ type: 'input_text', text: 'go on' }],
            },
          ],
        },
      }),
    ),
  },
};
const CALL: RefusedItems = { by: 'call', ids: ['call_a'] };
const COPIES: RefusedItems = { by: 'duplicate', ids: ['rs_1'] };

/** Takes items out of a rollout with these lines; `patched` has the offsets of the lines. */
const taking = (
  scan: Observable<RolloutLine>,
  items: RefusedItems = CALL,
  given: Partial<Ports> = {},
) => {
  const texts: (readonly string[])[] = [];
  const patched: number[] = [];
  const { ports } = fakePorts({
    rolloutFile$: () => of(FILE),
    linesWith$: (_file, wanted) => (texts.push(wanted), scan),
    patchFile$: (_file, patches: readonly Patch[]) => {
      patched.push(...patches.map(({ offset }) => Math.floor(offset / 1_000)));
      return EMPTY;
    },
    ...given,
  });
  return { taken$: takeOut({ threadId: 'T', items, prompt: 'go on' }, ports), texts, patched };
};
const counts = { 0: 0, 1: 1, 2: 2, 4: 4 };

describe('takeOut', () => {
  it(
    'emits the number of items once they and the last prompt are taken out',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const scan = cold('    -c-o-p-q-|   ', lines);
      const subs = '         ^--------!   ';
      const expected = '     ---------(1|)';
      const { taken$, texts, patched } = taking(scan);

      expectObservable(taken$).toBe(expected, counts);
      expectSubscriptions(scan.subscriptions).toBe(subs);
      flush();
      expect(texts).toEqual([['"call_a"', '"role":"user"', '"role":"assistant"']]);
      expect(patched).toEqual([0, 5]);
    }),
  );

  it(
    'emits 0 and patches nothing, the prompt neither, when no item is refused',
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const scan = cold('    -o-p-|   ', lines);
      const subs = '         ^----!   ';
      const expected = '     -----(0|)';
      const { taken$, patched } = taking(scan);

      expectObservable(taken$).toBe(expected, counts);
      expectSubscriptions(scan.subscriptions).toBe(subs);
      flush();
      expect(patched).toEqual([]);
    }),
  );

  it.each<[string, string, RefusedItems, readonly number[]]>([
    ['keeps a message with the text of the prompt that was answered', '-cpA|', CALL, [0]],
    ['keeps such a message of a compaction', '-cC|', CALL, [0]],
    ['takes the later copy of an item out, and keeps the first one', '-de|', COPIES, [8]],
    ['begins anew with the copy in a compaction', '-dHe|', COPIES, [8]],
    ['begins anew after a compaction without the item', '-dCef|', COPIES, [9]],
    ['takes a broken picture out of such a message', '-mAq|', { by: 'pictures' }, [1, 5]],
  ])('%s', (_what, marble, items, offsets) => {
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const scan = cold(marble, lines);
      const subs = `^${'-'.repeat(marble.length - 2)}!`;
      const expected = `${'-'.repeat(marble.length - 1)}(1|)`;
      const { taken$, patched } = taking(scan, items);

      expectObservable(taken$).toBe(expected, counts);
      expectSubscriptions(scan.subscriptions).toBe(subs);
      flush();
      expect(patched).toEqual(offsets);
    })();
  });

  it.each<[string, string, RefusedItems['by'], keyof typeof counts, readonly number[]]>([
    ['good pictures when all are good', '-g|', 'pictures', 2, [3]],
    ['only broken pictures when one is broken', '-gb|', 'pictures', 1, [4]],
    ['only broken pictures when only these are meant', '-gb|', 'broken pictures', 1, [4]],
    ['no good picture when only broken ones are meant', '-g|', 'broken pictures', 0, []],
  ])('takes out %s', (_what, marble, by, count, offsets) => {
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const scan = cold(marble, lines);
      const items: RefusedItems =
        by === 'broken pictures' ? { by: 'broken pictures' } : { by: 'pictures' };
      const subs = `^${'-'.repeat(marble.length - 2)}!`;
      const expected = `${'-'.repeat(marble.length - 1)}(${count}|)`;
      const { taken$, patched } = taking(scan, items);

      expectObservable(taken$).toBe(expected, counts);
      expectSubscriptions(scan.subscriptions).toBe(subs);
      flush();
      expect(patched).toEqual(offsets);
    })();
  });

  it(
    'emits 0 for a thread without a rollout',
    marbles(({ expectObservable }) => {
      expectObservable(taking(NEVER, CALL, { rolloutFile$: () => EMPTY }).taken$).toBe(
        '(0|)',
        counts,
      );
    }),
  );

  it(
    'emits the number when the lock is released',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const scan = cold('    -c|      ', lines);
      const release = cold('   --|    ');
      const subs = '         ^-!      ';
      const expected = '     ----(1|) ';
      const lockRollout: Ports['lockRollout'] = (_file, source$) =>
        concat(source$, release.pipe(ignoreElements()));

      expectObservable(taking(scan, CALL, { lockRollout }).taken$).toBe(expected, counts);
      expectSubscriptions(scan.subscriptions).toBe(subs);
    }),
  );

  it(
    'fails with BusyError while another process changes the thread',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const busy = new BusyError('another plugin changes this thread');
      const scan = cold('-c|', lines);
      const lockRollout = () => throwError(() => busy);

      expectObservable(taking(scan, CALL, { lockRollout }).taken$).toBe('#', counts, busy);
      expectSubscriptions(scan.subscriptions).toBe([]);
    }),
  );

  testUnsubscription('coq', lines, (scan$) => taking(scan$).taken$);
});
