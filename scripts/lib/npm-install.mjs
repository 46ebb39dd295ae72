import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { codexOf, folderOf } from './codexes.mjs';

/**
 * Installs a package into a folder of its own. @param {string} folder @param {string} name with its
 * version @returns {boolean} whether it worked
 */
export const npmInstall = (folder, name) => {
  mkdirSync(folder, { recursive: true });
  const args = ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', name];
  return spawnSync('npm', args, { cwd: folder, stdio: 'inherit' }).status === 0;
};

/** Installs a version of codex, unless it is there. @param {string} version @returns {boolean} */
export const installCodex = (version) =>
  existsSync(codexOf(version)) || npmInstall(folderOf(version), `@openai/codex@${version}`);
