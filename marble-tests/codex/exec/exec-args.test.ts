import { describe, expect, it } from 'vitest';
import { execArgs, execInput } from '../../../src/codex/exec/exec-args.js';

const bypass = '--dangerously-bypass-approvals-and-sandbox';
const id = '01a1fb66-da72-74a1-b1d7-516b533534cb';
const none = { images: [], extraArgs: [] };

describe('execArgs', () => {
  it('starts a new thread', () => {
    expect(execArgs(none)).toEqual(['exec', '--json', '--skip-git-repo-check', bypass, '-']);
  });

  it('passes model and images, then the operator arguments, then the prompt', () => {
    expect(
      execArgs({ model: 'gpt-5', images: ['/a b.png', '/-c.png'], extraArgs: ['-c', 'x=1'] }),
    ).toEqual([
      'exec',
      '--json',
      '--skip-git-repo-check',
      bypass,
      '--model',
      'gpt-5',
      '--image=/a b.png',
      '--image=/-c.png',
      '-c',
      'x=1',
      '-',
    ]);
  });

  it('passes the schema of the turn instead of that of the operator, also on resume', () => {
    const extraArgs = ['--output-schema', '/theirs', '-c', 'x=1'];
    expect(execArgs({ ...none, extraArgs, schemaFile: '/ours' })).toEqual([
      'exec',
      '--json',
      '--skip-git-repo-check',
      bypass,
      '--output-schema',
      '/ours',
      '-c',
      'x=1',
      '-',
    ]);
    expect(execArgs({ ...none, threadId: id, schemaFile: '/ours' }).slice(-3)).toEqual([
      '--output-schema',
      '/ours',
      '-',
    ]);
    expect(execArgs({ ...none, extraArgs })).toContain('/theirs');
  });

  it('repeats every flag on resume, with the operator arguments before the subcommand', () => {
    expect(
      execArgs({ threadId: id, model: 'gpt-5', images: ['/a.png'], extraArgs: ['-C', '/w'] }),
    ).toEqual([
      'exec',
      '-C',
      '/w',
      'resume',
      id,
      '--json',
      '--skip-git-repo-check',
      bypass,
      '--model',
      'gpt-5',
      '--image=/a.png',
      '-',
    ]);
  });

  it.each([
    [['--json']],
    [['--experimental-json']],
    [['--skip-git-repo-check']],
    [[bypass]],
    [['--json', '--skip-git-repo-check', bypass]],
  ])('does not repeat the flags of the operator: %j', (extraArgs) => {
    const args = execArgs({ ...none, extraArgs });

    expect(args.filter((arg) => /json$/.test(arg))).toHaveLength(1);
    expect(args.filter((arg) => arg === '--skip-git-repo-check')).toHaveLength(1);
    expect(args.filter((arg) => arg === bypass)).toHaveLength(1);
  });

  it.each([
    [['-s', 'read-only']],
    [['-s=read-only']],
    [['-sread-only']],
    [['--sandbox', 'read-only']],
    [['--sandbox=read-only']],
    [['--full-auto']],
    [['--approve-for-me']],
    [['--yolo']],
    [['-c', 'sandbox_mode="read-only"']],
    [['-c', 'sandbox_mode = "read-only"']],
    [['-csandbox_mode=read-only']],
    [['-c=sandbox_mode=read-only']],
    [['--config', 'sandbox_mode=read-only']],
    [['--config=sandbox_mode=read-only']],
  ])('keeps the sandbox of the operator: %j', (extraArgs) => {
    const args = execArgs({ ...none, extraArgs });

    expect(args).not.toContain(bypass);
    expect(args.slice(-extraArgs.length - 1)).toEqual([...extraArgs, '-']);
  });

  it.each([
    [['-c', 'shell_environment_policy.inherit=all']],
    [['--search']],
    [['-c', 'sandbox_mode_x=1']],
  ])('bypasses the sandbox with %j', (extraArgs) => {
    expect(execArgs({ ...none, extraArgs })).toContain(bypass);
  });

  it.each([[['-m', 'old']], [['--model', 'old']], [['-m=old']], [['--model=old']], [['-mold']]])(
    'replaces %j by the model of the turn',
    (model) => {
      const args = execArgs({
        ...none,
        model: 'new',
        extraArgs: ['--search', ...model, '-c', 'x=1'],
      });

      expect(args.slice(3)).toEqual([bypass, '--model', 'new', '--search', '-c', 'x=1', '-']);
    },
  );

  it('keeps the model of the operator when the turn has none', () => {
    expect(execArgs({ ...none, extraArgs: ['-m', 'old'] }).slice(-3)).toEqual(['-m', 'old', '-']);
  });
});

describe('execArgs, with an image of the operator', () => {
  it.each([
    [
      ['-i', '/a.png', '-c', 'x=1'],
      ['--image=/a.png', '-c', 'x=1'],
    ],
    [['--image', '/a.png'], ['--image=/a.png']],
    [['-i/a.png'], ['--image=/a.png']],
    [['-i=/a.png'], ['--image=/a.png']],
    [['--image=/a.png'], ['--image=/a.png']],
  ])('keeps resume and the prompt apart from the image: %j', (extraArgs, expected) => {
    const threadId = '01a1fb66-da72-74a1-b1d7-516b533534cb';
    expect(execArgs({ threadId, images: [], extraArgs }).slice(0, expected.length + 3)).toEqual([
      'exec',
      ...expected,
      'resume',
      threadId,
    ]);
  });
});

describe('execArgs, with permissions of the operator', () => {
  it.each([
    [['-c', ' sandbox_mode = "read-only"']],
    [['-c', 'default_permissions=":workspace"']],
    [['--config=default_permissions=":read-only"']],
  ])('does not bypass the sandbox with %j', (extraArgs) => {
    expect(execArgs({ images: [], extraArgs })).not.toContain(
      '--dangerously-bypass-approvals-and-sandbox',
    );
  });
});

describe('execInput', () => {
  it('is the prompt, with U+FEFF at its beginning twice, since codex drops one', () => {
    expect(execInput(' hi\uFEFF\n')).toBe(' hi\uFEFF\n');
    expect(execInput('\uFEFFhi')).toBe('\uFEFF\uFEFFhi');
  });
});
