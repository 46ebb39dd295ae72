import { appendFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterEach, expect, vi } from 'vitest';

/** Cases of a property: 2,000 in `npm test`, 100,000 by `npm run fuzz`. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 2_000);
/**
 * Where the cases begin: `npm test` has the same ones each time, so that a failure is of the change
 * that it tests; `npm run fuzz` draws new ones.
 */
const SEED = Number(process.env['FUZZ_SEED'] ?? 1);
/**
 * The file in which `npm run fuzz` collects a line for each property that begins, for each that
 * holds, and for each test that ends.
 */
const REPORT = process.env['FUZZ_REPORT'];

/** Milliseconds for one case, at most. The slowest takes 24 on an idle machine. */
const CASE_MS = 200;

// Holds for every test of the file that imports this one.
vi.setConfig({ testTimeout: 60_000 + CASE_MS * RUNS });

/** How a property runs. */
interface Options<T> {
  /** It runs only one in `share` of the usual cases, where one is slow. */
  readonly share?: number;
  /** Cases that are run first. */
  readonly examples?: T[];
}

const parametersOf = <T>({ share = 1, examples = [] }: Options<T>) => ({
  numRuns: Math.max(1, Math.ceil(RUNS / share)),
  examples,
  seed: SEED,
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
export const holds = <T>(property: fc.IProperty<T>, options: Options<T> = {}): void => {
  const parameters = parametersOf(options);
  report('began');
  fc.assert(property, parameters);
  report('held', parameters.numRuns);
};

/** `holds` for an asynchronous property. */
export const holdsLater = async <T>(
  property: fc.IAsyncProperty<T>,
  options: Options<T> = {},
): Promise<void> => {
  const parameters = parametersOf(options);
  report('began');
  await fc.assert(property, parameters);
  report('held', parameters.numRuns);
};
