import { printable } from './display-width.js';
import type { Kind, Mark } from './timeline.js';

export interface LegendEntry {
  readonly sign: string;
  readonly kind: Kind;
  readonly meaning: string;
}

/**
 * What the letters of a lane stand for, each once, in the order in which they first appear. A
 * letter of more than one item or event has their number.
 */
export const legendOf = (marks: readonly Mark[]): readonly LegendEntry[] => {
  const entries = new Map<
    string,
    { readonly first: Mark; readonly items: Set<string>; events: number }
  >();
  for (const mark of marks) {
    const entry = entries.get(mark.sign) ?? { first: mark, items: new Set(), events: 0 };
    entries.set(mark.sign, entry);
    if (mark.itemKey === undefined) entry.events += mark.pieces?.length ?? 1;
    else entry.items.add(mark.itemKey);
  }
  return [...entries.values()].map(({ first: { sign, kind, meaning }, items, events }) => {
    const count = items.size + events;
    return {
      sign,
      kind,
      meaning: `${printable(meaning)}${count > 1 ? ` ×${count.toLocaleString('en')}` : ''}`,
    };
  });
};
