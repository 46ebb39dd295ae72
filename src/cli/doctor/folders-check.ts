import { type Check, checkOf } from './check.js';
import type { Folder } from './install-checks.js';

const { green, yellow, red } = checkOf('folders');

/** A folder outside the profile that codex or the plugin writes to. */
export interface WrittenFolder extends Folder {
  readonly name: 'CODEX_HOME' | 'sessions' | 'TMPDIR' | 'record_dir';
}

const CODEX_STEP =
  'give CODEX_HOME with all that lies in it to the user of the daemon, on a disk that can be written, and take away what is no folder there';

const STEPS: Readonly<Record<WrittenFolder['name'], string>> = {
  CODEX_HOME: CODEX_STEP,
  sessions: CODEX_STEP,
  TMPDIR:
    'set TMPDIR of the daemon to a folder that it may write: until then turns go without pictures and output schemas',
  record_dir:
    'set "record_dir" to a folder that the daemon may write: until then turns leave no records',
};

/**
 * Reports whether what codex and the plugin write outside the profile can be written: without the
 * folders of codex no turn runs.
 */
export const checkFolders = (folders: readonly WrittenFolder[]): Check => {
  const broken = folders.filter(({ problem }) => problem !== undefined);
  const detail = folders
    .map(({ name, path, problem }) => `${name} ${path}: ${problem ?? 'can be written'}`)
    .join('\n');
  if (broken.length === 0) return green(detail);
  const steps = new Set(broken.map(({ name }) => STEPS[name]));
  const report = steps.has(CODEX_STEP) ? red : yellow;
  return report(detail, [...steps].join('\n'));
};
