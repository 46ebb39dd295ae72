import { describe, expect, it } from 'vitest';
import { withModelArgs } from '../../src/arguments/with-model-args.js';

describe('withModelArgs', () => {
  it.each<[extraArgs: string[], modelArgs: string[] | undefined, args: string[]]>([
    [['-c', 'a=1'], undefined, ['-c', 'a=1']],
    [
      ['-c', 'a=1', '-c', 'b=1'],
      ['-c', 'a=2'],
      ['-c', 'b=1', '-c', 'a=2'],
    ],
    [
      ['-s', 'read-only'],
      ['-c', 'sandbox_mode="workspace-write"'],
      ['-c', 'sandbox_mode="workspace-write"'],
    ],
    [['--yolo', '--json'], ['--sandbox=read-only'], ['--json', '--sandbox=read-only']],
    [
      ['-p', 'one'],
      ['--profile', 'two'],
      ['--profile', 'two'],
    ],
    [
      ['--enable', 'a'],
      ['--enable', 'b'],
      ['--enable', 'a', '--enable', 'b'],
    ],
    [['--add-dir', '/a'], ['--add-dir=/b'], ['--add-dir', '/a', '--add-dir=/b']],
    [
      ['-m', 'x'],
      ['-c', 'model="y"'],
      ['-c', 'model="y"'],
    ],
    [
      ['--flag-of-a-newer-codex', 'a', '--json'],
      ['--flag-of-a-newer-codex', 'b'],
      ['--json', '--flag-of-a-newer-codex', 'b'],
    ],
    [
      ['--flag-of-a-newer-codex', 'a'],
      ['--flag-of-a-newer-codex=b'],
      ['--flag-of-a-newer-codex=b'],
    ],
    [
      ['--flag-of-a-newer-codex', 'a'],
      ['--other-flag', 'a'],
      ['--flag-of-a-newer-codex', 'a', '--other-flag', 'a'],
    ],
  ])('gives %j and %j as %j', (extraArgs, modelArgs, args) => {
    expect(withModelArgs(extraArgs, modelArgs)).toEqual(args);
  });
});
