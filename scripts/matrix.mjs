// `npm test` on every version of codex, with a table of them, and some chaos on both transports:
// installs the versions that are missing below .cache/codex first. With `--dry-run` it only says
// what it would do. With `--nodes` instead: the marbles and the executable on Node 20, 22 and 24,
// from npm's packages of Node below .cache/node, as a table.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { codexOf, folderOf } from './lib/codexes.mjs';
import { readCommandLine } from './lib/command-line.mjs';
import { NODE_PACKAGE, NODES, nodeFolder, nodeOf } from './lib/nodes.mjs';
import { npmInstall } from './lib/npm-install.mjs';
import { textTable } from './lib/text-table.mjs';
import { OTHER_VERSIONS } from './lib/versions.mjs';

const USAGE = `npm run test:matrix -- [--nodes | [--dry-run] [FILE]... [-- ARGUMENT...]]

  --nodes    the marbles and the executable on Node ${NODES.join(', ')} instead
  --dry-run  says what would be done
  FILE       tests whose path contains it; other arguments of vitest go after "--"
`;

const { values, positionals } = readCommandLine(USAGE, {
  allowPositionals: true,
  options: {
    nodes: { type: 'boolean', default: false },
    'dry-run': { type: 'boolean', default: false },
  },
});
const root = fileURLToPath(new URL('..', import.meta.url));

/** @param {string} command @param {string[]} args */
const run = (command, ...args) =>
  spawnSync(command, args, { cwd: root, stdio: 'inherit' }).status ?? 1;
/** @param {string} folder @param {string} name */
const install = (folder, name) => {
  if (npmInstall(folder, name)) return;
  process.stderr.write(`${name} could not be installed\n\n0 passed, 1 failed\n`);
  process.exit(1);
};

/**
 * @param {string} version @returns {[string, string, number, number]} Node's own version, the
 * executable's answer, tests passed and failed
 */
const onNode = (version) => {
  const node = nodeOf(version);
  if (!existsSync(node)) install(nodeFolder(version), `${NODE_PACKAGE}@${version}`);
  const report = path.join(mkdtempSync(path.join(tmpdir(), 'plexum-nodes-')), 'report.json');
  const said = spawnSync(
    node,
    [path.join(root, 'dist/plexum-openai-provider-plugin'), '--version'],
    { encoding: 'utf8' },
  );
  run(
    node,
    'node_modules/vitest/vitest.mjs',
    'run',
    '--config',
    'scripts/vitest.config.ts',
    '--project',
    'marbles',
    '--reporter=json',
    `--outputFile=${report}`,
  );
  const { numPassedTests = 0, numFailedTests = 1 } = existsSync(report)
    ? JSON.parse(readFileSync(report, 'utf8'))
    : {};
  rmSync(path.dirname(report), { recursive: true, force: true });
  const own = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim();
  return [
    own,
    said.status === 0 ? said.stdout.trim() : `exit ${said.status}`,
    numPassedTests,
    Number(numFailedTests) + (said.status === 0 ? 0 : 1),
  ];
};

if (values.nodes) {
  if (run(process.execPath, 'scripts/build.mjs') !== 0) process.exit(1);
  const rows = NODES.map(onNode);
  process.stdout.write(
    `\n${textTable([['Node', 'executable', 'passed', 'failed'], ...rows], 1)}\n`,
  );
  const sum = (/** @type {2 | 3} */ at) => rows.reduce((all, row) => all + row[at], 0);
  process.stdout.write(`\n${sum(2)} passed, ${sum(3)} failed\n`);
  process.exit(sum(3) === 0 ? 0 : 1);
}
for (const version of OTHER_VERSIONS.filter((each) => !existsSync(codexOf(each)))) {
  if (values['dry-run']) process.stdout.write(`would install @openai/codex@${version}\n`);
  else install(folderOf(version), `@openai/codex@${version}`);
}
process.exitCode = run(
  process.execPath,
  'scripts/test.mjs',
  '--with-chaos',
  ...(values['dry-run'] ? ['--dry-run'] : []),
  '--',
  ...positionals,
);
