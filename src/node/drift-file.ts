import { readFileSync, statSync } from 'node:fs';
import * as t from 'io-ts';
import type { CountDrift } from '../canonical/notice.js';
import { replaceFile } from '../process/temporary-file.js';
import { redact } from '../text/redact.js';

/** How often a version of codex printed or recorded an unknown kind. */
export const DriftCount = t.type({ kind: t.string, codex: t.string, count: t.number });

export type DriftCount = t.TypeOf<typeof DriftCount>;

/** The most kinds in the file. */
export const MAX_KINDS = 100;

/** The most characters of a kind's name. */
const MAX_NAME = 100;

/**
 * The name of a kind as it is kept: codex chose it, so nothing of it may reach a terminal or fill a
 * disk.
 */
export const kindName = (kind: string): string =>
  redact(kind.slice(0, 10 * MAX_NAME))
    .slice(0, MAX_NAME)
    .replace(/[^\w ./:-]/g, '_');

/** The sums of two lists of counts, `before` first. Kinds beyond `MAX_KINDS` are dropped. */
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

const DriftFile = t.type({ kinds: t.array(DriftCount) });

/** A larger file is ignored. */
const MAX_BYTES = 100_000;

/** Milliseconds between a count and its write. */
const WRITE_MS = 1_000;

/** Reads the counts of a file; returns none when the file is absent or malformed. */
export const readDrift = (file: string): readonly DriftCount[] => {
  try {
    if (statSync(file).size > MAX_BYTES) return [];
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return DriftFile.is(value)
      ? addCounts(
          [],
          value.kinds.map(({ kind, codex, count }) => ({
            kind: kindName(kind),
            codex: kindName(codex),
            count,
          })),
        )
      : [];
  } catch {
    return [];
  }
};

/** Adds to the counts of a file; see `replaceFile`. Drops them when that fails. */
const addToFile = (file: string, more: readonly DriftCount[]): void => {
  try {
    const kinds = addCounts(readDrift(file), more);
    replaceFile(file, `${JSON.stringify({ kinds }, null, 2)}\n`, false);
  } catch {
    // The folder is gone, or the disk is full.
  }
};

/**
 * Counts the unknown kinds of this process. It adds them to `file` within a second, and when the
 * process exits; without a file it writes nothing.
 */
export const createDrift = (file?: string): CountDrift => {
  const known = new Set<string>();
  const pending = new Map<string, DriftCount>();
  let timer: NodeJS.Timeout | undefined;
  const write = (): void => {
    clearTimeout(timer);
    timer = undefined;
    process.off('exit', write);
    if (file !== undefined) addToFile(file, [...pending.values()]);
    pending.clear();
  };
  return (given, version = '') => {
    const kind = kindName(given);
    const codex = kindName(version);
    const key = `${codex} ${kind}`;
    const before = pending.get(key);
    if (before !== undefined || pending.size < MAX_KINDS)
      pending.set(key, { kind, codex, count: (before?.count ?? 0) + 1 });
    if (timer === undefined && file !== undefined) {
      timer = setTimeout(write, WRITE_MS).unref();
      process.once('exit', write);
    }
    if (known.has(kind) || known.size >= MAX_KINDS) return false;
    known.add(kind);
    return true;
  };
};
