import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';

/** Whether a process runs. A zombie does not. */
export const isAlive = (pid: number): boolean => {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
};

/**
 * Milliseconds after which a wait of a test hangs: less than a test may take, and far more than
 * anything needs on a busy machine.
 */
const WAIT_MS = 120_000;

/** What did not come, and what there is instead. Its stack begins where the wait does. */
const missing = (what: string, seen: () => unknown, wait: (...args: never) => unknown) => {
  const error = new Error();
  Error.captureStackTrace(error, wait);
  return (): Error => {
    error.message = `waited for what never came: ${what}\nthere is: ${inspect(seen())}`;
    return error;
  };
};

/** Polls until a condition holds. When it never does, fails with its text and what is `seen`. */
export const until = async (
  isSo: () => boolean,
  seen: () => unknown = () => undefined,
  ms = WAIT_MS,
): Promise<void> => {
  const failure = missing(String(isSo), seen, until);
  const end = performance.now() + ms;
  while (!isSo()) {
    if (performance.now() > end) throw failure();
    await sleep(5);
  }
};

/** What the promise resolves to. When it never does, fails with `what` and with what is `seen`. */
export const inTime = async <T>(
  what: string,
  promise: Promise<T>,
  seen: () => unknown = () => undefined,
  ms = WAIT_MS,
): Promise<T> => {
  const failure = missing(what, seen, inTime);
  const waiting = new AbortController();
  const expired = sleep(ms, undefined, { ref: false, signal: waiting.signal }).then(() => {
    throw failure();
  });
  try {
    return await Promise.race([promise, expired]);
  } finally {
    waiting.abort();
  }
};

export interface Process {
  readonly pid: number;
  readonly parent: number;
  /** Of a process that another one has just started, until it runs its program: those of both. */
  readonly args: readonly string[];
}

/**
 * The running processes with this HOME. HOME is the one variable of a lab that codex passes on to
 * every process.
 */
export const processesOf = (home: string): Process[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const environ = readFileSync(`/proc/${name}/environ`, 'latin1').split('\0');
        if (!environ.includes(`HOME=${home}`)) return [];
        const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
        return [
          {
            pid: Number(name),
            parent: Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]),
            args: readFileSync(`/proc/${name}/cmdline`, 'latin1').split('\0'),
          },
        ];
      } catch {
        return [];
      }
    });

/** The TCP ports on which a process listens. */
export const portsOf = (pid: number): number[] => {
  const fds = `/proc/${pid}/fd`;
  const files = new Set(readdirSync(fds).map((fd) => linkOf(path.join(fds, fd))));
  return readFileSync('/proc/net/tcp', 'latin1')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === '0A' && files.has(`socket:[${inode}]`))
    .map(([, address = '']) => Number.parseInt(address.split(':')[1] ?? '', 16));
};

const linkOf = (file: string): string => {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
};
