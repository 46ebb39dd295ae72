import { execFileSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { lastValueFrom } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isThreadId } from '../../src/codex/thread-id.js';
import { folderId, readSession, SESSION_FILE, writeSession } from '../../src/node/session-file.js';
import { ownProcess } from '../../src/process/process-identity.js';

const ID = '01a1fb83-ff35-7422-9e00-a5a8974b6993';
const OTHER = '01a1fb58-5a98-7973-8b0a-074f22270974';

let workspace = '';
let file = '';

beforeEach(() => {
  workspace = mkdtempSync(path.join(tmpdir(), 'session-file-'));
  file = path.join(workspace, SESSION_FILE);
});

afterEach(() => {
  rmSync(workspace, { recursive: true, force: true });
});

const written = async (...what: Parameters<typeof writeSession>): Promise<void> => {
  await lastValueFrom(writeSession(...what), { defaultValue: undefined });
};

describe('readSession', () => {
  it('uses the file name of the Go plugin', () => {
    expect(SESSION_FILE).toBe('.plexum-codex-session');
  });

  it.each([
    ['the plain id', ID],
    ['an id with a line feed', `${ID}\n`],
    ['an id with CRLF', `${ID}\r\n`],
    ['an id among white space', `  \t${ID}  \n\n`],
    ['an id in upper case', ID.toUpperCase()],
  ])('reads %s', (_what, content) => {
    writeFileSync(file, content);
    expect(readSession(workspace)).toEqual({ threadId: ID });
  });

  it('returns nothing, without a problem, when there is no file', () => {
    expect(readSession(workspace)).toEqual({});
  });

  it('throws when no descriptor is left, so that no new thread takes the place of this one', () => {
    const left = Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' });
    const read = () => {
      throw left;
    };
    expect(() => readSession(workspace, read)).toThrow(left);
  });

  it('returns nothing, without a problem, when there is no workspace', () => {
    expect(readSession(path.join(workspace, 'absent'))).toEqual({});
  });

  it.each([
    ['what is not a UUID', 'hello', 'does not hold a thread id'],
    ['a flag', '--dangerously-bypass-approvals-and-sandbox', 'does not hold a thread id'],
    ['a path', '../../../etc/passwd', 'does not hold a thread id'],
    ['two ids', `${ID}\n${OTHER}\n`, 'does not hold a thread id'],
    ['an id with something after it', `${ID} --model x`, 'does not hold a thread id'],
    ['an id without its dashes', ID.replaceAll('-', ''), 'does not hold a thread id'],
    ['an id with a NUL', `${ID}\0`, 'does not hold a thread id'],
    [
      'bytes that are no text',
      Buffer.from([0xff, 0xfe, 0x00, 0xd8, 0x80]),
      'does not hold a thread id',
    ],
    ['an empty file', '', 'is empty'],
    ['white space', ' \n\t\r\n', 'is empty'],
    ['an id and too much white space', `${ID}${' '.repeat(300)}`, 'has 336 bytes'],
    ['a huge file', Buffer.alloc(8 * 1024 * 1024, 'a'), 'has 8388608 bytes'],
  ])('reports %s as a problem', (_what, content, complaint) => {
    writeFileSync(file, content);
    expect(readSession(workspace)).toEqual({
      complaint: `${SESSION_FILE} ${complaint}; the turn begins a new thread`,
    });
  });

  it('does not follow a symlink, even to a valid file', () => {
    const target = path.join(workspace, 'valid');
    writeFileSync(target, ID);
    symlinkSync(target, file);
    expect(readSession(workspace)).toEqual({
      complaint: `${SESSION_FILE} is a symbolic link; the turn begins a new thread`,
    });
  });

  it('reports a dangling symlink as a problem', () => {
    symlinkSync(path.join(workspace, 'absent'), file);
    expect(readSession(workspace).complaint).toContain('is a symbolic link');
  });

  it('reports a directory as a problem', () => {
    mkdirSync(file);
    expect(readSession(workspace).complaint).toContain('is not a regular file');
  });

  it('reports a FIFO as a problem without waiting for a writer', () => {
    execFileSync('mkfifo', [file]);
    expect(readSession(workspace).complaint).toContain('is not a regular file');
  });

  it('reports a workspace that is a file as a problem', () => {
    writeFileSync(file, ID);
    expect(readSession(file).complaint).toContain('cannot be read (ENOTDIR)');
  });

  it('does not throw for an impossible workspace path', () => {
    expect(readSession(`${workspace}\0`).threadId).toBeUndefined();
  });

  it('leaves no file descriptor open', () => {
    writeFileSync(file, 'hello');
    const numbers = (): number => readdirSync('/dev/fd').length;
    const before = numbers();
    for (let i = 0; i < 50; i += 1) readSession(workspace);
    expect(numbers()).toBeLessThan(before + 10);
  });
});

