import { describe, expect, it } from 'vitest';
import type { ErrorKind } from '../../src/canonical/turn-event.js';
import { AppServerError } from '../../src/codex/app-server/rpc.js';
import { ModelArgsError } from '../../src/codex/app-server/thread-args.js';
import { stoppedByHook } from '../../src/codex/events/silent-end.js';
import { BinaryError } from '../../src/codex/exec/resolve-binary.js';
import { BusyError, LockError } from '../../src/process/lock-holder.js';
import { SpawnError } from '../../src/process/start.js';
import { CreateWorkspaceError, WorkspaceError } from '../../src/process/workspace.js';
import {
  BridgeError,
  PictureError,
  PromptError,
  portFailure,
  TemporaryFileError,
} from '../../src/turn/failures.js';

const spawnError = (code: string) =>
  new SpawnError(Object.assign(new Error(`spawn ${code}`), { code }));

/** An error of Node, whose message begins with its code. */
const coded = (message: string) =>
  Object.assign(new Error(message), { code: message.slice(0, message.indexOf(':')) });

describe('portFailure', () => {
  it.each<[what: string, error: Error, step: string]>([
    ['a binary', new BinaryError('there is no codex'), '(install codex, or set binary in '],
    ['a binary that says it', new BinaryError('it is old; update it with npm'), 'update it with'],
    ['a missing interpreter', spawnError('ENOENT'), 'is missing (install codex, or set binary'],
    ['a long argument', spawnError('E2BIG'), 'an argument in extra_args or model_args is longer'],
    ['a program that is none', spawnError('EACCES'), 'EACCES (install codex, or set binary in '],
    ['a long prompt', new PromptError('the prompt'), 'is all that codex takes; shorten it'],
    ['a picture', new PictureError('picture 1 is empty'), '(change what the message names, then '],
    [
      'a bridge',
      new BridgeError('no bridge'),
      'no bridge; send it again, or set "bridge_required"',
    ],
    ['a workspace', new WorkspaceError('/w is none; create it'), 'create it'],
    ['an absent workspace', new CreateWorkspaceError('no; create the folder'), 'create the folder'],
    [
      'TMPDIR',
      new TemporaryFileError('the schema', coded('EROFS: read-only file system, open')),
      'set TMPDIR of ',
    ],
    ['a folder as a lock', new LockError('/l is a folder; remove it'), 'remove it'],
    ['model_args', new ModelArgsError('-p: take it out of model_args'), 'take it out'],
    ['an app-server', new AppServerError('no'), '(send the turn again once; '],
    ['anything else', new Error('EIO'), 'EIO (send the turn again once; '],
  ])('says what to do about %s, once', (_what, error, step) => {
    const { message, retryable } = portFailure(error);
    expect({ message, retryable }).toEqual({
      message: expect.stringContaining(step),
      retryable: false,
    });
    expect(message.match(/ \((?!spawn)/g)?.length ?? 0).toBe(step.includes('(') ? 1 : 0);
  });

  it('adds nothing to a thread that another plugin uses', () => {
    const busy = new BusyError('another plugin runs a turn; try again when it has ended');

    expect(portFailure(busy)).toMatchObject({
      kind: 'thread_busy',
      message: 'codex: another plugin runs a turn; try again when it has ended',
      retryable: true,
    });
  });

  it.each<[what: string, error: Error, kind: ErrorKind, step: string]>([
    ['no descriptor for codex', spawnError('EMFILE'), 'overloaded', 'LimitNOFILE'],
    ['no process for codex', spawnError('EAGAIN'), 'overloaded', 'TasksMax'],
    ['no descriptor for a file', coded('EMFILE: too many open files'), 'overloaded', 'LimitNOFILE'],
    [
      'a full disk for a schema',
      new TemporaryFileError('the schema', coded('ENOSPC: no space left on device')),
      'internal',
      'free space',
    ],
    ['a full disk', coded('ENOSPC: no space left on device'), 'internal', 'free space'],
    [
      'no descriptor for a required bridge',
      new BridgeError('listen EMFILE', { cause: coded('EMFILE: too many open files') }),
      'mcp_startup',
      'LimitNOFILE',
    ],
  ])('is retryable and says what to raise after %s', (_what, error, kind, step) => {
    expect(portFailure(error)).toMatchObject({
      kind,
      message: expect.stringContaining(step),
      retryable: true,
    });
  });
});

it('stoppedByHook says what to do behind the words of the hook', () => {
  const stop = { type: 'hook.stopped', event: 'Stop', source: '/h', reason: 'no' } as const;
  expect(stoppedByHook(stop).message).toMatch(/: no \(change the wording of the request\)$/);
});
