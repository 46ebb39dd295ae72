import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Whether a process runs. A zombie does not. */
export const isAlive = (pid: number): boolean => {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
};

/** Polls until a condition holds. The timeout of the test is the limit. */
export const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await sleep(5);
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
