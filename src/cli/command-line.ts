import { type ParseArgsConfig, parseArgs } from 'node:util';
import { type Either, left, right } from 'fp-ts/lib/Either.js';
import { reasonOf } from '../text/explain.js';

/**
 * Reads the arguments of a command. `help`: they hold `--help` or `-h`, whatever else they hold.
 * Left: why they are rejected.
 */
export const readCommandLine = <T extends ParseArgsConfig>(
  config: T,
): Either<string, 'help' | ReturnType<typeof parseArgs<T>>> => {
  const help = { type: 'boolean', short: 'h' } as const;
  const lenient: ParseArgsConfig = {
    ...config,
    strict: false,
    options: { ...config.options, help },
  };
  if (parseArgs(lenient).values['help'] === true) return right('help');
  try {
    return right(parseArgs(config));
  } catch (error) {
    return left(sentenceOf(reasonOf(error)));
  }
};

/** The first sentence of `parseArgs`: the others are about arguments that begin with "-". */
const sentenceOf = (why: string): string =>
  why.replace(/[.\n] ?(?:To|Did|This) [^]*/, '').replace(/^Un/, 'un');
