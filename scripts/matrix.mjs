// `npm test` on every version of codex, and 30 s of chaos: installs the versions that are missing below .cache/codex first.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { codexOf, folderOf, OTHER_VERSIONS } from './lib/codexes.mjs';

/** @param {string} command @param {string[]} args */
const run = (command, ...args) => spawnSync(command, args, { stdio: 'inherit' }).status ?? 1;

for (const version of OTHER_VERSIONS.filter((each) => !existsSync(codexOf(each)))) {
  mkdirSync(folderOf(version), { recursive: true });
  if (run('npm', 'install', '--prefix', folderOf(version), '--no-save', '--no-audit', '--no-fund', `@openai/codex@${version}`) !== 0) {
    process.stderr.write(`codex ${version} could not be installed\n\n0 passed, 1 failed\n`);
    process.exit(1);
  }
}
process.exitCode = run(process.execPath, fileURLToPath(new URL('test.mjs', import.meta.url)), '--with-chaos', ...process.argv.slice(2));
