import { describe, expect, it } from 'vitest';
import type { ProcessEntry, ProcessTable } from '../../src/process/process-entry.js';
import {
  isToolAlive,
  letDaemonsGo,
  livingTree,
  type Root,
} from '../../src/process/process-tree.js';

const entry = (pid: number, parent: number, session: number): ProcessEntry => ({
  pid,
  parent,
  session,
  startTime: 10,
});
const root = (): Root => ({
  pid: 100,
  startTime: 10,
  marker: 'M=1',
  seen: new Map(),
  left: new Map(),
});

/** A table with these processes, none of which has the marker. */
const tableOf = (processes: readonly ProcessEntry[]): ProcessTable => ({
  isOwn: () => true,
  showsSessions: true,
  readProcess: (pid) => processes.find((one) => one.pid === pid),
  listProcesses: () => [...processes],
  hasMarker: () => false,
  readsPipe: () => false,
  isRunning: ({ pid }) => processes.some((one) => one.pid === pid),
});

const CODEX = entry(100, 1, 100);
const DAEMON = entry(102, 1, 102);
const CHILD = entry(103, 102, 102);

describe('livingTree', () => {
  it('forgets the daemons that were let go and have exited, and keeps what they have started', () => {
    const tree = root();
    tree.seen.set(102, 10);
    letDaemonsGo(tree, CODEX.pid, tableOf([CODEX, DAEMON, CHILD]));
    expect([...tree.left.keys()].toSorted()).toEqual([102, 103]);

    expect(livingTree(tree, tableOf([CODEX, { ...CHILD, parent: 1 }]))).toEqual([100]);
    expect([...tree.left.keys()]).toEqual([103]);
  });

  it('keeps the daemons while no process can be listed', () => {
    const tree = root();
    tree.left.set(102, 10);

    expect(livingTree(tree, tableOf([]))).toEqual([]);
    expect([...tree.left.keys()]).toEqual([102]);
  });
});

describe('isToolAlive', () => {
  const SERVER = entry(104, CODEX.pid, CODEX.session);
  const BROWSER = entry(105, SERVER.pid, 105);
  const TOOL = entry(106, CODEX.pid, 106);

  it('sees a child of codex that has a session of its own', () => {
    expect(isToolAlive(root(), tableOf([CODEX, SERVER, TOOL]))).toBe(true);
  });

  it('leaves out servers and what they have started, daemons, and what has exited', () => {
    expect(isToolAlive(root(), tableOf([CODEX, SERVER, BROWSER, DAEMON, CHILD]))).toBe(false);
    expect(isToolAlive(root(), tableOf([]))).toBe(false);
  });

  it('sees none where the table shows groups instead of sessions', () => {
    const table = { ...tableOf([CODEX, TOOL]), showsSessions: false };
    expect(isToolAlive(root(), table)).toBe(false);
  });
});
