/** Milliseconds between a count and its write. */
const WRITE_MS = 1_000;

/** Adds a count to the sums by key; one of a new key is dropped once there are `most`. */
export const addCount = <T extends { readonly count: number }>(
  sums: Map<string, T>,
  key: string,
  added: T,
  most: number,
): void => {
  const before = sums.get(key);
  if (before === undefined && sums.size >= most) return;
  sums.set(key, { ...added, count: (before?.count ?? 0) + added.count });
};

interface CountsOptions<T> {
  /** Counts with one key are added. */
  readonly keyOf: (count: T) => string;
  /** The name that is new once. */
  readonly nameOf: (count: T) => string;
  /** The most keys that wait, and the most names. */
  readonly most: number;
  /** Writes what was counted since the last write. Does not throw. */
  readonly write: ((counts: readonly T[]) => void) | undefined;
}

/**
 * Adds up counts and writes them within a second, and when the process exits. The returned function
 * adds a count, and returns whether its name is new; it never throws.
 */
export const createCounts = <T extends { readonly count: number }>({
  keyOf,
  nameOf,
  most,
  write: writeCounts,
}: CountsOptions<T>): ((count: T) => boolean) => {
  const known = new Set<string>();
  const pending = new Map<string, T>();
  let timer: NodeJS.Timeout | undefined;
  const write = (): void => {
    clearTimeout(timer);
    timer = undefined;
    process.off('exit', write);
    writeCounts?.([...pending.values()]);
    pending.clear();
  };
  return (count) => {
    addCount(pending, keyOf(count), count, most);
    if (timer === undefined && writeCounts !== undefined) {
      timer = setTimeout(write, WRITE_MS).unref();
      process.once('exit', write);
    }
    const name = nameOf(count);
    if (known.has(name) || known.size >= most) return false;
    known.add(name);
    return true;
  };
};
