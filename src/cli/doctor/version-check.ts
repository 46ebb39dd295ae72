import { isOlder } from '../../codex/version.js';
import { codexCan, NEWEST, OLDEST, TESTED } from '../../codex/versions.js';
import { type Check, checkOf } from './check.js';

const { green, yellow, red } = checkOf('codex-version', 'codex version');

const TESTS = `tested are ${OLDEST} to ${NEWEST}`;

/**
 * Reports whether this plugin is tested with the version, and what the table of versions says of
 * it. `undefined`: codex printed none.
 */
export const checkVersion = (file: string, version: string | undefined): Check => {
  if (version === undefined)
    return red(
      `${file} --version printed no version in time`,
      `run it by hand: is it codex, and for this kind of machine? (${TESTS})`,
    );
  if (isOlder(version, OLDEST))
    return red(
      `${version} is too old, ${TESTS}`,
      'update it with "npm install -g @openai/codex@latest"',
    );
  if (isOlder(NEWEST, version))
    return yellow(
      `${version} is not tested yet, ${TESTS}; ${abilitiesOf(version)}`,
      'run "doctor --turn --tools", or update the plugin',
    );
  return green(`${version} (${TESTS}; ${placeOf(version)}); ${abilitiesOf(version)}`);
};

/** The row of a tested version, or the tested versions around another. */
const placeOf = (version: string): string => {
  const row = TESTED.find((tested) => tested.version === version);
  if (row !== undefined) return `its default model with an API key is ${row.defaultModel}`;
  const before = TESTED.findLast((tested) => isOlder(tested.version, version))?.version ?? OLDEST;
  const after = TESTED.find((tested) => isOlder(version, tested.version))?.version ?? NEWEST;
  return `between ${before} and ${after}`;
};

/** What codex does where versions differ: hooks, goals, trust, compressed threads. */
const abilitiesOf = (version: string): string =>
  [
    codexCan(version, 'bypassesHookTrust')
      ? 'a hook that is not trusted is skipped without a word'
      : 'exec skips a hook that is not trusted, whatever the flags say',
    codexCan(version, 'endsDespiteGoals')
      ? 'goals are off on the app-server'
      : 'goals are off on both transports',
    codexCan(version, 'asksForTrust')
      ? 'exec trusts no workspace by itself'
      : 'plain exec trusts every workspace and runs what its .codex names',
    codexCan(version, 'readsPacked')
      ? 'compressed threads are read'
      : 'compressed threads are unpacked by the plugin',
  ].join('; ');
