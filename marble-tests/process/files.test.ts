import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { temporaryFolder } from '../../src/process/files.js';

describe('temporaryFolder', () => {
  it('makes TMPDIR anew, for its owner only, where it is gone', () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'plexum-files-'));
    onTestFinished(() => {
      vi.unstubAllEnvs();
      rmSync(dir, { recursive: true });
    });
    const wanted = path.join(dir, 'of/the daemon');
    vi.stubEnv('TMPDIR', wanted);
    expect(temporaryFolder()).toBe(wanted);
    expect(statSync(wanted).mode & 0o777).toBe(0o700);

    writeFileSync(path.join(dir, 'file'), '');
    vi.stubEnv('TMPDIR', path.join(dir, 'file/below'));
    expect(temporaryFolder()).toBe(path.join(dir, 'file/below'));
    expect(existsSync(temporaryFolder())).toBe(false);
  });
});
