// The one test command: types, lint, format, unused code, build, package, then every test, with
// `--with-chaos` also some chaos on both transports. Ends with the line `N passed, N failed`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readCommandLine } from './lib/command-line.mjs';

const USAGE = `npm test -- [--with-chaos] [--dry-run] [FILE]... [-- ARGUMENT...]

  --with-chaos  also some chaos on both transports
  --dry-run     says what would be run, a line each
  FILE          tests whose path contains it; other arguments of vitest go after "--"
`;

const { values, positionals } = readCommandLine(USAGE, {
  allowPositionals: true,
  options: {
    'with-chaos': { type: 'boolean', default: false },
    'dry-run': { type: 'boolean', default: false },
  },
});
const root = fileURLToPath(new URL('..', import.meta.url));
const report = path.join(mkdtempSync(path.join(tmpdir(), 'plexum-tests-')), 'report.json');

const bin = (/** @type {string} */ name) => path.join('node_modules/.bin', name);
/**
 * @param {string} transport @param {number} seconds @param {number} seed @returns {[string,
 * string[]]}
 */
const chaos = (transport, seconds, seed) => [
  `${seconds} s of chaos on ${transport}`,
  [
    process.execPath,
    'scripts/chaos.mjs',
    '--transport',
    transport,
    '--seconds',
    String(seconds),
    '--seed',
    String(seed),
  ],
];
/** @type {[string, string[]][]} name and command */
const checks = [
  ['types', [bin('tsc')]],
  ['lint', [bin('eslint'), '-c', 'scripts/eslint.config.js', 'src', 'marble-tests', 'scripts']],
  [
    'format',
    [bin('biome'), 'check', '--config-path=scripts/format.json', 'src', 'marble-tests', 'scripts'],
  ],
  ['unused code', [bin('knip'), '--config', 'scripts/knip.json']],
  ['build', [process.execPath, 'scripts/build.mjs']],
  ['package', [bin('publint'), '--strict']],
  ...(values['with-chaos'] ? [chaos('exec', 30, 1), chaos('app-server', 20, 2)] : []),
];
const tests = [
  ...[bin('vitest'), 'run', '--config', 'scripts/vitest.config.ts'],
  ...[
    '--reporter=default',
    '--reporter=json',
    '--reporter=./scripts/lib/by-project.mjs',
    `--outputFile.json=${report}`,
  ],
  ...positionals,
];
/** @param {string[]} command */
const run = ([file = '', ...args]) =>
  spawnSync(path.resolve(root, file), args, { cwd: root, stdio: 'inherit' }).status === 0;

if (values['dry-run']) {
  rmSync(path.dirname(report), { recursive: true });
  for (const [name, command] of [...checks, /** @type {const} */ (['tests', tests])])
    process.stdout.write(`${name}: ${command.join(' ')}\n`);
  process.exit();
}
let [passed, failed] = [0, 0];
for (const [name, check] of checks) {
  const ok = run(check);
  process.stdout.write(`${ok ? 'ok  ' : 'FAIL'} ${name}\n`);
  if (ok) passed += 1;
  else failed += 1;
}
const finished = run(tests);
try {
  /** @type {{ numPassedTests: number, numFailedTests: number, numFailedTestSuites: number }} */
  const { numPassedTests, numFailedTests, numFailedTestSuites } = JSON.parse(
    readFileSync(report, 'utf8'),
  );
  passed += numPassedTests;
  failed += numFailedTests + (numFailedTests === 0 ? numFailedTestSuites : 0);
  if (!finished && failed === 0) failed += 1;
} catch {
  failed += 1;
}
rmSync(path.dirname(report), { recursive: true, force: true });
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
