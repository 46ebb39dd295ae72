import { tomlString } from '../config-toml.js';
import { type Instructions, joinedInstructions } from '../instructions.js';

/** The instructions are longer than one argument of a program may be. */
export class InstructionsError extends Error {
  override readonly name = 'InstructionsError';
}

/** The most bytes of one argument on Linux, without its NUL; measured. */
const MAX_ARGUMENT = 131_071;

/**
 * The instructions as `-c` override of one `codex exec`, joined to those of the operator, which the
 * override replaces. Throws `InstructionsError` when they are too long: codex takes them from no
 * file that is not the operator's own.
 */
export const instructionsOverride = (
  instructions: Instructions | undefined,
  operator: string,
): string[] => {
  const text = joinedInstructions(instructions, operator);
  if (text === undefined) return [];
  const override = `developer_instructions=${tomlString(text)}`;
  const bytes = Buffer.byteLength(override);
  if (bytes > MAX_ARGUMENT)
    throw new InstructionsError(
      `the system text of the request takes ${bytes} bytes as an argument of codex exec, which has room for ${MAX_ARGUMENT}; shorten it, or set "transport": "app-server" or "system": "ignore" in config.json`,
    );
  return ['-c', override];
};
