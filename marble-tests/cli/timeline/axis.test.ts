import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { axisOf, ticksOf } from '../../../src/cli/timeline/axis.js';
import { holds } from '../../support/fuzz.js';

const axis = (endMs: number, moments: readonly number[] = []) =>
  axisOf({ moments, endMs, size: 100, fold: 10 });

/** A turn in which nothing can be folded. */
const busy = (endMs: number): readonly number[] =>
  Array.from({ length: 20 }, (_, nth) => (nth * endMs) / 20);

describe('axisOf', () => {
  it('is to scale without idle stretches', () => {
    const { msPerUnit, folds, at } = axis(1_000, [0, 10]);
    expect({ msPerUnit, folds, places: [0, 250, 1_000, 2_000].map(at) }).toEqual({
      msPerUnit: 10,
      folds: [],
      places: [0, 25, 100, 100],
    });
  });

  it('folds long idle stretches with a margin when they are most of the turn', () => {
    const { folds, at } = axis(60_000, [1_000, 59_000]);
    expect(folds.map(({ fromMs, toMs }) => ({ fromMs, toMs }))).toEqual([
      { fromMs: 1_250, toMs: 58_750 },
    ]);
    expect([0, 1_000, 1_250, 30_000, 58_750, 60_000].map((ms) => Math.round(at(ms)))).toEqual([
      0, 36, 45, 50, 55, 100,
    ]);
  });

  it.each([
    ['a turn of a second', 1_000, [1, 999]],
    [
      'a turn that is silent again and again',
      100_000,
      [10, 20, 30, 40, 50, 60, 70, 80, 90].map((s) => s * 1_000),
    ],
    ['a turn that is busy for a while', 60_000, busy(12_000)],
  ])('folds nothing for %s', (_, endMs, moments) => {
    expect(axis(endMs, moments).folds).toEqual([]);
  });

  it('maps times to places in order and within its size', () => {
    const ms = fc.oneof(
      fc.nat(10).map((tenth) => tenth * 10_000),
      fc.double({ min: 0, max: 1e12, noNaN: true }),
    );
    holds(
      fc.property(fc.array(ms, { minLength: 1 }), (moments) => {
        const { at } = axis(Math.max(...moments), moments);
        const places = moments.toSorted((a, b) => a - b).map(at);
        expect(places).toEqual(places.toSorted((a, b) => a - b));
        expect(places.every((place) => place >= 0 && place <= 100)).toBe(true);
      }),
      // So short that a unit of it is no number any more.
      { examples: [[[0, Number.MIN_VALUE]]] },
    );
  });
});

describe('ticksOf', () => {
  it.each([
    [50, ['0', '10 ms', '20 ms', '30 ms', '40 ms', '50 ms']],
    [430, ['0', '100 ms', '200 ms', '300 ms', '400 ms']],
    [2_300, ['0', '500 ms', '1 s', '1.5 s', '2 s']],
    [9_000, ['0', '2 s', '4 s', '6 s', '8 s']],
    [150_000, ['0', '30 s', '1:00', '1:30', '2:00', '2:30']],
    [7_200_000, ['0', '30 min', '1 h', '1 h 30 min', '2 h']],
    [0.4, ['0', '0.1 ms', '0.2 ms', '0.3 ms', '0.4 ms']],
    [0, ['0']],
  ])('returns round times for a turn of %s ms', (endMs, texts) => {
    expect(ticksOf(axis(endMs, busy(endMs)), endMs, 20).map(({ text }) => text)).toEqual(texts);
  });

  it('returns the time since the start of the turn after a fold', () => {
    const folded = axis(3_601_000, [1_000, 3_600_000]);
    expect(ticksOf(folded, 3_601_000, 20).map(({ text }) => text)).toEqual([
      '0',
      '1 s',
      '1:00:00',
      '1:00:01',
    ]);
  });
});