describe('writeSession', () => {
  it('writes the plain id without a line feed, for the owner only', async () => {
    await written(workspace, ID);
    expect(readFileSync(file, 'utf8')).toBe(ID);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readSession(workspace)).toEqual({ threadId: ID });
  });

  it('replaces an older id and leaves nothing beside the file', async () => {
    writeFileSync(file, `${OTHER}\n`);
    await written(workspace, ID);
    expect(readFileSync(file, 'utf8')).toBe(ID);
    expect(readdirSync(workspace)).toEqual([SESSION_FILE]);
  });

  it('replaces a symlink without touching its target', async () => {
    const target = path.join(workspace, 'target');
    writeFileSync(target, 'precious');
    symlinkSync(target, file);
    await written(workspace, ID);
    expect(lstatSync(file).isSymbolicLink()).toBe(false);
    expect(readFileSync(file, 'utf8')).toBe(ID);
    expect(readFileSync(target, 'utf8')).toBe('precious');
  });

  it('replaces a FIFO without waiting for its reader', async () => {
    execFileSync('mkfifo', [file]);
    await written(workspace, ID);
    expect(readFileSync(file, 'utf8')).toBe(ID);
  });

  it('has written the id when it returns, and brings it to disk while other work goes on', async () => {
    const flushed = lastValueFrom(writeSession(workspace, ID), { defaultValue: 'on disk' });
    expect(readdirSync(workspace)).toEqual([SESSION_FILE]);
    expect(readSession(workspace)).toEqual({ threadId: ID });
    await expect(flushed).resolves.toBe('on disk');
  });

  it('completes when the folder goes before the id is on disk', async () => {
    const flushed$ = writeSession(workspace, ID);
    rmSync(workspace, { recursive: true });
    await expect(lastValueFrom(flushed$, { defaultValue: 'gone' })).resolves.toBe('gone');
  });

  it('leaves no descriptor open', async () => {
    const numbers = (): number => readdirSync('/dev/fd').length;
    const before = numbers();
    for (let i = 0; i < 20; i += 1) {
      await written(workspace, ID);
    }
    expect(numbers()).toBeLessThan(before + 10);
  });

  it('fails when it cannot rename, and leaves no temporary file', async () => {
    mkdirSync(path.join(file, 'sub'), { recursive: true });
    await expect(written(workspace, ID)).rejects.toThrow();
    expect(readdirSync(workspace)).toEqual([SESSION_FILE]);
  });

  it('removes the temporary files that killed processes left', async () => {
    const namespace = /\d+/.exec(ownProcess().pidNamespace)?.[0] ?? '0';
    const old = path.join(workspace, `${SESSION_FILE}.${ID}.tmp`);
    writeFileSync(old, '');
    utimesSync(old, 0, 0);
    for (const pid of [2 ** 30, process.pid])
      writeFileSync(path.join(workspace, `${SESSION_FILE}.${namespace}-${pid}.tmp`), '');
    await written(workspace, ID);
    expect(readdirSync(workspace)).toEqual([SESSION_FILE]);
  });

  it('leaves the temporary file that another process is writing', async () => {
    const namespace = /\d+/.exec(ownProcess().pidNamespace)?.[0] ?? '0';
    const others = [`${namespace}-${process.ppid}`, '1-2'].map((id) => `${SESSION_FILE}.${id}.tmp`);
    for (const name of others) writeFileSync(path.join(workspace, name), '');
    await written(workspace, ID);
    expect(readdirSync(workspace).toSorted()).toEqual([SESSION_FILE, ...others].toSorted());
  });

  it('does not write through a link that was put in the place of the workspace', async () => {
    const begun = folderId(workspace);
    const other = mkdtempSync(path.join(tmpdir(), 'session-other-'));
    const moved = `${workspace}-moved`;
    renameSync(workspace, moved);
    symlinkSync(other, workspace);
    try {
      await expect(written(workspace, ID, begun)).rejects.toThrow('became another folder');
      expect([...readdirSync(other), ...readdirSync(moved)]).toEqual([]);
    } finally {
      for (const each of [workspace, moved, other]) rmSync(each, { recursive: true });
    }
  });

  it('writes into a workspace that is a link since before the turn', async () => {
    const link = `${workspace}-link`;
    symlinkSync(workspace, link);
    await written(link, ID, folderId(link));
    rmSync(link);
    expect(readFileSync(file, 'utf8')).toBe(ID);
  });

  it('fails when there is no workspace, and creates none', async () => {
    await expect(written(path.join(workspace, 'absent'), ID)).rejects.toThrow('ENOENT');
    expect(readdirSync(workspace)).toEqual([]);
  });
});

describe('folderId', () => {
  it('is undefined for a path that leads to no folder', () => {
    writeFileSync(file, ID);
    symlinkSync('loop', path.join(workspace, 'loop'));
    for (const name of ['absent', path.join(SESSION_FILE, 'below'), 'loop'])
      expect(folderId(path.join(workspace, name))).toBeUndefined();
    expect(folderId(workspace)).toBeDefined();
  });
});

describe('isThreadId', () => {
  it.each([
    [ID, true],
    [ID.toUpperCase(), true],
    ['', false],
    [`${ID}\n`, false],
    [` ${ID}`, false],
    [`-${ID}`, false],
    [`{${ID}}`, false],
    [ID.replace('0', 'g'), false],
  ])('returns for %j: %s', (text, expected) => {
    expect(isThreadId(text)).toBe(expected);
  });
});
