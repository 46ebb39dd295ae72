import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { lastValueFrom } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unpackRollout } from '../../src/session/unpack-rollout.js';
import { zstdFrame } from '../support/zstd.js';

let folder = '';
let file = '';
const unpack = () => lastValueFrom(unpackRollout(`${file}.zst`), { defaultValue: 'done' });

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'unpack-'));
  file = path.join(folder, 'rollout-x.jsonl');
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('unpackRollout', () => {
  it.each([0, 1, 40, 10_000])('unpacks %i lines and removes the packed file', async (lines) => {
    const text = '{"type":"event_msg","payload":{"type":"ä"}}\n'.repeat(lines);
    writeFileSync(`${file}.zst`, zstdFrame(Buffer.from(text)));

    expect(await unpack()).toBe('done');
    expect(readFileSync(file, 'utf8')).toBe(text);
    expect(readdirSync(folder).filter((name) => name.startsWith('rollout'))).toEqual([
      'rollout-x.jsonl',
    ]);
  });

  it('leaves a file that another process has unpacked', async () => {
    writeFileSync(`${file}.zst`, zstdFrame(Buffer.from('old\n')));
    writeFileSync(file, 'old\nnew\n');

    await unpack();
    expect(readFileSync(file, 'utf8')).toBe('old\nnew\n');
  });

  it.each([
    ['is no zstd', Buffer.from('just text, and no frame')],
    ['is cut off', zstdFrame(Buffer.from('x'.repeat(200_000))).subarray(0, 150_000)],
  ])('fails for a packed file that %s, and keeps it', async (_what, bytes) => {
    writeFileSync(`${file}.zst`, bytes);

    await expect(unpack()).rejects.toThrow();
    expect(existsSync(file)).toBe(false);
    expect(readFileSync(`${file}.zst`)).toEqual(bytes);
  });
});
