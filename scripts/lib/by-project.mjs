// A reporter for vitest: of each project of the tests what passed, what failed, and its seconds, as
// a table.
import { textTable } from './text-table.mjs';

export default class ByProject {
  /** @param {readonly import('vitest/node').TestModule[]} modules */
  onTestRunEnd(modules) {
    /** @type {Map<string, { passed: number, failed: number, ms: number }>} */ const rows =
      new Map();
    for (const module of modules) {
      const row = rows.get(module.project.name) ?? { passed: 0, failed: 0, ms: 0 };
      const tests = [...module.children.allTests()].map((test) => test.result().state);
      const failed = tests.filter((state) => state === 'failed').length;
      row.passed += tests.filter((state) => state === 'passed').length;
      // A file that cannot be run has no failed test.
      row.failed += failed === 0 && !module.ok() ? 1 : failed;
      row.ms += module.diagnostic().duration;
      rows.set(module.project.name, row);
    }
    const table = [...rows].map(([name, { passed, failed, ms }]) => [
      name,
      passed,
      failed,
      Math.round(ms / 1_000),
    ]);
    process.stdout.write(`\n${textTable([['tests', 'passed', 'failed', 'seconds'], ...table])}\n`);
  }
}
