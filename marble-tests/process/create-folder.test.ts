import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createFolder, temporaryFolder } from '../../src/process/create-folder.js';

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'plexum-folder-'));
});
afterAll(() => {
  rmSync(dir, { recursive: true });
});

describe('createFolder', () => {
  it('creates a folder with its parents, for its owner only, and may be called again', () => {
    const wanted = path.join(dir, 'a/b/c');
    createFolder(wanted);
    createFolder(wanted);
    expect([wanted, path.dirname(wanted)].map((each) => statSync(each).mode & 0o777)).toEqual([
      0o700, 0o700,
    ]);
  });

  it('throws where a folder takes no folder, as /proc', () => {
    expect(() => {
      createFolder('/proc/plexum/below');
    }).toThrow(/^E.*'\/proc\/plexum'$/);
  });

  it('throws for what is no folder, and names it', () => {
    writeFileSync(path.join(dir, 'file'), '');
    symlinkSync(path.join(dir, 'absent'), path.join(dir, 'link'));
    expect(() => {
      createFolder(path.join(dir, 'file/below'));
    }).toThrow(/^ENOTDIR/);
    expect(() => {
      createFolder(path.join(dir, 'link/below'));
    }).toThrow(`EEXIST: file already exists, mkdir '${path.join(dir, 'link')}'`);
  });
});

describe('temporaryFolder', () => {
  it('makes TMPDIR anew, for its owner only, where it is gone', () => {
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const wanted = path.join(dir, 'of/the daemon');
    vi.stubEnv('TMPDIR', wanted);
    expect(temporaryFolder()).toBe(wanted);
    expect(statSync(wanted).mode & 0o777).toBe(0o700);

    writeFileSync(path.join(dir, 'other'), '');
    vi.stubEnv('TMPDIR', path.join(dir, 'other/below'));
    expect(temporaryFolder()).toBe(path.join(dir, 'other/below'));
    expect(existsSync(temporaryFolder())).toBe(false);
  });
});
