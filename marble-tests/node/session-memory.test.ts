import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { lastValueFrom } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fullThread, type StoredThread } from '../../src/codex/thread-id.js';
import { folderId, readSession, SESSION_FILE, writeSession } from '../../src/node/session-file.js';
import { createSessions } from '../../src/node/session-memory.js';
import { createBackgroundWork } from '../../src/process/background-work.js';

const ID = '01a1fb83-ff35-7422-9e00-a5a8974b6993';
const OTHER = '01a1fb58-5a98-7973-8b0a-074f22270974';

let folder = '';
let workspace = '';
let file = '';

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'session-memory-'));
  workspace = path.join(folder, 'w');
  file = path.join(workspace, SESSION_FILE);
  // A folder in the place of the file: also root cannot write it.
  mkdirSync(file, { recursive: true });
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const open = (options?: Parameters<typeof createSessions>[1]) => {
  const { readSession$, writeSession$ } = createSessions(createBackgroundWork(), options);
  return {
    read: (agent = 'ada', where = workspace): Promise<StoredThread> =>
      lastValueFrom(readSession$(where, agent)),
    write: (text: string, agent = 'ada', where = workspace): Promise<undefined> =>
      lastValueFrom(writeSession$(where, text, folderId(where), agent), {
        defaultValue: undefined,
      }),
  };
};

const complaint = expect.stringContaining('is not a regular file');
const UNWRITTEN =
  /^EISDIR.*; this process remembers it until it ends: remove .plexum-codex-session from the workspace$/;

describe('createSessions', () => {
  it('remembers what cannot be written for its agent and workspace, and says once what to do', async () => {
    const { read, write } = open();
    const other = path.join(folder, 'v');
    mkdirSync(path.join(other, SESSION_FILE), { recursive: true });
    expect(await read()).toEqual({ complaint });
    await expect(write(ID)).rejects.toThrow(UNWRITTEN);
    expect(await read()).toEqual({ threadId: ID });
    expect(await read('bob')).toEqual({ complaint });
    expect(await read('ada', other)).toEqual({ complaint });
    await write(OTHER);
    expect(await read()).toEqual({ threadId: OTHER });
    await write(fullThread(OTHER));
    expect(await read()).toEqual({ full: OTHER });
  });

  it('writes it once the file can be written, and forgets it', async () => {
    const { read, write } = open();
    await expect(write(ID)).rejects.toThrow();
    rmSync(file, { recursive: true });
    expect(await read()).toEqual({ threadId: ID });
    expect(readFileSync(file, 'utf8')).toBe(ID);
    rmSync(file);
    expect(await read()).toEqual({});
  });

  it.each([
    ['another thread', OTHER, { threadId: OTHER }],
    ['no thread', '', { complaint: expect.stringContaining('is empty') }],
  ])('forgets it when somebody has written %s', async (_what, text, stored) => {
    const { read, write } = open();
    await expect(write(ID)).rejects.toThrow();
    rmSync(file, { recursive: true });
    writeFileSync(file, text);
    expect(await read()).toEqual(stored);
    rmSync(file);
    expect(await read()).toEqual({});
  });

  /** Fails each write as a full disk does, or as a limit on open files does. */
  const failing = (code: 'ENOSPC' | 'EMFILE') => {
    const files = {
      isMended: false,
      fail: (): never => {
        throw Object.assign(new Error(`${code}: it is refused`), { code });
      },
      readSession: (where: string) =>
        code === 'EMFILE' && !files.isMended ? files.fail() : readSession(where),
      writeSession: (...what: Parameters<typeof writeSession>) =>
        files.isMended ? writeSession(...what) : files.fail(),
    };
    return files;
  };

  it('forgets it when somebody removes the thread that the file held, to begin anew', async () => {
    const { read, write } = open({ files: failing('ENOSPC') });
    rmSync(file, { recursive: true });
    writeFileSync(file, OTHER);
    await expect(write(ID)).rejects.toThrow(/; this process .*: free space on the disk$/);
    expect(await read()).toEqual({ threadId: ID });
    rmSync(file);
    expect(await read()).toEqual({});
  });

  it('forgets it once the file is written for another agent of the workspace', async () => {
    const { read, write } = open();
    await expect(write(ID, 'bob')).rejects.toThrow();
    rmSync(file, { recursive: true });
    await write(OTHER, 'ada');
    rmSync(file);
    expect(await read('bob')).toEqual({});
  });

  it('remembers a thread also when no descriptor is left to read the file', async () => {
    const files = failing('EMFILE');
    const { read, write } = open({ files });
    rmSync(file, { recursive: true });
    await expect(write(ID)).rejects.toThrow(/; this process .*: raise the limit of open files/);
    files.isMended = true;
    expect(await read()).toEqual({ threadId: ID });
    expect(readFileSync(file, 'utf8')).toBe(ID);
  });

  it('gives another folder at the path of the workspace nothing', async () => {
    const { read, write } = open();
    await expect(write(ID)).rejects.toThrow();
    renameSync(workspace, path.join(folder, 'moved'));
    mkdirSync(workspace);
    expect(await read()).toEqual({});
  });

  it('gives a workspace that was made anew nothing, though it may have the same inode', async () => {
    const { read, write } = open();
    await expect(write(ID)).rejects.toThrow();
    // A file system tells the times of its folders some milliseconds apart.
    const soon = Date.now() + 20;
    do {
      rmSync(workspace, { recursive: true });
      mkdirSync(file, { recursive: true });
    } while (Date.now() < soon);
    expect(await read()).toEqual({ complaint });
  });

  it.each([
    ['a link to itself', () => symlinkSync(path.join(folder, 'v'), path.join(folder, 'v')), 'v'],
    ['a name that is too long', () => undefined, 'v'.repeat(300)],
    ['no path', () => undefined, 'v\0'],
  ])(
    'reads a workspace that is %s, so that the turn says what it is',
    async (_what, make, name) => {
      make();
      const { read } = open();
      expect(await read('ada', path.join(folder, name))).toEqual({
        complaint: expect.any(String),
      });
    },
  );

  it('remembers nothing of a workspace that became another folder during the turn', async () => {
    const { writeSession$, readSession$ } = createSessions(createBackgroundWork());
    const write$ = writeSession$(workspace, ID, '0:0', 'ada');
    await expect(lastValueFrom(write$)).rejects.toThrow(
      /became another folder during the turn; the next turn begins a new thread$/,
    );
    expect(await lastValueFrom(readSession$(workspace, 'ada'))).toEqual({ complaint });
  });

  it('remembers no full thread whose id stays in the file', async () => {
    const { read, write } = open();
    await expect(write(fullThread(ID))).rejects.toThrow(/EISDIR[^;]*$/);
    expect(await read()).toEqual({ complaint });
  });

  it('forgets the oldest workspace beyond its limit', async () => {
    const { read, write } = open({ max: 1 });
    await expect(write(ID, 'ada')).rejects.toThrow();
    await expect(write(OTHER, 'bob')).rejects.toThrow();
    expect(await read('ada')).toEqual({ complaint });
    expect(await read('bob')).toEqual({ threadId: OTHER });
  });
});
