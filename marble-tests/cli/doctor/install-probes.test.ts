import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  daemonFile,
  makeProblem,
  writeProblem,
  writtenFolders,
} from '../../../src/cli/doctor/install-probes.js';

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

describe('makeProblem', () => {
  it.each([
    ['.', undefined],
    ['absent/and/below', undefined],
    ['file', 'is no folder'],
    ['file/below', 'does not exist: a part of its path is no folder'],
    ['dangling', 'is a symbolic link to a path that does not exist'],
    ['/proc/below', expect.stringMatching(/^cannot be made: \/proc: ENOENT/)],
  ])('says why %s cannot be written or made, and makes nothing', (name, problem) => {
    expect(makeProblem(path.resolve(folder, name))).toEqual(problem);
    expect(readdirSync(folder)).not.toContain('absent');
  });
});

describe('writtenFolders', () => {
  const today = new Date(2026, 0, 2);
  const folders = (codexHome: string, isNamed: boolean, recordDir?: string) =>
    writtenFolders({ codexHome, isNamed, recordDir, today }).map(
      ({ name, path: each, problem }) => [name, path.relative(folder, each), problem],
    );
  const temporary = ['TMPDIR', path.relative(folder, tmpdir()), undefined];

  it('looks at the day of the threads, and at the folder for records', () => {
    mkdirSync(at('home/sessions/2026'), { recursive: true });
    writeFileSync(at('home/sessions/2026/01'), '');
    expect(folders(at('home'), true, at('file'))).toEqual([
      ['CODEX_HOME', 'home', undefined],
      ['sessions', 'home/sessions/2026/01/02', 'does not exist: a part of its path is no folder'],
      temporary,
      ['record_dir', 'file', 'is no folder'],
    ]);
  });

  it('says nothing of a CODEX_HOME that codex itself refuses', () => {
    expect(folders(at('absent'), true)).toEqual([temporary]);
    expect(folders(at('file'), true)).toEqual([temporary]);
  });

  it('says the reason of an unnamed CODEX_HOME once', () => {
    expect(folders(at('file'), false)).toEqual([['CODEX_HOME', 'file', 'is no folder'], temporary]);
    expect(folders(at('absent'), false)).toEqual([
      ['CODEX_HOME', 'absent', undefined],
      ['sessions', 'absent/sessions/2026/01/02', undefined],
      temporary,
    ]);
  });
});
