// The command line of a script.
import path from 'node:path';
import { parseArgs } from 'node:util';

/** @typedef {NonNullable<Parameters<typeof parseArgs>[0]>} Config */

/** The exit code of a script whose arguments are wrong. */
const MISUSED = 2;

/**
 * Reads the arguments of a script. `--help` and `-h` print the usage and exit with 0; an argument
 * that the script does not know exits with 2 and says so.
 *
 * @template {Config} T
 * @param {string} usage @param {T} config of `parseArgs`, without the help
 * @returns {ReturnType<typeof parseArgs<T>>}
 */
export const readCommandLine = (usage, config) => {
  const help = /** @type {const} */ ({ type: 'boolean', short: 'h' });
  /** @type {Config} */ const lenient = {
    ...config,
    strict: false,
    options: { ...config.options, help },
  };
  if (parseArgs(lenient).values['help'] === true) {
    process.stdout.write(usage);
    process.exit();
  }
  try {
    return parseArgs(config);
  } catch (error) {
    return misused(error instanceof Error ? error.message : String(error));
  }
};

/** Says what is wrong with the arguments, and exits with 2. @param {string} why @returns {never} */
export const misused = (why) => {
  const name = path.basename(process.argv[1] ?? '', '.mjs');
  process.stderr.write(`${name}: ${sentenceOf(why)}; see --help\n`);
  process.exit(MISUSED);
};

/** A whole number from `least` on. @param {string} flag @param {string} text */
export const wholeNumber = (flag, text, least = 1) => {
  const number = Number(text);
  return text.trim() !== '' && Number.isInteger(number) && number >= least
    ? number
    : misused(`${flag} takes a whole number from ${least} on, not ${JSON.stringify(text)}`);
};

/**
 * One of the words that a flag takes.
 *
 * @template {string} T @param {string} flag @param {string} text @param {readonly T[]} words
 */
export const oneOf = (flag, text, words) =>
  words.find((word) => word === text) ??
  misused(
    `${flag} takes ${words.join(', ').replace(/, ([^,]*)$/, ' or $1')}, not ${JSON.stringify(text)}`,
  );

/** The first sentence: the others are about arguments that begin with "-". @param {string} why */
const sentenceOf = (why) => why.replace(/[.\n] ?(?:To|Did|This) [^]*/, '').replace(/^Un/, 'un');
