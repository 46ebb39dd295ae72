import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { argumentsProblem } from '../../src/arguments/arguments-problem.js';
import { openLab, realCodex } from '../support/lab.js';

it('codex refuses the arguments that have a problem, and takes those beside them', async () => {
  await using lab = await openLab();
  const judged = [
    ['-s', '--json'],
    ['--sandbox='],
    ['-c', 'model'],
    ['--sandbox read-only'],
    ['hello'],
    ['-hV'],
    ['--json', '--experimental-json'],
    ['--ephemeral', 'x'],
    ['--version'],
    ['--json', '--ephemeral', '--yolo'],
    ['-mx', '--model=y'],
    ['-m=', '-c a=b', '-c', ' d = 1', '--add-dir', '/', '--add-dir=/', '--color=never'],
  ].map((args) => {
    // Without a prompt codex ends before it asks the model.
    const { stderr } = spawnSync(realCodex, ['exec', '--skip-git-repo-check', ...args, '-'], {
      env: lab.env,
      cwd: lab.workspace,
      encoding: 'utf8',
      input: '',
    });
    return { args, isTaken: stderr.includes('No prompt provided') };
  });

  expect(judged).toEqual(
    judged.map(({ args }) => ({ args, isTaken: argumentsProblem(args) === undefined })),
  );
});
