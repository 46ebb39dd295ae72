// `npm run fuzz [-- --runs N --seed N --only NAME]`: every property of marble-tests/properties with
// 100,000 cases, and how many held. The seed is printed first; the same seed and number give the
// same cases.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100000' },
    seed: { type: 'string' },
    only: { type: 'string', default: '' },
  },
});
const runs = Number(values.runs);
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
if (!Number.isInteger(runs) || runs < 1 || !Number.isInteger(seed)) {
  process.stderr.write('--runs and --seed are whole numbers\n');
  process.exit(1);
}
const folder = mkdtempSync(path.join(tmpdir(), 'plexum-fuzz-'));
const report = path.join(folder, 'report.jsonl');
writeFileSync(report, '');
process.stdout.write(`seed ${seed}, ${runs} cases a property\n`);

const { status } = spawnSync(
  path.join(root, 'node_modules/.bin/vitest'),
  [
    'run',
    '--config',
    'scripts/vitest.config.ts',
    '--project',
    'marbles',
    `marble-tests/properties/${values.only}`,
  ],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, FUZZ_RUNS: String(runs), FUZZ_SEED: String(seed), FUZZ_REPORT: report },
  },
);

/** @type {Map<string, { properties: number, cases: number }>} */
const groups = new Map();
for (const line of readFileSync(report, 'utf8').trim().split('\n')) {
  if (line === '') continue;
  /** @type {{ test: string, runs: number }} */
  const held = JSON.parse(line);
  const group = held.test.split(' > ')[0] ?? '';
  const { properties, cases } = groups.get(group) ?? { properties: 0, cases: 0 };
  groups.set(group, { properties: properties + 1, cases: cases + held.runs });
}
rmSync(folder, { recursive: true, force: true });

const all = [...groups.values()].reduce((sum, { cases }) => sum + cases, 0);
process.stdout.write('\nheld\n');
for (const [group, { properties, cases }] of [...groups].sort()) {
  process.stdout.write(
    `  ${cases.toLocaleString('en').padStart(11)} cases  ${String(properties).padStart(3)} properties  ${group}\n`,
  );
}
process.stdout.write(`  ${all.toLocaleString('en').padStart(11)} cases in all\n`);
process.stdout.write(
  status === 0
    ? `\nevery property held (seed ${seed})\n`
    : `\nFAILED: again with  npm run fuzz -- --seed ${seed} --runs ${runs}\n`,
);
process.exitCode = status ?? 1;
