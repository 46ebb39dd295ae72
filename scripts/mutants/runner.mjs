// A child process that keeps one vitest: it runs the tests that it is sent, and answers whether any
// failed. An endless loop blocks it, so its parent kills it.
import { createVitest } from 'vitest/node';

const vitest = await createVitest('test', {
  root: process.cwd(),
  config: false,
  watch: false,
  fileParallelism: false,
  maxWorkers: 1,
  pool: 'threads',
  reporters: [{}],
  testTimeout: 20_000,
  include: ['marble-tests/**/*.{marbles,test}.ts'],
  snapshotFormat: { printBasicPrototype: false },
  update: false,
});
const specifications = await vitest.globTestSpecifications();

/** The file of the mutant before, which has its own text again. */
let previous = '';

/** @param {{ source: string, tests: string[] }} mutant */
const run = async ({ source, tests }) => {
  for (const file of [previous, source]) if (file !== '') vitest.invalidateFile(file);
  previous = source;
  for (const test of tests) {
    const result = await vitest.runTestSpecifications(
      specifications.filter(({ moduleId }) => moduleId === test),
    );
    if (result.testModules.some((module) => !module.ok()) || result.unhandledErrors.length > 0)
      return { killedBy: test };
  }
  return {};
};

process.on('message', (/** @type {{ source: string, tests: string[] }} */ mutant) => {
  void run(mutant).then((answer) => process.send?.(answer));
});
process.send?.('ready');
