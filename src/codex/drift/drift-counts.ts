import * as t from 'io-ts';

/**
 * How often codex of a version said or recorded something of a kind that this plugin does not know.
 */
export const DriftCount = t.type({ kind: t.string, codex: t.string, count: t.number });
export type DriftCount = t.TypeOf<typeof DriftCount>;

/** Bounds: kinds that are kept, and characters of the name of one. */
export const MAX_KINDS = 100;
const MAX_NAME = 100;

/**
 * The name of a kind as it is kept: codex chose it, so nothing of it may reach a terminal or fill a
 * disk.
 */
export const kindName = (kind: string): string =>
  kind.slice(0, MAX_NAME).replace(/[^\w ./:-]/g, '_');

/** The counts of both, those of `before` first. What would be more than 100 kinds is left out. */
export const addCounts = (
  before: readonly DriftCount[],
  more: readonly DriftCount[],
): DriftCount[] => {
  const sums = new Map<string, DriftCount>();
  for (const { kind, codex, count } of [...before, ...more]) {
    const key = `${codex} ${kind}`;
    const sum = sums.get(key);
    if (sum === undefined && sums.size >= MAX_KINDS) continue;
    sums.set(key, { kind, codex, count: (sum?.count ?? 0) + count });
  }
  return [...sums.values()];
};
