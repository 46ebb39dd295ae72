/**
 * Removes null fields down to `depth` levels: a host written in Go sends an absent field as null.
 * `kept` names the fields whose values stay as they are.
 */
export const dropNulls = (
  value: unknown,
  depth: number,
  kept: ReadonlySet<string> = NONE,
): unknown => {
  if (depth === 0 || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => dropNulls(each, depth - 1, kept));
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, each]) =>
      each === null ? [] : [[key, kept.has(key) ? each : dropNulls(each, depth - 1, kept)]],
    ),
  );
};

const NONE: ReadonlySet<string> = new Set();
