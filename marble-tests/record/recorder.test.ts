import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRecordFolder } from '../../src/record/recorder.js';

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'plexum-records-'));
});
afterAll(() => {
  rmSync(dir, { recursive: true });
});

describe('createRecordFolder', () => {
  it('creates a folder with its parents, for its owner only, also for two turns at once', async () => {
    const wanted = path.join(dir, 'a/b');
    await Promise.all([createRecordFolder(wanted), createRecordFolder(wanted)]);
    expect(statSync(wanted).mode & 0o777).toBe(0o700);
  });

  it('fails where a folder takes no folder, as /proc, and below a file', async () => {
    await expect(createRecordFolder('/proc/plexum/below')).rejects.toThrow(/'\/proc\/plexum'$/);
    writeFileSync(path.join(dir, 'file'), '');
    await expect(createRecordFolder(path.join(dir, 'file/below'))).rejects.toThrow(/^ENOTDIR/);
  });
});
