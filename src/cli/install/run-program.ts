import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readdirSync } from 'node:fs';
import { homeOf, type Owner } from './owner.js';

/** Milliseconds for a program to print its version: codex takes 10, as an npm script 130. */
const TIMEOUT_MS = 10_000;

/** Bytes that a program may print. */
const MAX_OUTPUT_BYTES = 64 * 1024;

/**
 * Runs a program and returns what it printed, and why it failed. With an owner the program is
 * theirs, and gets nothing of root: it runs with the owner's uid, in a session of its own (without
 * a terminal), with PATH, HOME and LANG only, and without open descriptors of this process. What
 * the program leaves running in its group is killed.
 */
export const runProgram = (
  file: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  owner?: Owner,
): { readonly stdout: string; readonly problem: string | undefined } => {
  const nothing = openSync('/dev/null', 'r+');
  try {
    const options = {
      ...(owner === undefined ? { env } : restrict(env, owner)),
      // A session of its own. The option works for spawnSync too, and is only not documented there.
      detached: true,
      encoding: 'utf8',
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
      maxBuffer: MAX_OUTPUT_BYTES,
      stdio: [nothing, 'pipe', 'pipe', ...inheritable().map(() => nothing)],
    } as const;
    const { pid, status, stdout, stderr, error } = spawnSync(file, args, {
      ...options,
      stdio: [...options.stdio],
    });
    killGroup(pid);
    const problem = error?.message ?? (status === 0 ? undefined : stderr.trim());
    return { stdout, problem };
  } finally {
    closeSync(nothing);
  }
};

const restrict = (env: NodeJS.ProcessEnv, owner: Owner) => ({
  uid: owner.uid,
  gid: owner.gid,
  cwd: '/',
  env: { PATH: env['PATH'] ?? '', HOME: homeOf(owner), LANG: env['LANG'] ?? 'C' },
});

/**
 * The descriptors from 3 to the highest open one. Node passes on those that it inherited itself,
 * for instance a file that root's shell has open.
 */
const inheritable = (): number[] => {
  const highest = Math.max(...readdirSync('/dev/fd').map(Number));
  return Array.from({ length: Math.max(0, highest - 2) }, (_, nth) => nth + 3);
};

const killGroup = (pid: number): void => {
  try {
    if (pid > 0) process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing is left of the group.
  }
};
