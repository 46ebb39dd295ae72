import { describe, expect, it } from 'vitest';
import { addCounts, kindName } from '../../src/node/drift-file.js';

const one = (kind: string, codex = '0.170.0', count = 1) => ({ kind, codex, count });

describe('addCounts', () => {
  it('sums by kind and by version of codex, in order of arrival', () => {
    expect(
      addCounts(
        [one('event a'), one('item b', '0.170.0', 3)],
        [one('item b', '0.170.0', 2), one('event a', '0.171.0')],
      ),
    ).toEqual([one('event a'), one('item b', '0.170.0', 5), one('event a', '0.171.0')]);
  });

  it('keeps 100 kinds, and continues to count them', () => {
    const many = Array.from({ length: 150 }, (_, i) => one(`event ${i}`));
    const kept = addCounts(many, [one('event 99'), one('event 100')]);
    expect(kept).toHaveLength(100);
    expect(kept.at(-1)).toEqual(one('event 99', '0.170.0', 2));
  });
});

describe('kindName', () => {
  it.each([
    ['event later.event', 'event later.event'],
    ['record event_msg/later-one', 'record event_msg/later-one'],
    ['event \u001b[31mred\u0007\n', 'event __31mred__'],
    ['event "quoted" é', 'event _quoted_ _'],
    ['event password=hunter2', 'event password__redacted_'],
    ['x'.repeat(500), 'x'.repeat(100)],
    ['', ''],
  ])('turns %j into %j', (kind, name) => {
    expect(kindName(kind)).toBe(name);
  });
});
