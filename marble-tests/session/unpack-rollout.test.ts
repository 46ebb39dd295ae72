import { execFileSync } from 'node:child_process';
import {
  existsSync,
  type linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { lastValueFrom } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RolloutError } from '../../src/codex/rollout/find-rollout.js';
import { unpackRollout } from '../../src/session/unpack-rollout.js';
import { zstdFrame } from '../support/zstd.js';

let folder = '';
let file = '';
const unpack = (link?: typeof linkSync) =>
  lastValueFrom(unpackRollout(`${file}.zst`, link), { defaultValue: 'done' });

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'unpack-'));
  file = path.join(folder, 'rollout-x.jsonl');
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A frame of one line that names the size of its content, which is `missing` bytes more. */
const sized = (missing: number): Buffer => {
  const line = Buffer.from('{"type":"event_msg"}\n');
  const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, line.length + missing]);
  const block = Buffer.alloc(3);
  block.writeUIntLE((line.length << 3) | 1, 0, 3);
  return Buffer.concat([header, block, line]);
};

/** The files that this process has open. */
const openFiles = (): string[] =>
  readdirSync('/proc/self/fd').flatMap((name) => {
    try {
      return [readlinkSync(`/proc/self/fd/${name}`)];
    } catch {
      return [];
    }
  });

describe('unpackRollout', () => {
  it('unpacks a frame that names the size of its content', async () => {
    writeFileSync(`${file}.zst`, sized(0));

    await unpack();
    expect(readFileSync(file, 'utf8')).toBe('{"type":"event_msg"}\n');
  });

  it('renames the file where the file system has no hard links', async () => {
    writeFileSync(`${file}.zst`, zstdFrame(Buffer.from('{}\n')));

    await unpack(() => {
      throw new Error('EPERM: operation not permitted, link');
    });
    expect(readFileSync(file, 'utf8')).toBe('{}\n');
    expect(readdirSync(folder).filter((name) => name.startsWith('rollout'))).toEqual([
      'rollout-x.jsonl',
    ]);
  });

  it('leaves a file that another process unpacks in the same moment', async () => {
    writeFileSync(`${file}.zst`, zstdFrame(Buffer.from('{}\n')));

    await unpack((_from, to) => {
      writeFileSync(to, '{}\n{"new":1}\n');
      throw new Error('EEXIST: file already exists, link');
    });
    expect(readFileSync(file, 'utf8')).toBe('{}\n{"new":1}\n');
  });

  it.runIf(process.platform === 'linux')(
    'closes the packed file when nothing can be written beside it',
    async () => {
      writeFileSync(`${file}.zst`, zstdFrame(Buffer.from('{}\n')));
      const namespace = /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0];
      mkdirSync(path.join(`${file}.${namespace}-${process.pid}.tmp`, 'taken'), { recursive: true });

      await expect(unpack()).rejects.toThrow('EEXIST');
      expect(openFiles()).not.toContain(`${file}.zst`);
    },
  );

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
    writeFileSync(`${file}.zst`, zstdFrame(Buffer.from('{}\n')));
    writeFileSync(file, 'old\nnew\n');

    await unpack();
    expect(readFileSync(file, 'utf8')).toBe('old\nnew\n');
  });

  it.each([
    ['is no zstd', Buffer.from('just text, and no frame')],
    ['ends within a line', zstdFrame(Buffer.from('{"a":1}\n{"b":2}'))],
    ['ends with a line that is no record', zstdFrame(Buffer.from('{"a":1}\n{"b":\n'))],
    ['ends within a long line', zstdFrame(Buffer.from(`{"a":"${'x'.repeat(300_000)}\n`))],
    ['is shorter than it says', sized(4)],
    ['is cut off', zstdFrame(Buffer.from('x'.repeat(200_000))).subarray(0, 150_000)],
  ])('fails for a packed file that %s, and keeps it', async (_what, bytes) => {
    writeFileSync(`${file}.zst`, bytes);

    const words = `${file}.zst is damaged: `;
    await expect(unpack()).rejects.toSatisfy((error) => error instanceof RolloutError);
    await expect(unpack()).rejects.toThrow(words);
    expect(existsSync(file)).toBe(false);
    expect(readFileSync(`${file}.zst`)).toEqual(bytes);
  });

  it('fails for a pipe in the place of a packed file, which nobody writes', async () => {
    execFileSync('mkfifo', [`${file}.zst`]);

    await expect(unpack()).rejects.toThrow('is empty; put back a copy of it, or let the next turn');
  });

  it('fails with the error of the system for a folder in the place of a packed file', async () => {
    mkdirSync(`${file}.zst`);

    await expect(unpack()).rejects.toMatchObject({ code: 'EISDIR' });
  });
});
