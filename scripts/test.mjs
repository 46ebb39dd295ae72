// The one test command: types, lint, format, unused code, build, package, then every test, with `--with-chaos` also 30 s of chaos. Ends with the line `N passed, N failed`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const report = path.join(mkdtempSync(path.join(tmpdir(), 'plexum-tests-')), 'report.json');

/** @param {string[]} command */
const run = ([name = '', ...args]) => spawnSync(path.join(root, 'node_modules/.bin', name), args, { cwd: root, stdio: 'inherit' }).status === 0;
/** @param {string[]} args */
const script = (...args) => spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status === 0;
/** @type {[string, () => boolean]} */
const chaos = ['30 s of chaos', () => script('scripts/chaos.mjs', '--seconds', '30', '--seed', '1')];
/** @type {[string, () => boolean][]} */
const checks = [
  ['types', () => run(['tsc'])],
  ['lint', () => run(['eslint', '-c', 'scripts/eslint.config.js', 'src', 'marble-tests'])],
  ['format', () => run(['biome', 'format', '--config-path=scripts/format.json', 'src', 'marble-tests', 'scripts'])],
  ['unused code', () => run(['knip', '--config', 'scripts/knip.json'])],
  ['build', () => script('scripts/build.mjs')],
  ['package', () => run(['publint', '--strict'])],
  ...(process.argv.includes('--with-chaos') ? [chaos] : []),
];

let [passed, failed] = [0, 0];
for (const [name, check] of checks) {
  const ok = check();
  process.stdout.write(`${ok ? 'ok  ' : 'FAIL'} ${name}\n`);
  if (ok) passed += 1;
  else failed += 1;
}
const finished = run([
  'vitest',
  'run',
  '--config',
  'scripts/vitest.config.ts',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...process.argv.slice(2).filter((arg) => arg !== '--with-chaos'),
]);
try {
  const { numPassedTests, numFailedTests, numFailedTestSuites } = JSON.parse(readFileSync(report, 'utf8'));
  passed += numPassedTests;
  failed += numFailedTests + (numFailedTests === 0 ? numFailedTestSuites : 0);
  if (!finished && failed === 0) failed += 1;
} catch {
  failed += 1;
}
rmSync(path.dirname(report), { recursive: true, force: true });
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
