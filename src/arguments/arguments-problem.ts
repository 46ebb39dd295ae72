import { excerpt } from '../text/explain.js';
import { textProblem } from '../text/text-problem.js';
import {
  type CodexArgument,
  codexArguments,
  countsOnce,
  isFlag,
  overrideOf,
  takesValue,
} from './codex-arguments.js';

/**
 * What is wrong with a list of arguments with which codex would refuse every turn, and what to
 * write instead; `undefined` for a list that codex may take. Flags that only some versions have
 * are codex's own to judge.
 */
export const argumentsProblem = (args: readonly string[]): string | undefined => {
  for (const [nth, arg] of args.entries()) {
    if (arg === '--' || arg === '') return '"--" and "" would take the place of the prompt';
    const wrong = textProblem(arg);
    if (wrong !== undefined) return `argument ${nth + 1} ${wrong}; remove it`;
  }
  const split = codexArguments(args);
  for (const [nth, argument] of split.entries()) {
    const problem =
      runsNoTurn(argument) ??
      writtenAsOne(argument) ??
      (takesValue(argument.flag) ? valueProblem(argument) : strayWord(argument)) ??
      givenTwice(argument, split.slice(0, nth));
    if (problem !== undefined) return problem;
  }
  return undefined;
};

/** Characters of an argument in a message. */
const SHOWN = 80;
const show = (word: string): string => excerpt(word, SHOWN);

/** The flags with which codex runs no turn of this plugin, or only the first (to 0.171.0). */
const NO_TURN: readonly (readonly [flags: RegExp, why: string])[] = [
  [/^(?:--(?:help|version)(?![^=])|-[hV])/, 'makes codex print about itself and run no turn'],
  [
    /^--remote(?:-auth-token-env)?(?![^=])/,
    'is for the app server of somebody else, which takes no argument of this plugin',
  ],
  [/^--worktree(?![^=])/, 'ends after the first turn: codex resumes no thread with it'],
];

const runsNoTurn = ({ words: [word = ''] }: CodexArgument): string | undefined => {
  const [, why] = NO_TURN.find(([flags]) => flags.test(word)) ?? [];
  return why === undefined ? undefined : `${show(word)} ${why}; remove it`;
};

/** A flag with white space and its value behind it. codex takes `-c key=value` so. */
const writtenAsOne = ({ words: [word = ''], flag }: CodexArgument): string | undefined => {
  const [, name, value] = /^(--[^\s=]+|-[a-zA-Z])\s+(.*)$/s.exec(word) ?? [];
  return name === undefined || value === undefined || flag === '--config'
    ? undefined
    : `${show(word)} is one argument; write two: ${show(name)}, ${show(value)}`;
};

/** The flags that codex takes with an empty value, joined by `=`. */
const MAY_BE_EMPTY: ReadonlySet<string> = new Set([
  ...['--model', '--local-provider', '--thread-source'],
]);

const valueProblem = (argument: CodexArgument): string | undefined => {
  const { words, flag, value } = argument;
  const [word = '', next = ''] = words;
  if (isFlag(next))
    return `${show(word)} has no value: codex takes ${show(next)} for a flag; write the value between them, or, if that is the value, ${show(`${word}=${next}`)} as one argument`;
  if (value === '' && !(word.endsWith('=') && MAY_BE_EMPTY.has(flag)))
    return `${show(word)} has no value; write it as the next argument, or remove ${show(word)}`;
  const [key] = overrideOf(argument) ?? [];
  return key === undefined || (key !== '' && value.includes('='))
    ? undefined
    : `${show(words.join(' '))} sets nothing: write "key=value" as one argument behind "-c"`;
};

const strayWord = ({ words: [word = ''] }: CodexArgument): string | undefined =>
  isFlag(word)
    ? undefined
    : `${show(word)} would take the place of the prompt: it is no flag, and no flag before it takes it; remove it, or write its flag before it`;

const givenTwice = (
  { words: [word = ''], flag }: CodexArgument,
  before: readonly CodexArgument[],
): string | undefined =>
  countsOnce(flag) && before.some((other) => other.flag === flag)
    ? `${show(word)} gives ${flag} a second time, which codex refuses; keep one of them`
    : undefined;
