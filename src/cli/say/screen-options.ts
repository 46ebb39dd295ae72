import { wantsColor } from '../command.js';
import type { SayArguments } from './arguments.js';

export interface ScreenOptions {
  /** Whether to print canonical events instead of text. */
  readonly json: boolean;
  /** Whether to print the model's thinking. */
  readonly thinking: boolean;
  /** Whether stdout and stderr are terminals. */
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly colour: boolean;
  /** Returns the current width of the terminal. */
  readonly columns: () => number;
}

/** The width of a terminal that reports none. */
const UNKNOWN_COLUMNS = 80;

/** Returns what the arguments ask for and what the terminal can show. */
export const screenOptions = ({ json, thinking }: SayArguments): ScreenOptions => {
  const { env, stdout, stderr } = process;
  return {
    json,
    thinking,
    stdout: stdout.isTTY,
    stderr: stderr.isTTY && env['TERM'] !== 'dumb',
    colour: wantsColor(stderr.isTTY, env),
    columns: () => stderr.columns || UNKNOWN_COLUMNS,
  };
};
