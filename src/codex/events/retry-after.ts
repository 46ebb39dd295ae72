const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['milli', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);
const SPAN =
  /\b(?:again|retry|resets?)\b.{0,20}?\b(?:in|after)\s+((?:[\d.]+\s*(?:ms|milliseconds?|s|sec(?:ond)?s?|m|min(?:ute)?s?|h|hours?|d|days?)(?![a-z])[\s,]*(?:and\s+)?)+)/i;

/** The delay that a message names, as in "try again in 1h 20m" or "retry after 1.5s". */
export const retryAfter = (text: string): { readonly retry_after_ms?: number } => {
  const [, span = ''] = SPAN.exec(text) ?? [];
  const parts = [...span.matchAll(/([\d.]+)\s*(ms|milli|[smhd])/gi)];
  const ms = Math.ceil(
    parts.reduce(
      (sum, [, number, unit = '']) => sum + Number(number) * (UNIT_MS.get(unit.toLowerCase()) ?? 0),
      0,
    ),
  );
  return ms > 0 && Number.isSafeInteger(ms) ? { retry_after_ms: ms } : {};
};
