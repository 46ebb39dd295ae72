import { spawn } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { livingTree, type Root, signalProcess } from '../../src/process/process-tree.js';
import { createPsTable } from '../../src/process/ps-table.js';
import { until } from '../support/processes.js';

const table = createPsTable();
const started: number[] = [];
afterEach(() => {
  for (const pid of started.splice(0)) signalProcess(pid, 'SIGKILL');
});

/** A shell in a session of its own with two children, one of them in another session. */
const start = (): Root => {
  const { pid = 0 } = spawn('sh', ['-c', 'sleep 993 & setsid sleep 994 & wait'], {
    detached: true,
    stdio: 'ignore',
  });
  started.push(pid);
  const startTime = table.readProcess(pid)?.startTime ?? 0;
  return { pid, startTime, marker: 'NONE=1', seen: new Map(), left: new Map() };
};

describe('createPsTable', () => {
  it('finds the tree of a process, also once its parent is gone', async () => {
    const root = start();
    await until(() => livingTree(root, table).length === 3);
    const tree = livingTree(root, table);
    started.push(...tree);

    signalProcess(root.pid, 'SIGKILL');
    await until(() => !livingTree(root, table).includes(root.pid));
    expect(livingTree(root, table).toSorted()).toEqual(
      tree.filter((pid) => pid !== root.pid).toSorted(),
    );
  });

  it('tells a process from a later one with its pid', () => {
    const { pid, startTime } = start();
    expect(table.isRunning({ pid, startTime })).toBe(true);
    expect(table.isRunning({ pid, startTime: startTime - 60 })).toBe(false);
  });

  it('is empty when ps cannot be started, and leaves zombies out', () => {
    expect(createPsTable(() => '').listProcesses()).toEqual([]);
    expect(createPsTable(() => '').isOwn()).toBe(false);
    expect(table.isOwn()).toBe(true);
    const rows = ' 7 1 7 Ss Sun Nov 29 16:40:19 2026\n 8 7 7 Z Sun Nov 29 16:40:20 2026\n';
    expect(createPsTable(() => rows).listProcesses()).toEqual([
      { pid: 7, parent: 1, session: 7, startTime: Date.UTC(2026, 10, 29, 16, 40, 19) / 1_000 },
    ]);
  });

  it('is not the table of this process while ps cannot be started, and is so afterwards', () => {
    let printed = `${process.pid} 1 7 Ss Sun Nov 29 16:40:19 2026\n`;
    const rows = printed;
    const failing = createPsTable(() => printed);
    const isOwnAfterList = (): boolean => {
      failing.listProcesses();
      return failing.isOwn();
    };
    expect(isOwnAfterList()).toBe(true);
    printed = '';
    expect(isOwnAfterList()).toBe(false);
    printed = rows;
    expect(isOwnAfterList()).toBe(true);
  });
});
