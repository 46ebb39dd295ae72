import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { realPath } from '../../src/process/files.js';
import {
  CreateWorkspaceError,
  checkWorkspace,
  createWorkspace,
  WorkspaceError,
} from '../../src/process/workspace.js';

const folder = realPath(mkdtempSync(path.join(tmpdir(), 'plexum-workspace-')));
const at = (name: string): string => path.join(folder, name);
mkdirSync(at('there'));
writeFileSync(at('file'), '');
symlinkSync(at('nowhere'), at('dangling'));
symlinkSync(at('loop'), at('loop'));
symlinkSync(at('there'), at('link'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('createWorkspace', () => {
  it('creates the workspace and its parents, each with mode 0755 less the umask', () => {
    createWorkspace(at('a/b/c'));
    // The umask takes nothing from the owner, and may take the rest.
    for (const name of ['a', 'a/b', 'a/b/c']) {
      const { mode } = statSync(at(name));
      expect([mode & 0o700, mode & 0o022]).toEqual([0o700, 0]);
    }
  });

  it('leaves a directory as it is, also behind a link', () => {
    const before = statSync(at('there')).mode;
    createWorkspace(at('there'));
    createWorkspace(at('link'));
    expect(statSync(at('there')).mode).toBe(before);
  });

  it.each([
    ['file', 'file is no directory; correct'],
    ['file/below/it', 'cannot be created: FOLDER/file is no directory; correct'],
    ['dangling', 'dangling is a link that leads to no directory; correct'],
    ['dangling/below', 'cannot be created: FOLDER/dangling is a link that leads to no directory'],
    ['x'.repeat(300), 'cannot be created: ENAMETOOLONG'],
  ])('says what stands in the way of %.14s', (name, words) => {
    expect(() => createWorkspace(at(name))).toThrow(CreateWorkspaceError);
    expect(() => createWorkspace(at(name))).toThrow(words.replace('FOLDER', folder));
  });

  it('returns where a folder takes no folder, as /proc', () => {
    expect(() => createWorkspace('/proc/plexum/workspace')).toThrow(
      /^the agent workspace \/proc\/plexum\/workspace cannot be created: E/,
    );
  });
});

describe('checkWorkspace', () => {
  it('refuses a path that is not a directory, and creates nothing', () => {
    expect(() => checkWorkspace(at('new'))).toThrow(WorkspaceError);
    expect(() => statSync(at('new'))).toThrow('ENOENT');
    checkWorkspace(at('link'));
  });

  it.each([
    ['new', 'new is not a directory; create it'],
    ['file', 'file is not a directory; create it'],
    ['file/below', 'below does not exist: a part of its path is no folder; create it'],
    ['dangling', 'dangling is a symbolic link to a path that does not exist; create it'],
    ['loop', 'loop is a symbolic link in a loop of links; create it'],
    ['x'.repeat(300), 'has a longer name than the system takes; create it'],
  ])('says what is wrong with %.14s', (name, words) => {
    expect(() => checkWorkspace(at(name))).toThrow(words);
  });
});

describe('a workspace that this user may not enter', () => {
  /** Root may enter every directory. */
  const asNobody = (run: () => void): void => {
    const isRoot = process.getuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534);
    try {
      run();
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  };
  const closed = at('closed');
  mkdirSync(closed);
  chmodSync(folder, 0o755);
  chmodSync(closed, 0o600);

  it.each([
    ['createWorkspace', createWorkspace, CreateWorkspaceError],
    ['checkWorkspace', checkWorkspace, WorkspaceError],
  ])('is refused by %s', (_name, use, type) => {
    asNobody(() => {
      expect(() => use(closed)).toThrow(type);
      // The second where this user may not even enter the folder for temporary files.
      expect(() => use(closed)).toThrow(
        /closed cannot be (reached: this user may not enter|created: EACCES)/,
      );
    });
  });
});

describe('realPath', () => {
  it('puts what does not exist behind the real path of its parent', () => {
    expect(realPath(at('link/new/er'))).toBe(at('there/new/er'));
    expect(realPath('/nowhere/at/all')).toBe('/nowhere/at/all');
  });
});
