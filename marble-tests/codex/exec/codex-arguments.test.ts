import { describe, expect, it } from 'vitest';
import {
  codexArguments,
  overrideOf,
  withModelArgs,
} from '../../../src/codex/exec/codex-arguments.js';

describe('codexArguments', () => {
  it.each<[args: string[], flag: string, value: string]>([
    [['--model', 'x'], '--model', 'x'],
    [['--model=x'], '--model', 'x'],
    [['-m', 'x'], '--model', 'x'],
    [['-mx'], '--model', 'x'],
    [['-m=x'], '--model', 'x'],
    [['--config=a=b'], '--config', 'a=b'],
    [['-ca=b'], '--config', 'a=b'],
    [['-c'], '--config', ''],
    [['--json'], '--json', ''],
    [['plain'], 'plain', ''],
    [['-'], '-', ''],
  ])('reads %j as the flag %s with the value %j', (args, flag, value) => {
    expect(codexArguments(args)).toEqual([{ words: args, flag, value }]);
  });

  it('takes the word behind a flag for its value, whatever it looks like', () => {
    expect(codexArguments(['-s', '--json', '--json'])).toEqual([
      { words: ['-s', '--json'], flag: '--sandbox', value: '--json' },
      { words: ['--json'], flag: '--json', value: '' },
    ]);
  });
});

describe('overrideOf', () => {
  it.each<[args: string[], override: readonly [string, string] | undefined]>([
    [
      ['-c', ' a.b = "x=y" '],
      ['a.b', '"x=y"'],
    ],
    [
      ['-c', 'a'],
      ['a', ''],
    ],
    [['--model', 'a=b'], undefined],
  ])('reads %j as %j', (args, override) => {
    expect(codexArguments(args).map(overrideOf)).toEqual([override]);
  });
});

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
  ])('gives %j and %j as %j', (extraArgs, modelArgs, args) => {
    expect(withModelArgs(extraArgs, modelArgs)).toEqual(args);
  });
});
