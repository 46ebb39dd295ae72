import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { codexArguments } from '../../src/arguments/codex-arguments.js';
import { openLab, realCodex } from '../support/lab.js';

it('knows every flag of codex exec that takes a value', async () => {
  await using lab = await openLab();
  const help = execFileSync(realCodex, ['exec', '--help'], {
    env: lab.env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const flags = [...help.matchAll(/^ +(?:(-[a-zA-Z]), )?(--[a-z-]+) <.*$/gm)].flatMap(
    ([, short, long]) => [short, long].filter((flag) => flag !== undefined),
  );

  expect(flags).toContain('--sandbox');
  expect(flags.filter((flag) => codexArguments([flag, 'value']).length > 1)).toEqual([]);
});
