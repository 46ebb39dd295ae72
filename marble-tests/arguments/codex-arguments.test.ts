import { describe, expect, it } from 'vitest';
import { codexArguments, overrideOf } from '../../src/arguments/codex-arguments.js';

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
    [['-m='], '--model', ''],
    [['-m==x'], '--model', '=x'],
    [['--model='], '--model', ''],
    [['--yolo'], '--dangerously-bypass-approvals-and-sandbox', ''],
    [['--experimental-json'], '--json', ''],
    [['--yolo=x'], '--yolo=x', ''],
    [['--json'], '--json', ''],
    [['--flag-of-a-newer-codex', 'x'], '--flag-of-a-newer-codex', 'x'],
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
