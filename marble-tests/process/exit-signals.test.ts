import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readInterruptibly } from '../../src/process/exit-signals.js';

let folder = '';
let file = '';
const handler = (): void => undefined;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'exit-signals-'));
  file = path.join(folder, 'file');
  process.on('SIGTERM', handler);
});

afterEach(() => {
  process.off('SIGTERM', handler);
  rmSync(folder, { recursive: true, force: true });
});

const isHandled = (): boolean => process.listeners('SIGTERM').includes(handler);

describe('readInterruptibly', () => {
  it('leaves the handlers of signals while it reads a regular file, so that no signal is lost', () => {
    writeFileSync(file, 'text');
    expect(readInterruptibly(file, () => String(isHandled()))).toBe('true');
    expect(readInterruptibly(file)).toBe('text');
  });

  it('takes the handlers of signals off while it reads a pipe', () => {
    execFileSync('mkfifo', [file]);
    expect(readInterruptibly(file, () => String(isHandled()))).toBe('false');
    expect(isHandled()).toBe(true);
  });

  it('puts the handlers back when the read fails', () => {
    const read = (): never => {
      throw new Error('EISDIR');
    };
    expect(() => readInterruptibly(folder, read)).toThrow('EISDIR');
    expect(isHandled()).toBe(true);
  });
});
