import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import * as t from 'io-ts';
import type { CountDrift } from '../ports.js';
import { redact } from '../text/redact.js';

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
  redact(kind.slice(0, 10 * MAX_NAME))
    .slice(0, MAX_NAME)
    .replace(/[^\w ./:-]/g, '_');

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

const DriftFile = t.type({ kinds: t.array(DriftCount) });

/** More than 100 kinds do not need. */
const MAX_BYTES = 100_000;

/** Milliseconds between what is counted and what is written. */
const WRITE_MS = 1_000;

/** The counts in a file; none where there is no such file, or something else. */
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

/**
 * Adds to the counts in a file: a temporary file beside it, renamed. Where that fails nothing is
 * kept.
 */
const addToFile = (file: string, more: readonly DriftCount[]): void => {
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    writeFileSync(
      temporary,
      `${JSON.stringify({ kinds: addCounts(readDrift(file), more) }, null, 2)}\n`,
      { mode: 0o600, flag: 'wx' },
    );
    renameSync(temporary, file);
  } catch {
    rmSync(temporary, { force: true });
  }
};

/**
 * The count of this process, which it adds to `file` within a second, or when it exits. Without a
 * file nothing is written.
 */
export const createDrift = (file?: string): CountDrift => {
  const told = new Set<string>();
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
    if (told.has(kind) || told.size >= MAX_KINDS) return false;
    told.add(kind);
    return true;
  };
};
