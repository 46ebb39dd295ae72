import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { foreignPlatform } from '../../../src/codex/exec/foreign-program.js';

const root = mkdtempSync(path.join(tmpdir(), 'foreign-'));
afterAll(() => rmSync(root, { recursive: true }));

/** The header of ELF, up to the machine. */
const elf = (machine: number): Buffer => {
  const head = Buffer.alloc(64);
  head.write('\x7fELF\x02\x01\x01', 'latin1');
  head.writeUInt16LE(machine, 18);
  return head;
};
const [own, other] = process.arch === 'arm64' ? [183, 62] : [62, 183];

describe.runIf(process.platform === 'linux')('foreignPlatform', () => {
  it.each([
    ['another machine', elf(other), process.arch === 'arm64' ? 'Linux on x64' : 'Linux on arm64'],
    ['this machine', elf(own), undefined],
    ['a machine that it does not know', elf(243), undefined],
    ['macOS', Buffer.from('cffaedfe0c000001', 'hex'), 'macOS'],
    ['two machines of macOS', Buffer.from('cafebabe00000002', 'hex'), 'macOS'],
    ['Windows', Buffer.from('MZ\x90\0', 'latin1'), 'Windows'],
    ['any machine', Buffer.from('#!/bin/sh\n'), undefined],
    ['no machine, being cut', elf(other).subarray(0, 19), undefined],
    ['no machine, being empty', Buffer.alloc(0), undefined],
  ])('judges a program for %s', (_what, content, platform) => {
    const file = path.join(root, 'program');
    writeFileSync(file, content);

    expect(foreignPlatform(file)).toBe(platform);
  });

  it('knows nothing of what it cannot read', () => {
    expect(foreignPlatform(path.join(root, 'absent'))).toBeUndefined();
    expect(foreignPlatform(root)).toBeUndefined();
  });
});
