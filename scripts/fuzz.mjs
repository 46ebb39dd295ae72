// npm run fuzz: every property of marble-tests with 100,000 cases. Prints which properties of which
// files held, which did not, and which were not reached. The seed is printed first; the same seed
// and number give the same cases.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readCommandLine, wholeNumber } from './lib/command-line.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const USAGE = `npm run fuzz -- [--runs N] [--seed N] [--only NAME]

  --runs  cases of each property (default: 100000)
  --seed  repeats the cases of an earlier run; the first line of its output has the seed
  --only  the files whose path below marble-tests contains NAME
`;

const { values } = readCommandLine(USAGE, {
  options: {
    runs: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    only: { type: 'string', default: '' },
  },
});
const [runs, seed] = [wholeNumber('--runs', values.runs), wholeNumber('--seed', values.seed, 0)];
const folder = mkdtempSync(path.join(tmpdir(), 'plexum-fuzz-'));
const report = path.join(folder, 'report.jsonl');
writeFileSync(report, '');
process.stdout.write(`seed ${seed}, ${runs} cases a property\n`);

const vitest = path.join(root, 'node_modules/.bin/vitest');
const tests = path.join(root, 'marble-tests');
const files = readdirSync(tests, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts') && name.includes(values.only))
  .map((name) => path.join(tests, name))
  .filter((file) => readFileSync(file, 'utf8').includes("/support/fuzz.js'"))
  .sort();
const selection = ['--config', 'scripts/vitest.config.ts', '--project', 'marbles', ...files];
const listed = spawnSync(vitest, ['list', ...selection, '--json'], { cwd: root, encoding: 'utf8' });
/** @type {{ name: string, file: string }[]} */
const properties = JSON.parse(listed.stdout);

// A Ctrl-C ends vitest; the report is printed then.
process.on('SIGINT', () => {});
const { status } = spawnSync(vitest, ['run', ...selection], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, FUZZ_RUNS: String(runs), FUZZ_SEED: String(seed), FUZZ_REPORT: report },
});

/** @type {{ state: 'began' | 'held' | 'ended', test: string, runs: number }[]} */
const lines = readFileSync(report, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line));
rmSync(folder, { recursive: true, force: true });

/** What became of a test; it may run several properties, or none. @param {string} name */
const outcomeOf = (name) => {
  const own = lines.filter(({ test }) => test === name);
  const held = own.filter(({ state }) => state === 'held');
  const began = own.filter(({ state }) => state === 'began').length;
  const cases = held.reduce((sum, { runs: some }) => sum + some, 0);
  if (own.length === 0) return { cases, state: 'not reached' };
  if (began === 0) return { cases, state: 'no property' };
  return { cases, state: held.length === began ? 'held' : 'not held' };
};
const number = (/** @type {number} */ count) => count.toLocaleString('en').padStart(11);
const outcomes = properties
  .map(({ name, file }) => ({ name, file, ...outcomeOf(name) }))
  .filter(({ state }) => state !== 'no property');

process.stdout.write('\nheld\n');
for (const file of files) {
  const ofFile = outcomes.filter((outcome) => outcome.file === file);
  const held = ofFile.filter(({ state }) => state === 'held');
  const cases = ofFile.reduce((sum, one) => sum + one.cases, 0);
  process.stdout.write(
    `  ${number(cases)} cases  ${String(held.length).padStart(3)} of ${ofFile.length} properties  ${path.relative(tests, file)}\n`,
  );
  for (const { name, state } of ofFile)
    if (state !== 'held') process.stdout.write(`    ${state}: ${name}\n`);
}
process.stdout.write(
  `  ${number(outcomes.reduce((sum, { cases }) => sum + cases, 0))} cases in all\n`,
);
const isComplete = outcomes.length > 0 && outcomes.every(({ state }) => state === 'held');
process.stdout.write(
  status === 0 && isComplete
    ? `\nevery property held (seed ${seed})\n`
    : `\nFAILED: again with  npm run fuzz -- --seed ${seed} --runs ${runs}\n`,
);
process.exitCode = status === 0 && isComplete ? 0 : 1;
