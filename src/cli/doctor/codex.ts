import path from 'node:path';
import { isOlder, NEWEST, OLDEST } from '../../codex/exec/codex-version.js';
import { type Check, green, red, yellow } from './check.js';

/** A codex that was found: the program that config.json means, and the one that is started. */
export interface FoundCodex {
  readonly found: string;
  readonly file: string;
}

const SYSTEMD = 'systemd starts daemons with a short PATH, on which another codex or none may be';

/** Where codex is. */
export const checkBinary = (
  binary: string,
  { found, file }: FoundCodex,
  configFile: string,
): Check => {
  const native = file === found ? '' : `, which starts ${file}`;
  const isWrapper = file === found && found.endsWith('.js');
  if (!path.isAbsolute(binary)) {
    const mend = `set "binary" in ${configFile} to ${JSON.stringify(found)}`;
    return yellow(
      'codex',
      'codex',
      `${JSON.stringify(binary)} is ${found} on this PATH${native}; ${SYSTEMD}`,
      mend,
    );
  }
  return isWrapper
    ? yellow(
        'codex',
        'codex',
        `${found} is a script, and the native program behind it was not found`,
        'reinstall it with "npm install -g @openai/codex"',
      )
    : green('codex', 'codex', `${found}${native}`);
};

export const noBinary = (reason: string, configFile: string): Check =>
  red(
    'codex',
    'codex',
    reason,
    `install codex, or set "binary" in ${configFile} to the absolute path of one`,
  );

/** Whether this version was tested; nothing is known of one that does not tell. */
export const checkVersion = (file: string, version: string | undefined): Check => {
  const tested = `tested are ${OLDEST} to ${NEWEST}`;
  const check = { id: 'codex-version', title: 'codex version' };
  if (version === undefined)
    return red(
      check.id,
      check.title,
      `${file} --version told none in time`,
      `run it by hand: is it codex, and for this kind of machine? (${tested})`,
    );
  if (isOlder(version, OLDEST))
    return red(
      check.id,
      check.title,
      `${version} is too old, ${tested}`,
      'update it with "npm install -g @openai/codex@latest"',
    );
  return isOlder(NEWEST, version)
    ? yellow(
        check.id,
        check.title,
        `${version} is not tested yet, ${tested}`,
        'run "doctor --turn --tools", or update the plugin',
      )
    : green(check.id, check.title, `${version} (${tested})`);
};
