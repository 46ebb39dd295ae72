import { describe, expect, it } from 'vitest';
import { openLab } from '../support/lab.js';

/** A module that Node loads into the plugin before it starts. */
const loaded = (script: string): Record<string, string> => ({
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(script)}`,
});
const after = (statement: string): Record<string, string> =>
  loaded(`setTimeout(() => { ${statement} }, 1)`);

describe('a lab fails when its plugin', () => {
  it.each<[string, Record<string, string>, object]>([
    [
      'throws an uncaught exception',
      after('throw new Error("boom")'),
      { code: 1, crashed: true, stderr: expect.stringContaining('boom') },
    ],
    [
      'rejects a promise that nobody handles',
      after('Promise.reject(new Error("boom"))'),
      { code: 1, crashed: true, stderr: expect.stringContaining('boom') },
    ],
    [
      'writes to stderr',
      after('console.error("careful")'),
      { code: 0, crashed: false, stderr: 'careful\n' },
    ],
    [
      'emits a process warning',
      after('process.emitWarning("careful")'),
      { code: 0, crashed: false, stderr: expect.stringContaining('Warning: careful') },
    ],
    [
      'exits with another code',
      loaded('process.exitCode = 3'),
      { code: 3, crashed: true, stderr: '' },
    ],
    [
      'ends itself by a signal',
      after('process.kill(process.pid, "SIGABRT")'),
      { signal: 'SIGABRT', crashed: true },
    ],
  ])('%s', async (_what, env, end) => {
    const lab = await openLab();
    await lab.start(env);

    const failed = await lab[Symbol.asyncDispose]().then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failed).toMatchObject({ actual: [end] });
  });
});

it('a lab accepts a kill by the test, and stderr that the test expects', async () => {
  await using lab = await openLab();
  lab.expectStderr(/^(careful\n)?$/);
  await lab.start(after('console.error("careful")'));
  const killed = await lab.start();
  killed.child.kill('SIGKILL');
  expect(await killed.exited).toEqual({ code: null, signal: 'SIGKILL' });
});
