import * as t from 'io-ts';
import { type CodexSettings, parseSettings, readSettings } from './config-toml.js';

/** The host's standing instructions for a thread. */
export interface Instructions {
  /** Empty: the host gives none any more. */
  readonly text: string;
  /** Whether the resumed thread has other ones: codex keeps those with which it began. */
  readonly isChanged: boolean;
}

/** The instructions of the operator, in `extra_args` or else in codex's config.toml. */
export const operatorInstructions = (home: string, extraArgs: readonly string[]): string => {
  const given = extraArgs
    .map((arg, i) =>
      /^(-c|--config)$/.test(extraArgs[i - 1] ?? '') ? arg : arg.replace(/^(-c=?|--config=)/, ''),
    )
    .findLast((arg) => /^\s*developer_instructions\s*=/.test(arg));
  const ofArgs = given === undefined ? undefined : (parseSettings(given) ?? rawValue(given));
  return textOf(ofArgs ?? readSettings(home));
};

/** codex takes a value that is no TOML as it is. */
const rawValue = (arg: string): CodexSettings => ({
  developer_instructions: arg.slice(arg.indexOf('=') + 1),
});

const textOf = (settings: CodexSettings | undefined): string =>
  t.string.is(settings?.developer_instructions) ? settings.developer_instructions : '';

/** The instructions of the operator, then those of the host; `undefined` without the latter. */
export const joinedInstructions = (
  instructions: Instructions | undefined,
  operator: () => string,
): string | undefined =>
  instructions === undefined || instructions.text === ''
    ? undefined
    : [operator(), instructions.text].filter((text) => text !== '').join('\n\n');

/** What a resumed thread is told of changed instructions; `undefined` for unchanged ones. */
export const changeOfInstructions = (instructions?: Instructions): string | undefined => {
  if (instructions?.isChanged !== true) return undefined;
  return instructions.text === ''
    ? 'The earlier instructions of the application for this conversation no longer apply.'
    : `The instructions of the application for this conversation have changed. These replace the earlier ones:\n\n${instructions.text}`;
};
