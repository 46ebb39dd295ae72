import { asyncScheduler } from 'rxjs';
import type { ErrorKind, TurnError } from '../canonical/turn-event.js';
import { AppServerError } from '../codex/app-server/rpc.js';
import { DiedAtStartError } from '../codex/app-server/start-failure.js';
import { ModelArgsError } from '../codex/app-server/thread-args.js';
import { failure, ownFailure } from '../codex/events/failure.js';
import { exitFailure } from '../codex/events/terminal-event.js';
import { InstructionsError } from '../codex/exec/instructions-override.js';
import { BinaryError } from '../codex/exec/resolve-binary.js';
import { isShortage } from '../process/file-problem.js';
import { BusyError, LockError } from '../process/lock-holder.js';
import { SpawnError } from '../process/start.js';
import { CreateWorkspaceError, WorkspaceError } from '../process/workspace.js';
import { codeOf, reasonOf } from '../text/explain.js';
import { MAX_PROMPT_CHARS } from './prompt.js';

/** The bridge cannot be opened, and `bridge_required` is set. */
export class BridgeError extends Error {
  override readonly name = 'BridgeError';
}

/** What a thread is given is too long, by its name. */
export class PromptError extends Error {
  override readonly name = 'PromptError';
  constructor(what: string) {
    super(`${longer(what)}; shorten it`);
  }
}

/** An image of a request is no picture that codex takes. The message says which, and what it is. */
export class PictureError extends Error {
  override readonly name = 'PictureError';
}

/** What a turn hands to codex in a file cannot be written. */
export class TemporaryFileError extends Error {
  override readonly name = 'TemporaryFileError';
  constructor(what: string, error: unknown) {
    super(
      `${what} cannot be written: ${reasonOf(error)}; set TMPDIR of the daemon to a folder that it may write`,
      { cause: error },
    );
  }
}

/** What to do about a bridge that cannot be opened. */
const UNBRIDGED =
  'send it again, or set "bridge_required": false in config.json to run turns without the tools';

const longer = (what: string): string =>
  `${what} is longer than ${MAX_PROMPT_CHARS} characters, which is all that codex takes`;

/** What E2BIG means; measured on Linux. */
const LONG_ARGUMENTS =
  'an argument in extra_args or model_args is longer than 131071 bytes, or all of them with the environment are longer than the system takes; shorten it, or move it to the config.toml of codex';

export const tooLong = (): TurnError => ownFailure('prompt_too_large', longer('the prompt'));

/** The errors whose message says all, with their kinds: another try would find the same. */
const KINDS: readonly (readonly [error: new (...args: never[]) => Error, kind: ErrorKind])[] = [
  [BinaryError, 'binary'],
  [CreateWorkspaceError, 'config'],
  [InstructionsError, 'invalid_request'],
  [LockError, 'config'],
  [ModelArgsError, 'config'],
  [PictureError, 'invalid_request'],
  [PromptError, 'prompt_too_large'],
  [WorkspaceError, 'invalid_request'],
];

/** The terminal event of a turn whose port failed with `error`. */
export const portFailure = (error: unknown): TurnError => {
  const message = reasonOf(error);
  const [, kind] = KINDS.find(([type]) => error instanceof type) ?? [];
  if (kind !== undefined) return ownFailure(kind, message);
  if (error instanceof BusyError) return ownFailure('thread_busy', message, true);
  if (error instanceof BridgeError)
    return ownFailure('mcp_startup', `${message}; ${UNBRIDGED}`, isShort(error.cause));
  if (error instanceof TemporaryFileError) return systemFailure('config', message, error.cause);
  if (error instanceof SpawnError) return spawnFailure(error);
  if (error instanceof DiedAtStartError)
    return exitFailure({ hasThread: false }, error.exited, { now: asyncScheduler.now() });
  if (error instanceof AppServerError) return failure(message, { now: asyncScheduler.now() });
  return systemFailure('internal', message, error);
};

const spawnFailure = (error: SpawnError): TurnError => {
  const what = 'the codex process could not be started';
  const { code, message } = error;
  if (code === 'ENOENT')
    return ownFailure(
      'binary',
      `${what} (${message}): the interpreter in its first line is missing`,
    );
  if (code === 'E2BIG') return ownFailure('config', `${what} (${message}): ${LONG_ARGUMENTS}`);
  return systemFailure('binary', `${what}: ${message}`, error);
};

/** A failure by an error of the system; retryable for a resource that has run out. */
const systemFailure = (kind: ErrorKind, message: string, cause: unknown): TurnError =>
  ownFailure(shortageOf(cause) ?? kind, message, isShort(cause));

const isShort = (error: unknown): boolean => shortageOf(error) !== undefined;

/** The kind for a resource of the machine that has run out, which another try may find. */
const shortageOf = (error: unknown): ErrorKind | undefined => {
  if (['ENOSPC', 'EDQUOT'].includes(codeOf(error))) return 'internal';
  return isShortage(error) ? 'overloaded' : undefined;
};
