import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { projectOf } from '../../src/codex/project.js';

let root = '';
const at = (...names: string[]): string => path.join(root, ...names);

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'project-'));
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

describe('projectOf', () => {
  const workspace = (): string => at('repository', 'packages', 'one');
  const folder = (...names: string[]): void => void mkdirSync(at(...names), { recursive: true });

  it('is the workspace when there is no repository', () => {
    folder('repository', 'packages', 'one', 'below', '.git');
    expect(projectOf(workspace())).toEqual([workspace()]);
  });

  it('is the workspace when that is the repository', () => {
    folder('repository', 'packages', 'one', '.git');
    expect(projectOf(workspace())).toEqual([workspace()]);
  });

  it('lists the folders up to the root of the repository', () => {
    folder('repository', '.git');
    expect(projectOf(workspace())).toEqual([
      workspace(),
      at('repository', 'packages'),
      at('repository'),
    ]);
  });

  it('stops at the nearest repository, even if its .git is a file', () => {
    folder('repository', '.git');
    folder('repository', 'packages');
    writeFileSync(at('repository', 'packages', '.git'), 'gitdir: elsewhere');
    expect(projectOf(workspace())).toEqual([workspace(), at('repository', 'packages')]);
  });

  it('is the root for the root', () => {
    expect(projectOf(path.parse(root).root)).toEqual([path.parse(root).root]);
  });
});
