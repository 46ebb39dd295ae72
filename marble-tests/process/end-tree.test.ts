import { describe, expect, it } from 'vitest';
import { countFinishing, lookAtTree } from '../../src/process/end-tree.js';
import type { ProcessEntry, ProcessTable } from '../../src/process/process-entry.js';
import type { Root } from '../../src/process/process-tree.js';

/** Processes of the session of a codex that has exited. */
const inSession = (pid: number, parent: number): ProcessEntry => ({
  pid,
  parent,
  session: 100,
  startTime: 10,
});
const NOTIFY = inSession(101, 1);
const SERVER = inSession(102, 1);
const BROWSER = inSession(103, 102);

const codex = (): Root => ({
  pid: 100,
  startTime: 10,
  marker: 'M=1',
  seen: new Map(),
  left: new Map(),
});

const tableOf = (
  processes: readonly ProcessEntry[],
  pipes: readonly ProcessEntry[] = [],
): ProcessTable & { readonly lists: () => number } => {
  let lists = 0;
  return {
    lists: () => lists,
    isOwn: () => true,
    showsSessions: true,
    readProcess: (pid) => processes.find((one) => one.pid === pid),
    listProcesses: () => {
      lists += 1;
      return [...processes];
    },
    hasMarker: () => false,
    readsPipe: (pid) => pipes.some((one) => one.pid === pid),
    isRunning: ({ pid }) => processes.some((one) => one.pid === pid),
  };
};

const left = (processes: readonly ProcessEntry[], pipes: readonly ProcessEntry[]): number =>
  countFinishing(codex(), tableOf(processes, pipes));

describe('countFinishing', () => {
  it('counts a process that reads no pipe, as notify does', () => {
    expect(left([NOTIFY], [])).toBe(1);
  });

  it('leaves out a server, which reads a pipe, and what it has started', () => {
    expect(left([NOTIFY, SERVER, BROWSER], [SERVER])).toBe(1);
    expect(left([SERVER, BROWSER], [SERVER])).toBe(0);
  });

  it('is 0 when no process is left', () => {
    expect(left([], [])).toBe(0);
  });
});

describe('lookAtTree', () => {
  const DAEMON: ProcessEntry = { ...NOTIFY, session: NOTIFY.pid };

  it.each([
    ['no process', [], { isGone: true, finishing: 0 }],
    ['a process that finishes', [NOTIFY], { isGone: false, finishing: 1 }],
  ] as const)('lists the processes once, with %s', (_what, processes, expected) => {
    const table = tableOf(processes);

    expect(lookAtTree(codex(), 100, table)).toEqual(expected);
    expect(table.lists()).toBe(1);
  });

  it('lets the daemons go', () => {
    const root = codex();
    root.seen.set(DAEMON.pid, DAEMON.startTime);

    expect(lookAtTree(root, 100, tableOf([DAEMON]))).toEqual({ isGone: false, finishing: 0 });
    expect([...root.left]).toEqual([[DAEMON.pid, DAEMON.startTime]]);
    expect(lookAtTree(root, 100, tableOf([DAEMON]))).toEqual({ isGone: true, finishing: 0 });
  });

  it('does not take a tree for gone where there is no table', () => {
    const table = { ...tableOf([]), isOwn: () => false };

    expect(lookAtTree({ ...codex(), pid: -1 }, 100, table)).toEqual({
      isGone: false,
      finishing: 0,
    });
  });
});
