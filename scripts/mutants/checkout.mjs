// A copy of the project, with a runner of tests in it.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { testsOf } from './tests-of.mjs';

const TIMEOUT_MS = 180_000;
const project = fileURLToPath(new URL('../..', import.meta.url));
const runner = fileURLToPath(new URL('runner.mjs', import.meta.url));

/** @param {string} root */
const copyProject = (root) => {
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root, { recursive: true });
  for (const name of ['src', 'marble-tests', 'scripts', 'package.json', 'tsconfig.json'])
    cpSync(path.join(project, name), path.join(root, name), { recursive: true });
  symlinkSync(path.join(project, 'node_modules'), path.join(root, 'node_modules'));
};

/** @param {string} name @param {boolean} quick Whether tests that start processes are left out. */
export const openCheckout = (name, quick) => {
  const root = path.join(project, '.cache', 'mutants', name);
  copyProject(root);
  /** @type {import('node:child_process').ChildProcess | undefined} */
  let child;
  const start = async () => {
    const started = fork(runner, {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      // A group of its own, to kill the process of an endless test with it.
      detached: true,
      // Of a property, a few cases.
      env: { ...process.env, FUZZ_RUNS: '100', FUZZ_SEED: '1' },
    });
    await once(started, 'message');
    return started;
  };
  const close = () => {
    const group = child?.pid;
    child = undefined;
    try {
      if (group !== undefined) process.kill(-group, 'SIGKILL');
    } catch {
      // It has exited.
    }
  };
  // The terminal interrupts only its own group.
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
  process.once('exit', close);

  /**
   * Runs the tests of a file, and resolves what fails: a test file, `crash` or `timeout`.
   *
   * @param {string} file Below src/.
   * @returns {Promise<string | undefined>}
   */
  const failureOf = async (file) => {
    const source = path.join(root, 'src', file);
    const tests = testsOf(root, source).filter((test) => !quick || !test.endsWith('.process.ts'));
    child ??= await start();
    const abort = new AbortController();
    const { signal } = abort;
    child.send({ source, tests });
    const answer = await Promise.race([
      once(child, 'message', { signal }).then(([reply]) => reply),
      once(child, 'exit', { signal }).then(() => 'crash'),
      sleep(TIMEOUT_MS, 'timeout', { signal }),
    ]);
    abort.abort();
    if (typeof answer === 'string') {
      close();
      return answer;
    }
    if (answer.killedBy !== undefined && !answer.read)
      throw new Error(`${answer.killedBy} failed without loading ${file}`);
    return answer.killedBy;
  };

  return {
    root,
    /** What fails with a file as it is. */
    failureOf,

    /**
     * Whether something fails with another text of the file.
     *
     * @param {string} file
     * @param {string} text
     */
    isKilled: async (file, text) => {
      const source = path.join(root, 'src', file);
      const original = readFileSync(source, 'utf8');
      writeFileSync(source, text);
      try {
        return (await failureOf(file)) !== undefined;
      } finally {
        writeFileSync(source, original);
      }
    },
    close,
  };
};
