import { printable } from './display-width.js';
import type { Kind, Mark } from './timeline.js';

export interface LegendEntry {
  readonly sign: string;
  readonly kind: Kind;
  readonly meaning: string;
}

/** What the letters of a lane stand for, each once, in the order in which they first appear. A letter of more than one item or event has their number. */
export const legendOf = (marks: readonly Mark[]): readonly LegendEntry[] => {
  const entries = new Map<string, Mark & { readonly all: Set<unknown> }>();
  for (const mark of marks) {
    const entry = entries.get(mark.sign) ?? { ...mark, all: new Set() };
    entries.set(mark.sign, entry);
    entry.all.add(mark.itemKey ?? mark);
  }
  return [...entries.values()].map(({ sign, kind, meaning, all }) => ({
    sign,
    kind,
    meaning: `${printable(meaning)}${all.size > 1 ? ` ×${all.size.toLocaleString('en')}` : ''}`,
  }));
};
