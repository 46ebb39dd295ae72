import path from 'node:path';
import { namesIn, readHead } from '../../process/files.js';

/** The rollout of a thread cannot be read. */
export class RolloutError extends Error {
  override readonly name = 'RolloutError';
}

/** The rollout of a thread is compressed, in `packed`. */
export class PackedRolloutError extends RolloutError {
  readonly packed: string;
  constructor(threadId: string, packed: string) {
    super(`the rollout of thread ${threadId} is compressed: ${packed}`);
    this.packed = packed;
  }
}

/**
 * Finds the rollout of a thread. `isLastLook`: searches everywhere once more where nothing has been
 * found so far. Throws `PackedRolloutError` when it is compressed.
 */
export type FindRollout = (threadId: string, isLastLook?: boolean) => string | undefined;

/**
 * Creates a function that finds rollouts below `codexHome`. It searches the folder of the day on
 * which the thread began (from its UUIDv7), the flat layout and the archive; then, once per thread
 * and at a last look, the folders of all days. Remembers the results of `limit` threads, and
 * searches again for a rollout that is gone.
 */
export const createFindRollout = (codexHome: string, limit = 1_000): FindRollout => {
  const searched = new Map<string, string | undefined>();
  const sessions = path.join(codexHome, 'sessions');
  const archive = path.join(codexHome, 'archived_sessions');
  return (threadId, isLastLook = false) => {
    const known = searched.get(threadId);
    if (known !== undefined && isRolloutOf(known, threadId)) return known;
    const near = fileOfThread(
      [...daysOf(threadId).map((day) => path.join(sessions, day)), sessions, archive],
      threadId,
    );
    const isKnownMissing = known === undefined && searched.has(threadId) && !isLastLook;
    if (near === undefined && isKnownMissing) return undefined;
    const found = near ?? fileOfThread([...daysBelow(sessions), ...daysBelow(archive)], threadId);
    searched.set(threadId, found);
    const [oldest] = searched.keys();
    if (searched.size > limit && oldest !== undefined) searched.delete(oldest);
    return found;
  };
};

/** The folders of the day in any time zone; none when the id contains no time. */
const daysOf = (threadId: string): string[] => {
  const [, high = '', low = ''] = /^([0-9a-f]{8})-([0-9a-f]{4})-7/i.exec(threadId) ?? [];
  const began = Number.parseInt(high + low, 16);
  if (Number.isNaN(began)) return [];
  const DAY_MS = 86_400_000;
  return [began, began - DAY_MS, began + DAY_MS].map((ms) =>
    new Date(ms).toISOString().slice(0, 10).replaceAll('-', path.sep),
  );
};

const daysBelow = (root: string): string[] => {
  const below = (dirs: readonly string[], name: RegExp): string[] =>
    dirs.flatMap((dir) =>
      namesIn(dir)
        .filter((entry) => name.test(entry))
        .map((entry) => path.join(dir, entry)),
    );
  const years = below([root], /^\d{4}$/);
  const months = below(years, /^\d\d$/);
  return below(months, /^\d\d$/).reverse();
};

const fileOfThread = (dirs: readonly string[], threadId: string): string | undefined => {
  let compressed: string | undefined;
  for (const dir of dirs) {
    for (const name of namesIn(dir)) {
      if (!name.startsWith('rollout-')) continue;
      const file = path.join(dir, name);
      if (name.endsWith(`-${threadId}.jsonl`) && isRolloutOf(file, threadId)) return file;
      if (name.endsWith(`-${threadId}.jsonl.zst`)) compressed = file;
    }
  }
  if (compressed !== undefined) throw new PackedRolloutError(threadId, compressed);
  return undefined;
};

/** Bytes of the first line that are read. The thread's id comes before all long fields. */
const HEAD_BYTES = 4_096;

/** Whether the first line names this thread. A copy of a parent or child may have its file name. */
const isRolloutOf = (file: string, threadId: string): boolean => {
  try {
    const text = readHead(file, HEAD_BYTES).toString('utf8');
    const [, id] = /"payload":\{(?:[^{}]*?,)?"id":"([^"]*)"/.exec(text) ?? [];
    return id === undefined || id === threadId;
  } catch {
    return false;
  }
};
