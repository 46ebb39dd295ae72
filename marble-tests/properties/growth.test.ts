import fc from 'fast-check';
import { concat, defer, from, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { noUsage, type Terminal, type TurnEvent } from '../../src/canonical/turn-event.js';
import { parseJson } from '../../src/lines/parse-json.js';
import { splitLines } from '../../src/lines/split-lines.js';
import { rolloutReading } from '../../src/turn/rollout-reading.js';
import { holds } from '../support/fuzz.js';
import { fakePorts } from '../support/ports.js';
import { cuts } from './chunks.js';
import { collect } from './collect.js';
import { faultsOf } from './grammar.js';
import { records, THREAD } from './records.js';

const terminal: Terminal = {
  type: 'message_end',
  stop_reason: 'end_turn',
  usage: noUsage,
  thread_id: THREAD,
};
const LF = 0x0a;

interface Growth {
  /** The sizes of the file at the looks. */
  readonly sizes: readonly number[];
  /** The number of streamed items at each look. */
  readonly completed: readonly number[];
  /** The look from which on another file has its place. */
  readonly replacedAt?: number;
}

/** What is read of a rollout that grows, and the warnings. */
const readGrowing = (bytes: Buffer, { sizes, completed, replacedAt = Infinity }: Growth) => {
  let size = bytes.length;
  let look = 0;
  const { ports, logs } = fakePorts({
    rollout$: (_id, start, end = size) =>
      from([bytes.subarray(start, Math.min(end, size))]).pipe(splitLines(), parseJson()),
    rolloutEnd$: (_id, since) =>
      of({
        end: Math.max(Math.min(since, size), bytes.subarray(0, size).lastIndexOf(LF) + 1),
        file: look < replacedAt ? 'f' : 'g',
      }),
  });
  const reading = rolloutReading(
    { threadId: THREAD, mark: { offset: 0, file: 'f', total: noUsage } },
    ports,
  );
  const looks = sizes.map((each, nth) =>
    defer(() => {
      size = each;
      look = nth;
      return reading.grown$(completed[nth] ?? 0);
    }),
  );
  const end$ = defer(() => {
    size = bytes.length;
    return reading.end$(terminal);
  });
  return { events: collect(concat(...looks, end$)), logs };
};

const atOnce = (bytes: Buffer) => readGrowing(bytes, { sizes: [], completed: [] });
const withoutEnd = (events: readonly TurnEvent[]): readonly TurnEvent[] => events.slice(0, -1);
const growth = (bytes: Buffer, shares: readonly number[], counts: readonly number[]): Growth => ({
  sizes: shares.map((share) => Math.round(share * bytes.length)).toSorted((a, b) => a - b),
  completed: counts.toSorted((a, b) => a - b),
});
const streamed = fc.array(fc.nat(6), { maxLength: 40 });

describe('rolloutReading', () => {
  it('reads the same events of a rollout in any pieces as of all of it at once', () => {
    holds(
      fc.property(records, cuts, streamed, (bytes, shares, counts) => {
        const { events, logs } = readGrowing(bytes, growth(bytes, shares, counts));

        expect(faultsOf(events)).toEqual([]);
        expect({ events, logs }).toEqual(atOnce(bytes));
      }),
      { share: 4 },
    );
  });

  it('reads the same calls and results of a rollout that is replaced by a copy', () => {
    holds(
      fc.property(records, cuts, streamed, fc.nat(40), (bytes, shares, counts, replacedAt) => {
        const { events } = readGrowing(bytes, { ...growth(bytes, shares, counts), replacedAt });

        expect(faultsOf(events)).toEqual([]);
        expect(withoutEnd(events)).toEqual(withoutEnd(atOnce(bytes).events));
      }),
      { share: 4 },
    );
  });
});
