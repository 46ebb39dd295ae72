import { describe, expect, it } from 'vitest';
import { serverArgs } from '../../../src/codex/app-server/server-args.js';

const FULL = 'danger-full-access';

describe('serverArgs', () => {
  it.each<[string[], ReturnType<typeof serverArgs>]>([
    [[], { args: [], sandbox: FULL }],
    [
      ['-c', 'model_reasoning_effort="high"'],
      { args: ['-c', 'model_reasoning_effort="high"'], sandbox: FULL },
    ],
    [
      ['--config=a=b', '--enable', 'x', '--disable=y'],
      { args: ['-c', 'a=b', '--enable', 'x', '--disable', 'y'], sandbox: FULL },
    ],
    [
      ['-c', 'sandbox_mode="read-only"'],
      { args: ['-c', 'sandbox_mode="read-only"'], sandbox: 'read-only' },
    ],
    [
      ['-c', 'default_permissions="x"'],
      {
        args: [],
        sandbox: FULL,
        unfit: '-c default_permissions="x"',
      },
    ],
    [['-s', 'read-only'], { args: [], sandbox: 'read-only' }],
    [['--sandbox=workspace-write'], { args: [], sandbox: 'workspace-write' }],
    [
      ['--dangerously-bypass-hook-trust', '-s', 'read-only'],
      { args: [], sandbox: 'read-only', config: { bypass_hook_trust: true } },
    ],
    // As codex exec has it: a flag counts before a -c, wherever they stand.
    [
      ['-s', 'read-only', '-c', 'sandbox_mode="danger-full-access"'],
      { args: ['-c', 'sandbox_mode="danger-full-access"'], sandbox: 'read-only' },
    ],
    [['-sread-only', '-ca=b'], { args: ['-c', 'a=b'], sandbox: 'read-only' }],
    [['--full-auto'], { args: [], sandbox: 'workspace-write' }],
    [['--approve-for-me'], { args: [], sandbox: FULL, unfit: '--approve-for-me' }],
    [
      ['--yolo', '--json', '--skip-git-repo-check', '--color', 'never'],
      { args: [], sandbox: FULL },
    ],
    [['--add-dir', '/x'], { args: [], sandbox: FULL, unfit: '--add-dir /x' }],
    [['-c', 'a=b', '-p', 'x'], { args: ['-c', 'a=b'], sandbox: FULL, unfit: '-p x' }],
    [['app-server', 'proxy'], { args: [], sandbox: FULL, unfit: 'app-server' }],
    [['--listen=ws://0.0.0.0:1'], { args: [], sandbox: FULL, unfit: '--listen=ws://0.0.0.0:1' }],
  ])('translates %j', (extraArgs, read) => {
    expect(serverArgs(extraArgs)).toEqual(read);
  });
});
