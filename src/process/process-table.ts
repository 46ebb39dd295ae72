import { readFileSync, readlinkSync } from 'node:fs';
import { namesIn } from './files.js';
import type { ProcessEntry, ProcessTable } from './process-entry.js';
import { createPsTable } from './ps-table.js';

/** The table in the folder `proc`. A table that is not this process's own is empty. */
export const createProcessTable = (proc: string): ProcessTable => {
  // A failed read, for instance without free descriptors, is tried again.
  let own = false;
  const isOwn = (): boolean => (own ||= ownPid(proc) === process.pid);
  const readProcess = (pid: number): ProcessEntry | undefined => {
    if (!isOwn()) return undefined;
    try {
      // Node reads UTF-8 at once, and any other file of /proc through a buffer of 64 KiB.
      const stat = readFileSync(`${proc}/${pid}/stat`, 'utf8');
      // The name, in parentheses, may contain spaces and parentheses.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const at = (i: number): number => Number(fields[i - 3]);
      return fields[0] === 'Z' || fields[0] === 'X'
        ? undefined
        : { pid, parent: at(4), session: at(6), startTime: at(22) };
    } catch {
      return undefined;
    }
  };
  return {
    isOwn,
    showsSessions: true,
    readProcess,
    listProcesses: () => {
      if (!isOwn()) return [];
      const found = new Map<string, ProcessEntry | undefined>();
      // A process that exits while it is listed may have started another one meanwhile.
      for (let before = -1; before < found.size; ) {
        before = found.size;
        for (const name of pidsIn(proc))
          if (!found.has(name)) found.set(name, readProcess(Number(name)));
      }
      const processes = [...found.values()].filter((process) => process !== undefined);
      // Not even this process: the read failed, and an empty table would say that a tree is gone.
      own = processes.length > 0;
      return processes;
    },
    hasMarker: (pid, marker) => {
      if (!isOwn()) return false;
      try {
        return `\0${readFileSync(`${proc}/${pid}/environ`, 'utf8')}\0`.includes(`\0${marker}\0`);
      } catch {
        return false;
      }
    },
    readsPipe: (pid) => {
      try {
        return isOwn() && /^(?:pipe|socket):/.test(readlinkSync(`${proc}/${pid}/fd/0`));
      } catch {
        return false;
      }
    },
    isRunning: ({ pid, startTime }) => readProcess(pid)?.startTime === startTime,
  };
};

const pidsIn = (proc: string): string[] => namesIn(proc).filter((name) => /^\d/.test(name));

/**
 * The pid of this process in the table, when the table belongs to the pid namespace of this
 * process. The table of an outer namespace lists a pid for each namespace down to it.
 */
const ownPid = (proc: string): number | undefined => {
  try {
    const status = readFileSync(`${proc}/self/status`, 'latin1');
    // Linux before 4.1 has no NSpid.
    const pids = /^NSpid:(.*)$/m.exec(status)?.[1] ?? /^Pid:(.*)$/m.exec(status)?.[1] ?? '';
    return Number(pids.trim());
  } catch {
    return undefined;
  }
};

/** The table of this machine. */
export const processTable =
  process.platform === 'linux' ? createProcessTable('/proc') : createPsTable();
export const { readProcess, isRunning } = processTable;

/** Identifies the boot that start times are relative to. */
export const bootId = (): string => {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    return '';
  }
};
