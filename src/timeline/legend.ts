import { printable } from './display-width.js';
import type { Kind, Mark } from './timeline.js';

export interface LegendEntry {
  readonly sign: string;
  readonly kind: Kind;
  readonly meaning: string;
}

/** What the letters of a lane stand for, each once, in the order in which they first appear. A letter of more than two marks has their number. */
export const legendOf = (marks: readonly Mark[]): readonly LegendEntry[] => {
  const entries = new Map<string, Mark & { count: number }>();
  for (const mark of marks) {
    const entry = entries.get(mark.sign);
    if (entry === undefined) entries.set(mark.sign, { ...mark, count: 1 });
    else entry.count += 1;
  }
  return [...entries.values()].map(({ sign, kind, meaning, count }) => ({
    sign,
    kind,
    meaning: `${printable(meaning)}${count > 2 ? ` ×${count.toLocaleString('en')}` : ''}`,
  }));
};
