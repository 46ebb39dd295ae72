import { statSync } from 'node:fs';
import path from 'node:path';
import { namesIn } from '../../process/files.js';
import { foldersUpTo } from '../project.js';
import { lastChange } from '../rollout/rollout-changes.js';

/** The state of a file, which changes with every write; `undefined` without a file. */
export const stateOf = (find: () => string | undefined): string | undefined => {
  try {
    const file = find();
    if (file === undefined) return undefined;
    // Most of the files do not exist, and an error costs more than all of the calls.
    const stat = statSync(file, { throwIfNoEntry: false });
    return stat && [stat.ino, stat.size, stat.mtimeMs].join(':');
  } catch {
    return undefined;
  }
};

/** The inode in a state, which tells a file from one that has taken its place. */
export const inodeOf = (state: string | undefined): string | undefined => state?.split(':', 1)[0];

/** The last change of a rollout by a plugin; `undefined` without a change or a rollout. */
export const changeOf = (find: () => string | undefined): string | undefined => {
  try {
    const file = find();
    return file === undefined ? undefined : lastChange(file);
  } catch {
    return undefined;
  }
};

/** The folder of the machine's own files for codex, and of its administrator's. */
export const SYSTEM_FOLDER = '/etc/codex';

/** The machine's own settings and requirements for codex. */
export const systemFiles = (folder = SYSTEM_FOLDER): string[] =>
  ['config.toml', 'managed_config.toml', 'requirements.toml'].map((name) =>
    path.join(folder, name),
  );

/**
 * The state of the files that codex reads when it loads a thread: settings, instructions, hooks and
 * rules of its home, of the machine and of the project.
 */
export const filesOf = (home: string, workspace: string, systemFolder = SYSTEM_FOLDER): string =>
  [
    ...systemFiles(systemFolder),
    ...layerFiles(home),
    ...layerFiles(systemFolder),
    ...[home, ...foldersUpTo(workspace)].flatMap((folder) => [
      ...INSTRUCTIONS.map((name) => path.join(folder, name)),
      ...layerFiles(path.join(folder, '.codex')),
    ]),
  ]
    .map((file) => stateOf(() => file) ?? '')
    .join();

const INSTRUCTIONS = ['AGENTS.md', 'AGENTS.override.md'];

/** The files of a folder with settings. A changed rule leaves the time of its folder as it is. */
const layerFiles = (folder: string): string[] => [
  path.join(folder, 'config.toml'),
  path.join(folder, 'hooks.json'),
  ...namesIn(path.join(folder, 'rules')).map((name) => path.join(folder, 'rules', name)),
];
