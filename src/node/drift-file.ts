import * as t from 'io-ts';
import type { CountDrift } from '../canonical/notice.js';
import { readRegularFile } from '../process/files.js';
import { replaceFile } from '../process/temporary-file.js';
import { MAX_SHAPE, safeName } from '../text/safe-name.js';
import { addCount, createCounts } from './counts.js';

/** How often a version of codex printed or recorded an unknown kind. */
export const DriftCount = t.type({ kind: t.string, codex: t.string, count: t.number });

export type DriftCount = t.TypeOf<typeof DriftCount>;

/** How often the host sent something that the plugin does not understand; see `StrangeFrame`. */
export const WireCount = t.type({
  what: t.string,
  method: t.string,
  keys: t.string,
  count: t.number,
});

export type WireCount = t.TypeOf<typeof WireCount>;

/** The most kinds in the file, of codex and of the host each. */
const MAX_KINDS = 100;

/** The most characters of a kind's name. */
const MAX_NAME = 100;

/**
 * The name of a kind as it is kept: codex chose it, so nothing of it may reach a terminal or fill a
 * disk.
 */
const kindName = (kind: string): string => safeName(kind, MAX_NAME);

const keyOfKind = ({ codex, kind }: DriftCount): string => `${codex} ${kind}`;
const keyOfFrame = ({ what, method, keys }: WireCount): string => `${what} ${method} ${keys}`;

/** The sums of two lists of counts, `before` first. Kinds beyond `MAX_KINDS` are dropped. */
const addBy = <T extends { readonly count: number }>(
  keyOf: (count: T) => string,
  before: readonly T[],
  more: readonly T[],
): T[] => {
  const sums = new Map<string, T>();
  for (const each of [...before, ...more]) addCount(sums, keyOf(each), each, MAX_KINDS);
  return [...sums.values()];
};

/** The sums of two lists of unknown kinds; see `addBy`. */
const addCounts = (before: readonly DriftCount[], more: readonly DriftCount[]): DriftCount[] =>
  addBy(keyOfKind, before, more);

const DriftFile = t.intersection([
  t.type({ kinds: t.array(DriftCount) }),
  t.partial({ wire: t.array(WireCount) }),
]);

interface Drift {
  readonly kinds: readonly DriftCount[];
  readonly wire: readonly WireCount[];
}

const NOTHING: Drift = { kinds: [], wire: [] };

/** A larger file is ignored. */
const MAX_BYTES = 200_000;

/** Reads the counts of a file; returns none when the file is absent or malformed. */
const readFile = (file: string): Drift => {
  try {
    const value: unknown = JSON.parse(readRegularFile(file, MAX_BYTES).toString('utf8'));
    if (!DriftFile.is(value)) return NOTHING;
    const kinds = value.kinds.map(({ kind, codex, count }) => ({
      kind: kindName(kind),
      codex: kindName(codex),
      count,
    }));
    const wire = (value.wire ?? []).map(({ what, method, keys, count }) => ({
      what: kindName(what),
      method: kindName(method),
      keys: keys.slice(0, MAX_SHAPE + 1),
      count,
    }));
    return { kinds: addCounts([], kinds), wire: addBy(keyOfFrame, [], wire) };
  } catch {
    return NOTHING;
  }
};

/** The unknown kinds of a file; none when the file is absent or malformed. */
export const readDrift = (file: string): readonly DriftCount[] => readFile(file).kinds;

/** What the host sent and the plugin does not understand, as `readDrift`. */
export const readWireCounts = (file: string): readonly WireCount[] => readFile(file).wire;

/** Adds to the counts of a file; see `replaceFile`. Drops them when that fails. */
const addToFile = (file: string, more: Partial<Drift>): void => {
  try {
    const before = readFile(file);
    const kinds = addCounts(before.kinds, more.kinds ?? []);
    const wire = addBy(keyOfFrame, before.wire, more.wire ?? []);
    const all = wire.length === 0 ? { kinds } : { kinds, wire };
    replaceFile(file, `${JSON.stringify(all, null, 2)}\n`);
  } catch {
    // The folder is gone, or the disk is full.
  }
};

/**
 * Counts the unknown kinds of this process. It adds them to `file` within a second, and when the
 * process exits; without a file it writes nothing.
 */
export const createDrift = (file?: string): CountDrift => {
  const count = createCounts<DriftCount>({
    keyOf: keyOfKind,
    nameOf: ({ kind }) => kind,
    most: MAX_KINDS,
    write: file === undefined ? undefined : (kinds) => addToFile(file, { kinds }),
  });
  return (kind, codex = '') => count({ kind: kindName(kind), codex: kindName(codex), count: 1 });
};

/** Counts what the host sends and the plugin does not understand, as `createDrift`. */
export const createWireCounts = (file: string): ((frame: Omit<WireCount, 'count'>) => boolean) => {
  const count = createCounts<WireCount>({
    keyOf: keyOfFrame,
    nameOf: keyOfFrame,
    most: MAX_KINDS,
    write: (wire) => addToFile(file, { wire }),
  });
  return (frame) => count({ ...frame, count: 1 });
};
