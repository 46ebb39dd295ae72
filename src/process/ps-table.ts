import { spawnSync } from 'node:child_process';
import type { ProcessEntry, ProcessTable } from './process-entry.js';

/** The columns of `ps`; without titles, as `=` asks. */
const COLUMNS = 'pid=,ppid=,pgid=,stat=,lstart=';
const ROW = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S.*?)\s*$/;

/**
 * The table that `ps` prints, for systems without `/proc`, such as macOS. A process has no marker
 * there, and its group stands for its session: `ps` shows no session. Start times are seconds
 * since 1970. `run` returns what `ps` prints with some arguments, empty when it cannot be started.
 */
export const createPsTable = (run = runPs): ProcessTable => {
  const read = (args: readonly string[]): ProcessEntry[] =>
    run([...args, '-o', COLUMNS])
      .split('\n')
      .flatMap(entryOf);
  const readProcess = (pid: number): ProcessEntry | undefined => read(['-p', String(pid)])[0];
  let hasPs: boolean | undefined;
  return {
    isOwn: () => (hasPs ??= readProcess(process.pid) !== undefined),
    showsSessions: false,
    readProcess,
    listProcesses: () => {
      const processes = read(['-ax']);
      // A list without any process is one that failed: `isOwn` asks anew.
      hasPs = processes.length > 0 ? true : undefined;
      return processes;
    },
    hasMarker: () => false,
    readsPipe: () => false,
    isRunning: ({ pid, startTime }) => readProcess(pid)?.startTime === startTime,
  };
};

const entryOf = (line: string): ProcessEntry[] => {
  const [, pid, parent, session, state = '', start = ''] = ROW.exec(line) ?? [];
  const startTime = Date.parse(`${start} UTC`) / 1_000;
  return Number.isNaN(startTime) || state.startsWith('Z')
    ? []
    : [{ pid: Number(pid), parent: Number(parent), session: Number(session), startTime }];
};

const runPs = (args: readonly string[]): string => {
  const { stdout, error } = spawnSync('ps', [...args], {
    env: { PATH: '/bin:/usr/bin', LC_ALL: 'C', TZ: 'UTC' },
    encoding: 'utf8',
    maxBuffer: 16 * 1024 * 1024,
  });
  return error === undefined ? stdout : '';
};
