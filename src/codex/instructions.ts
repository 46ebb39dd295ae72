import * as t from 'io-ts';
import { lastOverride } from '../arguments/codex-arguments.js';
import { type CodexSettings, tomlValue } from './config-toml.js';

/** The host's standing instructions for a thread. */
export interface Instructions {
  /** Empty: the host gives none any more. */
  readonly text: string;
  /** Whether the resumed thread has other ones: codex keeps those with which it began. */
  readonly isChanged: boolean;
}

/** The instructions of the operator, in `extra_args` or else in codex's config.toml. */
export const operatorInstructions = (
  settings: CodexSettings | undefined,
  extraArgs: readonly string[],
): string => {
  const given = lastOverride(extraArgs, 'developer_instructions');
  const text = given === undefined ? settings?.developer_instructions : tomlValue(given);
  return t.string.is(text) ? text : '';
};

/** The instructions of the operator, then those of the host; `undefined` without the latter. */
export const joinedInstructions = (
  instructions: Instructions | undefined,
  operator: string,
): string | undefined =>
  instructions === undefined || instructions.text === ''
    ? undefined
    : [operator, instructions.text].filter((text) => text !== '').join('\n\n');

const NONE = 'The earlier instructions of the application for this conversation no longer apply.';
const CHANGED =
  'The instructions of the application for this conversation have changed. These replace the earlier ones:';

/** What a resumed thread is told of changed instructions; `undefined` for unchanged ones. */
export const changeOfInstructions = (instructions?: Instructions): string | undefined => {
  if (instructions?.isChanged !== true) return undefined;
  return instructions.text === '' ? NONE : `${CHANGED}\n\n${instructions.text}`;
};

/** Whether a text is what `changeOfInstructions` gives. */
export const isChangeOfInstructions = (text: string): boolean =>
  text === NONE || text.startsWith(CHANGED);
