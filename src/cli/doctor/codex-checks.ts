import path from 'node:path';
import { BinaryError } from '../../codex/exec/resolve-binary.js';
import { reasonOf } from '../../text/explain.js';
import { type Check, checkOf } from './check.js';

const { green, yellow, red } = checkOf('codex');

/** `found`: the program that config.json names. `file`: the program that a turn starts. */
export interface CheckedCodex {
  readonly found: string;
  readonly file: string;
}

const SYSTEMD = 'systemd starts daemons with a short PATH, which may have another codex or none';

/** Reports which codex runs. A bare name is yellow: PATH decides which codex that is. */
export const checkBinary = (
  binary: string,
  { found, file }: CheckedCodex,
  configFile: string,
): Check => {
  const native = file === found ? '' : `, which starts ${file}`;
  const isWrapper = file === found && found.endsWith('.js');
  if (!path.isAbsolute(binary)) {
    const mend = `set "binary" in ${configFile} to ${JSON.stringify(found)}`;
    return yellow(`${JSON.stringify(binary)} is ${found} on this PATH${native}; ${SYSTEMD}`, mend);
  }
  return isWrapper
    ? yellow(
        `${found} is a script, and the native program behind it was not found`,
        'reinstall it with "npm install -g @openai/codex"',
      )
    : green(`${found}${native}`);
};

/** The red check for a codex that was not found: `error` says why. */
export const noBinary = (error: unknown, configFile: string): Check =>
  red(
    error instanceof BinaryError ? error.problem : reasonOf(error),
    `install it with "npm install -g @openai/codex", or set "binary" in ${configFile} to its absolute path; ${SYSTEMD}`,
  );
