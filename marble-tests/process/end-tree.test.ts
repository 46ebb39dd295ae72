import { describe, expect, it } from 'vitest';
import { countFinishing } from '../../src/process/end-tree.js';
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

const left = (processes: readonly ProcessEntry[], pipes: readonly ProcessEntry[]): number => {
  const root: Root = { pid: 100, startTime: 10, marker: 'M=1', seen: new Map(), left: new Map() };
  const table: ProcessTable = {
    isOwn: () => true,
    showsSessions: true,
    readProcess: (pid) => processes.find((one) => one.pid === pid),
    listProcesses: () => [...processes],
    hasMarker: () => false,
    readsPipe: (pid) => pipes.some((one) => one.pid === pid),
    isRunning: ({ pid }) => processes.some((one) => one.pid === pid),
  };
  return countFinishing(root, table);
};

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
