import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { folderProblem, hasEntry, pathProblem } from '../../src/process/file-problem.js';

const folder = mkdtempSync(path.join(tmpdir(), 'plexum-problem-'));
const at = (name: string): string => path.join(folder, name);
mkdirSync(at('folder'));
writeFileSync(at('file'), '');
symlinkSync(at('folder'), at('link'));
symlinkSync(at('nowhere'), at('dangling'));
symlinkSync(at('b'), at('a'));
symlinkSync(at('a'), at('b'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LOOP = 'is a symbolic link in a loop of links';

describe('pathProblem', () => {
  it.each([
    ['file', undefined],
    ['link', undefined],
    ['absent', 'does not exist'],
    ['absent/below', 'does not exist'],
    ['file/below', 'does not exist: a part of its path is no folder'],
    ['dangling', 'is a symbolic link to a path that does not exist'],
    ['a', LOOP],
    ['x'.repeat(300), 'has a longer name than the system takes'],
    ['a\0b', expect.stringContaining('cannot be used: ')],
  ])('says why %.14s leads to nothing', (name, problem) => {
    expect(pathProblem(at(name))).toEqual(problem);
  });
});

describe('folderProblem', () => {
  it.each([
    ['link', undefined],
    ['file', 'is no folder'],
    ['b', LOOP],
    ['absent', 'does not exist'],
  ])('says why %s is no folder', (name, problem) => {
    expect(folderProblem(at(name))).toBe(problem);
  });
});

describe('hasEntry', () => {
  it.each([
    ['file', true],
    ['dangling', true],
    ['a', true],
    ['absent', false],
    ['a/below', false],
  ])('tells whether there is anything at %s', (name, isThere) => {
    expect(hasEntry(at(name))).toBe(isThere);
  });
});
