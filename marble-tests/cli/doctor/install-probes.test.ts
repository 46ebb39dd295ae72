import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { daemonFile, writeProblem } from '../../../src/cli/doctor/install-probes.js';

const folder = mkdtempSync(path.join(tmpdir(), 'plexum-probes-'));
const at = (name: string): string => path.join(folder, name);
writeFileSync(at('file'), '{}');
symlinkSync(at('loop'), at('loop'));
symlinkSync(at('nowhere'), at('dangling'));
execFileSync('mkfifo', [at('pipe')]);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('daemonFile', () => {
  it.each([
    ['file', '{}'],
    ['absent', undefined],
    ['dangling', undefined],
  ])('reads %s', (name, text) => {
    expect(daemonFile(at(name))).toEqual({ file: at(name), text });
  });

  it.each([
    ['loop', 'loop is a symbolic link in a loop of links'],
    ['file/below', 'below does not exist: a part of its path is no folder'],
    ['pipe', 'pipe is not a regular file'],
    ['.', 'is not a regular file'],
  ])('says why %s cannot be read, and waits for nobody', (name, words) => {
    expect(() => daemonFile(at(name))).toThrow(words);
  });
});

describe('writeProblem', () => {
  it.each([
    ['.', undefined],
    ['file', 'is no folder'],
    ['loop', 'is a symbolic link in a loop of links'],
    ['absent', 'does not exist'],
  ])('says why %s cannot be written', (name, problem) => {
    expect(writeProblem(at(name))).toBe(problem);
  });
});
