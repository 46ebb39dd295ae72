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

/** @param {string} name */
export const openCheckout = (name) => {
  const root = path.join(project, '.cache', 'mutants', name);
  copyProject(root);
  /** @type {import('node:child_process').ChildProcess | undefined} */
  let child;
  const start = async () => {
    const started = fork(runner, { cwd: root, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    await once(started, 'message');
    return started;
  };
  const close = () => {
    child?.kill('SIGKILL');
    child = undefined;
  };

  /**
   * Runs the tests of a file, and resolves whether they fail. A crash and an endless loop count as
   * failures.
   *
   * @param {string} file Below src/.
   * @returns {Promise<boolean>}
   */
  const fails = async (file) => {
    const source = path.join(root, 'src', file);
    const tests = testsOf(root, source);
    child ??= await start();
    const abort = new AbortController();
    const { signal } = abort;
    child.send({ source, tests });
    const answer = await Promise.race([
      once(child, 'message', { signal }).then(([reply]) => reply),
      once(child, 'exit', { signal }).then(() => undefined),
      sleep(TIMEOUT_MS, undefined, { signal }),
    ]);
    abort.abort();
    if (answer === undefined) {
      close();
      return true;
    }
    if (answer.killedBy !== undefined && !answer.read)
      throw new Error(`${answer.killedBy} failed without loading ${file}`);
    return answer.killedBy !== undefined;
  };

  return {
    /** Whether the tests of a file fail as it is. @param {string} file */
    isBroken: fails,

    /**
     * Whether the tests of a file fail with another text.
     *
     * @param {string} file
     * @param {string} text
     */
    isKilled: async (file, text) => {
      const source = path.join(root, 'src', file);
      const original = readFileSync(source, 'utf8');
      writeFileSync(source, text);
      try {
        return await fails(file);
      } finally {
        writeFileSync(source, original);
      }
    },
    close,
  };
};
