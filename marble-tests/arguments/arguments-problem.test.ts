import { describe, expect, it } from 'vitest';
import { argumentsProblem } from '../../src/arguments/arguments-problem.js';

describe('argumentsProblem', () => {
  it.each<[args: string[], problem: string]>([
    [['a', '--'], '"--" and "" would take the place of the prompt'],
    [['-m', ''], '"--" and "" would take the place of the prompt'],
    [['-m', 'a\0'], 'argument 2 has a NUL character; remove it'],
    ...['-h', '-hx', '--help', '--help=x', '-V', '--version'].map((word): [string[], string] => [
      ['--json', word],
      `"${word}" makes codex print about itself and run no turn; remove it`,
    ]),
    ...[['--remote', 'ws://h'], ['--remote=ws://h'], ['--remote-auth-token-env', 'X']].map(
      (args): [string[], string] => [
        args,
        `"${args[0]}" is for the app server of somebody else, which takes no argument of this plugin; remove it`,
      ],
    ),
    [
      ['--worktree'],
      '"--worktree" ends after the first turn: codex resumes no thread with it; remove it',
    ],
    [['--json', '-m'], '"-m" has no value; write it as the next argument, or remove "-m"'],
    [
      ['--sandbox='],
      '"--sandbox=" has no value; write it as the next argument, or remove "--sandbox="',
    ],
    [['-C='], '"-C=" has no value; write it as the next argument, or remove "-C="'],
    [
      ['-s', '--json'],
      '"-s" has no value: codex takes "--json" for a flag; write the value between them, or, if that is the value, "-s=--json" as one argument',
    ],
    [
      ['--model', '-1', 'x'],
      '"--model" has no value: codex takes "-1" for a flag; write the value between them, or, if that is the value, "--model=-1" as one argument',
    ],
    [['-c', 'model'], '"-c model" sets nothing: write "key=value" as one argument behind "-c"'],
    [['-c', ' =x'], '"-c  =x" sets nothing: write "key=value" as one argument behind "-c"'],
    [['-c', '-'], '"-c -" sets nothing: write "key=value" as one argument behind "-c"'],
    [['-c', 'a', '=b'], '"-c a" sets nothing: write "key=value" as one argument behind "-c"'],
    [
      ['--sandbox read-only'],
      '"--sandbox read-only" is one argument; write two: "--sandbox", "read-only"',
    ],
    [['-m  gpt 5'], '"-m  gpt 5" is one argument; write two: "-m", "gpt 5"'],
    [
      ['--config a="b c"'],
      '"--config a=\\"b c\\"" is one argument; write two: "--config", "a=\\"b c\\""',
    ],
    [
      ['--flag-of-a-newer-codex', 'a', 'b'],
      '"b" would take the place of the prompt: it is no flag, and no flag before it takes it; remove it, or write its flag before it',
    ],
    [
      ['hello'],
      '"hello" would take the place of the prompt: it is no flag, and no flag before it takes it; remove it, or write its flag before it',
    ],
    [
      ['-'],
      '"-" would take the place of the prompt: it is no flag, and no flag before it takes it; remove it, or write its flag before it',
    ],
    [
      ['-i', '/a', '/b'],
      '"/b" would take the place of the prompt: it is no flag, and no flag before it takes it; remove it, or write its flag before it',
    ],
    [
      ['--json', 'x'],
      '"x" would take the place of the prompt: it is no flag, and no flag before it takes it; remove it, or write its flag before it',
    ],
    [
      ['--yolo', '--dangerously-bypass-approvals-and-sandbox'],
      '"--dangerously-bypass-approvals-and-sandbox" gives --dangerously-bypass-approvals-and-sandbox a second time, which codex refuses; keep one of them',
    ],
    [
      ['-ma', '-c', 'x=1', '--model=b'],
      '"--model=b" gives --model a second time, which codex refuses; keep one of them',
    ],
  ])('names the word of %j and what to write instead', (args, problem) => {
    expect(argumentsProblem(args)).toBe(problem);
  });

  it.each<[args: string[]]>([
    [[]],
    [['-c', 'a=', '-cb=1', '-c c=1', '-c', ' d = 1', '--config=e=']],
    [['-m=', '--local-provider=', '--thread-source=']],
    [['-m=-x', '-p', '-']],
    [['--add-dir', '/a', '--add-dir', '/b', '--enable', 'x', '--enable', 'y', '-i/a', '-i', '/b']],
    [['--output-schema=/a b', '-o', '/c d']],
    [['--flag-of-a-newer-codex', 'value', '--json']],
    [['--helpful', '--version-of-a-newer-codex', 'x', '-m=-h']],
  ])('lets codex judge %j', (args) => {
    expect(argumentsProblem(args)).toBeUndefined();
  });

  it('reads a long override once', () => {
    const text = 'x'.repeat(1_000_000);
    expect(argumentsProblem(['-c', text])).toContain('sets nothing');
    expect(argumentsProblem(['-c', `a=${text}`])).toBeUndefined();
  });
});
