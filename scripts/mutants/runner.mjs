// A child process that keeps one vitest, rooted in the working directory: it runs the tests that it
// is sent, and answers whether any failed. An endless loop blocks it, so its parent kills it.
import { createVitest } from 'vitest/node';

/** The file that the mutant is in, and how often it was read during the run. */
let file = '';
let reads = 0;

const vitest = await createVitest(
  'test',
  {
    root: process.cwd(),
    config: false,
    watch: false,
    bail: 1,
    fileParallelism: false,
    maxWorkers: 1,
    // A process for each test file, so that no module outlives its mutant; not a thread, which
    // has no umask.
    pool: 'forks',
    isolate: true,
    reporters: [{}],
    testTimeout: 60_000,
    include: ['marble-tests/**/*.{marbles,test,process}.ts'],
    snapshotFormat: { printBasicPrototype: false },
    update: false,
  },
  {
    plugins: [
      {
        name: 'reads',
        enforce: 'pre',
        transform: (_code, id) => {
          if (id === file) reads += 1;
        },
      },
    ],
  },
);
const specifications = await vitest.globTestSpecifications();

/**
 * @typedef {object} Answer
 * @property {string} [killedBy] The test file that failed.
 * @property {boolean} read Whether a test has loaded the file as it is now.
 */

/** @param {{ source: string, tests: readonly string[] }} mutant @returns {Promise<Answer>} */
const run = async ({ source, tests }) => {
  // The one before has its own text again.
  if (file !== '') vitest.invalidateFile(file);
  vitest.invalidateFile(source);
  file = source;
  reads = 0;
  for (const test of tests) {
    const { testModules, unhandledErrors } = await vitest.runTestSpecifications(
      specifications.filter(({ moduleId }) => moduleId === test),
    );
    // The others are of earlier runs.
    const isOk = testModules.find(({ moduleId }) => moduleId === test)?.ok();
    if (isOk !== true || unhandledErrors.length > 0) return { killedBy: test, read: reads > 0 };
  }
  return { read: reads > 0 };
};

process.on('message', (/** @type {{ source: string, tests: string[] }} */ mutant) => {
  void run(mutant).then((answer) => process.send?.(answer));
});
process.send?.('ready');
