import type { Stats } from 'node:fs';
import * as t from 'io-ts';
import { argumentsProblem } from '../arguments/arguments-problem.js';
import { codexArguments } from '../arguments/codex-arguments.js';
import { choosesSandbox } from '../arguments/sandbox-argument.js';
import { excerpt } from '../text/explain.js';
import { textProblem } from '../text/text-problem.js';

/** The most bytes of a file that a person writes: 16 MiB. */
const MAX_BYTES = 16 * 1024 * 1024;

/** Why a config file is not read, to continue its path: a pipe would wait for a writer. */
export const fileProblem = (file: Stats): string | undefined => {
  if (!file.isFile()) return 'is not a file';
  return file.size > MAX_BYTES
    ? `has ${file.size} bytes, and ${MAX_BYTES} are the most`
    : undefined;
};

/**
 * Why the settings that a program gives are none, behind `at`: they are no object, or have a key
 * that `known` has not.
 */
export const givenProblem = (given: unknown, known: object, at = ''): string | undefined => {
  if (given === undefined || given === null) return undefined;
  if (!t.UnknownRecord.is(given)) return `${at}expected an object, got ${excerpt(given, 80)}`;
  const names = Object.keys(known);
  const [key] = unknownKeys(given, names);
  return key === undefined ? undefined : `${at}${notKnown(key, names)}`;
};

/** A sentence for each key of a config file that is none of the known ones. */
export const ignoredKeys = (file: object, known: readonly string[]): string[] =>
  unknownKeys(file, known).map((key) => notKnown(key, known, ' and is ignored'));

const unknownKeys = (some: object, known: readonly string[]): string[] =>
  Object.keys(some).filter((key) => !known.includes(key));

const notKnown = (key: string, known: readonly string[], what = ''): string =>
  `the key ${JSON.stringify(key)} is not known${what}; known keys are ${known.join(', ')}`;

/** The settings that name programs, arguments and models. */
interface Names {
  readonly binary: string;
  readonly extraArgs: readonly string[];
  readonly supportedModels: readonly string[];
  readonly modelArgs: Readonly<Record<string, string | readonly string[]>>;
}

/** Why no turn can run with these settings: what codex could not get, or would not take. */
export const refusedSetting = ({ binary, extraArgs, modelArgs }: Names): string | undefined => {
  const wrong = textProblem(binary);
  if (wrong !== undefined) return `binary: ${wrong}; remove it`;
  const lists = Object.entries(modelArgs).map(([id, args]) => [`model_args.${id}`, args] as const);
  for (const [key, args] of [['extra_args', extraArgs] as const, ...lists]) {
    const problem = typeof args === 'string' ? undefined : argumentsProblem(args);
    if (problem !== undefined) return `${key}: ${problem}`;
  }
  return undefined;
};

/** A sentence for each of these settings that has no effect. */
export const ignoredSettings = ({ modelArgs, extraArgs, supportedModels }: Names): string[] => [
  ...(Object.hasOwn(modelArgs, 'codex')
    ? [`model_args.codex is ignored, "codex" is always codex's own choice of model`]
    : []),
  ...(supportedModels.includes('')
    ? ['supported_models has an empty id, which no model has; remove it']
    : []),
  // A profile may choose a sandbox, and only codex knows whether it does.
  ...(codexArguments(extraArgs).some(({ flag }) => flag === '--profile') &&
  !choosesSandbox(extraArgs)
    ? [
        'a sandbox that the profile in extra_args chooses does not count; add "--sandbox" with its mode to extra_args if it should',
      ]
    : []),
];
