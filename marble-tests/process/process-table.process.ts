import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lookAtTree } from '../../src/process/end-tree.js';
import { createProcessTable, processTable } from '../../src/process/process-table.js';
import { killTree, NO_PID, type Root, rootOf } from '../../src/process/process-tree.js';
import { MARKER } from '../../src/process/start.js';
import { isAlive, until } from '../support/processes.js';

let proc = '';
let child: ChildProcess;
let root: Root;

beforeEach(() => {
  proc = mkdtempSync(path.join(tmpdir(), 'proc-'));
  const marker = randomUUID();
  child = spawn('sleep', ['1000'], {
    env: { PATH: process.env['PATH'], [MARKER]: marker },
    stdio: 'ignore',
    detached: true,
  });
  root = rootOf(child.pid ?? 0, `${MARKER}=${marker}`);
});
afterEach(() => {
  child.kill('SIGKILL');
  rmSync(proc, { recursive: true, force: true });
});

/** A folder like /proc, where this process has `pids` and the child its real entry. */
const tableWith = (line: string) => {
  mkdirSync(path.join(proc, 'self'));
  writeFileSync(path.join(proc, 'self/status'), `Name:\tnode\n${line}\nThreads:\t1\n`);
  symlinkSync(`/proc/${root.pid}`, path.join(proc, String(root.pid)));
  return createProcessTable(proc);
};
const isKilled = (): boolean => !isAlive(root.pid);

describe('a process table', () => {
  it('lists the processes of this machine', () => {
    expect(processTable.listProcesses().map(({ pid }) => pid)).toContain(process.pid);
    expect(processTable.isOwn()).toBe(true);
  });

  it.each([
    ['this pid namespace', `NSpid:\t${process.pid}`],
    ['a kernel that lists no namespaces', `Pid:\t${process.pid}`],
  ])('of %s is used', async (_, line) => {
    const table = tableWith(line);

    expect(table.isRunning(root)).toBe(true);
    expect(killTree(root, table)).toBe(1);
    await until(isKilled);
  });

  it.each([
    ['an outer pid namespace', `NSpid:\t40\t${process.pid}`],
    ['an outer pid namespace with the same pid', `NSpid:\t${process.pid}\t${process.pid}`],
    ['another pid namespace', 'NSpid:\t0'],
    ['another pid namespace without a list', `Pid:\t${process.pid + 1}`],
  ])('of %s is empty, and no signal is sent by it', (_, line) => {
    const table = tableWith(line);

    expect([table.listProcesses(), table.readProcess(root.pid)]).toEqual([[], undefined]);
    expect(table.hasMarker(root.pid, root.marker)).toBe(false);
    expect(killTree({ ...root, leftover: true }, table)).toBe(0);
    expect(killTree({ ...root, pid: NO_PID }, table)).toBe(0);
    expect(isKilled()).toBe(false);
  });
});

describe('killTree without a table', () => {
  it('kills the process group of the root', async () => {
    const table = createProcessTable(proc);

    expect(killTree(root, table)).toBe(1);
    await until(() => killTree(root, table) === 0);
    expect(isKilled()).toBe(true);
  });

  it('kills that group also when a table can no longer be read', async () => {
    const table = tableWith(`NSpid:\t${process.pid}`);
    expect(table.isOwn()).toBe(true);
    rmSync(proc, { recursive: true });

    expect(lookAtTree(root, root.pid, table)).toEqual({ isGone: false, finishing: 1 });
    expect(killTree(root, table)).toBe(1);
    await until(() => killTree(root, table) === 0);
    expect(isKilled()).toBe(true);
  });
});
