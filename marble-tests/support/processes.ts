import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Whether a process runs: a zombie does not. */
export const isAlive = (pid: number): boolean => {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
};

/** Looks until it is so; the test's own time limit is the limit. */
export const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await sleep(5);
};

/**
 * The running processes whose environment has this HOME, and their arguments: of a lab's variables
 * it is the one that codex passes on to all.
 */
export const processesOf = (
  home: string,
): { readonly pid: number; readonly args: readonly string[] }[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const environ = readFileSync(`/proc/${name}/environ`, 'latin1').split('\0');
        if (!environ.includes(`HOME=${home}`)) return [];
        return [
          { pid: Number(name), args: readFileSync(`/proc/${name}/cmdline`, 'latin1').split('\0') },
        ];
      } catch {
        return [];
      }
    });
