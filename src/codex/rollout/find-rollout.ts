import { closeSync, constants, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import path from 'node:path';

/** A thread whose rollout cannot be read. The message says what to do. */
export class RolloutError extends Error {
  override readonly name = 'RolloutError';
}

/**
 * Finds the rollouts of threads below `$CODEX_HOME`. Returns nothing for a thread that has none;
 * throws `RolloutError` for a compressed one.
 */
export type FindRollout = (threadId: string) => string | undefined;

/**
 * A thread's rollout is looked for in the folder of the day on which the thread began, which its id
 * tells (UUIDv7), in the flat layout and in the archive. Only when it is in none of them all days
 * are searched, once for each thread.
 */
export const createFindRollout = (codexHome: string, limit = 1_000): FindRollout => {
  const searched = new Map<string, string | undefined>();
  const sessions = path.join(codexHome, 'sessions');
  const archive = path.join(codexHome, 'archived_sessions');
  return (threadId) => {
    const near = fileOfThread(
      [...daysOf(threadId).map((day) => path.join(sessions, day)), sessions, archive],
      threadId,
    );
    if (near !== undefined) return near;
    const known = searched.get(threadId);
    if (known !== undefined && isRolloutOf(known, threadId)) return known;
    if (known === undefined && searched.has(threadId)) return undefined;
    const far = fileOfThread([...daysBelow(sessions), ...daysBelow(archive)], threadId);
    searched.set(threadId, far);
    const [oldest] = searched.keys();
    if (searched.size > limit && oldest !== undefined) searched.delete(oldest);
    return far;
  };
};

/** `YYYY/MM/DD` of the day, as any time zone has it; nothing when the id tells no time. */
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
        .filter((each) => name.test(each))
        .map((each) => path.join(dir, each)),
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
  if (compressed !== undefined)
    throw new RolloutError(
      `the rollout of thread ${threadId} is compressed: ${compressed}; unpack it with "zstd -d" or resume the thread once`,
    );
  return undefined;
};

/**
 * Bytes of the first line that are enough to see the thread's own id, which stands before
 * everything that is long.
 */
const HEAD_BYTES = 4_096;

/**
 * The name may be that of a copy: the first line has to be about this very thread, not about its
 * child or its parent.
 */
const isRolloutOf = (file: string, threadId: string): boolean => {
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    // Whoever opens a pipe waits for its writer.
    const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      if (!fstatSync(descriptor).isFile()) return false;
      const text = head.toString('utf8', 0, readSync(descriptor, head, 0, HEAD_BYTES, 0));
      const [, id] = /"payload":\{(?:[^{}]*?,)?"id":"([^"]*)"/.exec(text) ?? [];
      return id === undefined || id === threadId;
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return false;
  }
};

const namesIn = (dir: string): string[] => {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
};
