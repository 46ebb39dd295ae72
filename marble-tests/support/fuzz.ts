import { appendFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterEach, expect, vi } from 'vitest';

/** Cases of a property: 2,000 in `npm test`, 100,000 by `npm run fuzz`. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 2_000);
const SEED = process.env['FUZZ_SEED'];
/**
 * Where `npm run fuzz` wants a line for each property that began, for each that held, and for each
 * test that ended.
 */
const REPORT = process.env['FUZZ_REPORT'];

/**
 * Milliseconds for one case, at most. The slowest property takes 24 alone; a busy machine takes
 * many times as long.
 */
const CASE_MS = 200;

// For each property of the file that imports this one.
vi.setConfig({ testTimeout: 60_000 + CASE_MS * RUNS });

/** What a property costs: where one case is slow, only every `share`th is run. */
interface Cost {
  readonly share: number;
}

const parameters = (share: number) => ({
  numRuns: Math.max(1, Math.ceil(RUNS / share)),
  ...(SEED === undefined ? {} : { seed: Number(SEED) }),
});

const report = (state: 'began' | 'held' | 'ended', runs = 0): void => {
  if (REPORT === undefined) return;
  const { currentTestName: test } = expect.getState();
  appendFileSync(REPORT, `${JSON.stringify({ state, test, runs })}\n`);
};
afterEach(() => {
  report('ended');
});

/** Runs a property. A failure prints its seed, its path and the smallest case. */
export const holds = <T>(property: fc.IProperty<T>, { share }: Cost = { share: 1 }): void => {
  report('began');
  fc.assert(property, parameters(share));
  report('held', parameters(share).numRuns);
};

/** The same for a property that waits. */
export const holdsLater = async <T>(
  property: fc.IAsyncProperty<T>,
  { share }: Cost = { share: 1 },
): Promise<void> => {
  report('began');
  await fc.assert(property, parameters(share));
  report('held', parameters(share).numRuns);
};
