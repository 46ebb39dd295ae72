// The tests of the wire on one version of codex, over both transports.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * @param {string} version installed
 * @returns {{ passed: number, failed: string[] }} `failed` are names of tests, or of files that
 * cannot be run
 */
export const runWireTests = (version) => {
  const dir = mkdtempSync(path.join(tmpdir(), 'plexum-try-'));
  const report = path.join(dir, 'report.json');
  spawnSync(
    process.execPath,
    [
      ...['node_modules/vitest/vitest.mjs', 'run', '--config', 'scripts/vitest.config.ts'],
      ...['--project', 'try *', '--reporter=json', `--outputFile=${report}`],
    ],
    {
      cwd: root,
      env: { ...process.env, CODEX_TRY: version },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  /** @type {any} */ const { numPassedTests = 0, testResults = [] } = existsSync(report)
    ? JSON.parse(readFileSync(report, 'utf8'))
    : {};
  rmSync(dir, { recursive: true, force: true });
  const failed = testResults.flatMap(
    (/** @type {any} */ { name, status, message, assertionResults }) => {
      const tests = assertionResults.filter((/** @type {any} */ test) => test.status === 'failed');
      const file = path.basename(name);
      if (tests.length === 0) return status === 'failed' ? [`${file}: ${message}`] : [];
      return tests.map((/** @type {any} */ test) => `${file}: ${test.fullName}`);
    },
  );
  return {
    passed: numPassedTests,
    failed: numPassedTests === 0 ? ['no test has passed', ...failed] : failed,
  };
};
