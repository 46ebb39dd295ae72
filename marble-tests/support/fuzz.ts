import { appendFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect } from 'vitest';

/** Cases of a property: 2,000 in `npm test`, 100,000 by `npm run fuzz`. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 2_000);
const SEED = process.env['FUZZ_SEED'];
/** Where `npm run fuzz` wants a line for each property that held. */
const REPORT = process.env['FUZZ_REPORT'];

/** Milliseconds that a property may take. */
export const LIMIT_MS = 60_000 + 20 * RUNS;

/** What a property costs: where one case is slow, only every `share`th is run. */
interface Cost {
  readonly share: number;
}

const parameters = (share: number) => ({
  numRuns: Math.max(1, Math.ceil(RUNS / share)),
  ...(SEED === undefined ? {} : { seed: Number(SEED) }),
});

const report = (share: number): void => {
  if (REPORT === undefined) return;
  const { currentTestName: test } = expect.getState();
  appendFileSync(REPORT, `${JSON.stringify({ test, runs: parameters(share).numRuns })}\n`);
};

/** Runs a property. A failure prints its seed, its path and the smallest case. */
export const holds = <T>(property: fc.IProperty<T>, { share }: Cost = { share: 1 }): void => {
  fc.assert(property, parameters(share));
  report(share);
};

/** The same for a property that waits. */
export const holdsLater = async <T>(
  property: fc.IAsyncProperty<T>,
  { share }: Cost = { share: 1 },
): Promise<void> => {
  await fc.assert(property, parameters(share));
  report(share);
};
