import { appendFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterEach, expect, vi } from 'vitest';

/** Cases of a property: 2,000 in `npm test`, 100,000 by `npm run fuzz`. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 2_000);
const SEED = process.env['FUZZ_SEED'];
/**
 * The file in which `npm run fuzz` collects a line for each property that begins, for each that
 * holds, and for each test that ends.
 */
const REPORT = process.env['FUZZ_REPORT'];

/** Milliseconds for one case, at most. The slowest takes 24 on an idle machine. */
const CASE_MS = 200;

// Holds for every test of the file that imports this one.
vi.setConfig({ testTimeout: 60_000 + CASE_MS * RUNS });

/** The cost of a property: it runs only one in `share` of the usual cases. */
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

/** `holds` for an asynchronous property. */
export const holdsLater = async <T>(
  property: fc.IAsyncProperty<T>,
  { share }: Cost = { share: 1 },
): Promise<void> => {
  report('began');
  await fc.assert(property, parameters(share));
  report('held', parameters(share).numRuns);
};
