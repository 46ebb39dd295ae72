import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createFindRollout,
  type FindRollout,
  PackedRolloutError,
} from '../../../src/codex/rollout/find-rollout.js';

/** A UUIDv7 of 2026-11-20 23:43:54 UTC. */
const ID = '01a1fb58-5a98-7973-8b0a-074f22270974';
const CHILD = '01a1fb83-6eb6-70a0-bec7-7e0b88e79900';
/** Contains no time. */
const RANDOM = '9f3c1d2e-0b4a-4c6d-8e7f-102132435465';
const DAY = 'sessions/2026/11/20';
const FAR = 'sessions/2024/02/29';

let home = '';
let find: FindRollout = () => undefined;

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'rollouts-'));
  find = createFindRollout(home);
});

afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

const nameOf = (id: string): string => `rollout-2026-11-20T23-43-54-${id}.jsonl`;
const meta = (payload: object): string =>
  `${JSON.stringify({ timestamp: '2026-11-20T23:43:54.034Z', ordinal: 0, type: 'session_meta', payload })}\n`;
const metaOf = (id: string): string =>
  meta({
    account_scoped: true,
    session_id: id,
    id,
    timestamp: '2026-11-20T23:43:54.011Z',
    cwd: '/w',
  });

/** Writes a rollout and returns where it is. */
const put = (dir: string, id = ID, content = metaOf(id), name = nameOf(id)): string => {
  const file = path.join(home, dir, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
};

describe('createFindRollout', () => {
  it.each([
    ['the folder of the day on which the thread began', DAY],
    ['the folder of the day before, for a time zone west of UTC', 'sessions/2026/11/19'],
    ['the folder of the day after, for a time zone east of UTC', 'sessions/2026/11/21'],
    ['the flat layout', 'sessions'],
    ['the archive', 'archived_sessions'],
    ['any other day', FAR],
    ['any other day of the archive', 'archived_sessions/2024/02/29'],
  ])('finds a rollout in %s', (_, dir) => {
    put(dir, CHILD);
    const file = put(dir);
    expect(find(ID)).toBe(file);
    expect(find(ID)).toBe(file);
  });

  it('finds the rollout of a thread whose id contains no time', () => {
    const file = put(FAR, RANDOM);
    expect(find(RANDOM)).toBe(file);
  });

  it.each([
    ['2024-02-29T00:00:00Z', 'sessions/2024/02/29'],
    ['2024-02-29T00:00:00Z', 'sessions/2024/02/28'],
    ['2024-02-28T23:59:59Z', 'sessions/2024/02/29'],
    ['2024-12-31T12:00:00Z', 'sessions/2025/01/01'],
    ['2025-01-01T12:00:00Z', 'sessions/2024/12/31'],
    ['1970-01-01T00:00:00Z', 'sessions/1969/12/31'],
  ])(
    'finds the rollout of a thread that began at %s in %s without a search of all days',
    (began, dir) => {
      const hex = Date.parse(began).toString(16).padStart(12, '0');
      const id = `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
      expect(find(id)).toBeUndefined();
      const file = put(dir, id);
      expect(find(id)).toBe(file);
    },
  );

  it('finds an empty rollout', () => {
    expect(find(ID)).toBeUndefined();
    const file = put(DAY, ID, '');
    expect(find(ID)).toBe(file);
  });

  it('finds a symbolic link to a rollout', () => {
    const target = put('elsewhere');
    mkdirSync(path.join(home, DAY), { recursive: true });
    const link = path.join(home, DAY, nameOf(ID));
    symlinkSync(target, link);
    expect(find(ID)).toBe(link);
  });

  it('finds nothing without a rollout of the thread', () => {
    expect(find(ID)).toBeUndefined();
    expect(createFindRollout(path.join(home, 'nowhere'))(ID)).toBeUndefined();
    put(DAY, CHILD);
    expect(find(ID)).toBeUndefined();
  });
});

describe('createFindRollout, with rollouts of other threads', () => {
  it('ignores files with similar names', () => {
    put(DAY, ID, metaOf(ID), `rollout-2026-11-20T23-43-54-${ID}-copy.jsonl`);
    put(DAY, ID, metaOf(ID), `rollout-2026-11-20T23-43-54-${ID}.jsonl.bak`);
    put(DAY, ID, metaOf(ID), `backup-${ID}.jsonl`);
    put(DAY, ID, metaOf(ID), `rollout-x${ID}.jsonl`);
    expect(find(ID)).toBeUndefined();
  });

  it('ignores a file whose first line names another thread', () => {
    put(DAY, ID, metaOf(CHILD));
    expect(find(ID)).toBeUndefined();
  });

  it('ignores a file whose first line names a child thread', () => {
    put(
      DAY,
      ID,
      meta({
        session_id: ID,
        id: CHILD,
        parent_thread_id: ID,
        source: { subagent: { thread_spawn: { parent_thread_id: ID } } },
      }),
    );
    expect(find(ID)).toBeUndefined();
    put(
      DAY,
      ID,
      meta({
        id: CHILD,
        forked_from_id: ID,
        source: { subagent: { thread_spawn: { parent_thread_id: ID } } },
      }),
    );
    expect(find(ID)).toBeUndefined();
  });

  it('finds the rollout in another folder after a file of another thread', () => {
    put(DAY, ID, metaOf(CHILD));
    const file = put('archived_sessions');
    expect(find(ID)).toBe(file);
  });

  it('finds the rollout among those of fifty child threads', () => {
    const file = put(DAY);
    for (let i = 0; i < 50; i += 1)
      put(
        DAY,
        CHILD.replace(/00$/, String(10 + i)),
        meta({ session_id: ID, id: CHILD, parent_thread_id: ID }),
      );
    expect(find(ID)).toBe(file);
  });

  it('finds a rollout whose first line quotes another id', () => {
    const file = put(
      DAY,
      ID,
      meta({
        id: ID,
        cwd: `/w/"payload":{"id":"${CHILD}"`,
        base_instructions: { text: `"payload":{"id":"${CHILD}"` },
      }),
    );
    expect(find(ID)).toBe(file);
  });

  it('finds a rollout whose first line is longer than the bytes that are read', () => {
    const file = put(
      DAY,
      ID,
      meta({ session_id: ID, id: ID, base_instructions: { text: 'x'.repeat(100_000) } }),
    );
    expect(find(ID)).toBe(file);
  });
});

describe('createFindRollout, with compressed rollouts', () => {
  it.each([DAY, 'sessions', 'archived_sessions', FAR])(
    'throws an error that names the compressed file in %s',
    (dir) => {
      const file = put(dir, ID, 'zstd', `${nameOf(ID)}.zst`);
      expect(() => find(ID)).toThrow(PackedRolloutError);
      expect(() => find(ID)).toThrow(file);
      expect(() => find(ID)).toThrow(ID);
    },
  );

  it('finds the unpacked file beside the compressed file', () => {
    put(DAY, ID, 'zstd', `${nameOf(ID)}.zst`);
    const file = put(DAY);
    expect(find(ID)).toBe(file);
  });

  it.each([DAY, FAR])('finds a rollout in %s after it was unpacked', (dir) => {
    put(dir, ID, 'zstd', `${nameOf(ID)}.zst`);
    expect(() => find(ID)).toThrow(PackedRolloutError);
    const file = put(dir);
    expect(find(ID)).toBe(file);
  });

  it('ignores the compressed rollout of another thread', () => {
    put(DAY, CHILD, 'zstd', `${nameOf(CHILD)}.zst`);
    expect(find(ID)).toBeUndefined();
  });
});

describe('createFindRollout, in the folders of all days', () => {
  it('searches once per thread, even when it found nothing', () => {
    expect(find(ID)).toBeUndefined();
    put(FAR);
    expect(find(ID)).toBeUndefined();
    const near = put(DAY);
    expect(find(ID)).toBe(near);
  });

  it('searches again at the last look', () => {
    expect(find(ID)).toBeUndefined();
    const late = put(FAR);
    expect(find(ID)).toBeUndefined();
    expect(find(ID, true)).toBe(late);
    expect(find(ID)).toBe(late);
  });

  it('searches for each thread', () => {
    expect(find(ID)).toBeUndefined();
    const file = put(FAR, CHILD);
    expect(find(CHILD)).toBe(file);
  });

  it('searches again when the found file is gone', () => {
    const file = put(FAR);
    expect(find(ID)).toBe(file);
    const moved = path.join(home, 'sessions/2023/01/01', nameOf(ID));
    mkdirSync(path.dirname(moved), { recursive: true });
    renameSync(file, moved);
    expect(find(ID)).toBe(moved);
  });

  it('searches again for a thread beyond its limit', () => {
    const few = createFindRollout(home, 1);
    expect(few(ID)).toBeUndefined();
    expect(few(CHILD)).toBeUndefined();
    const file = put(FAR);
    expect(few(ID)).toBe(file);
  });

  it('ignores folders that are not days', () => {
    for (const dir of [
      'sessions/2024/02/notes',
      'sessions/notes/02/29',
      'sessions/20240/02/29',
      'sessions/2024/2/9',
    ])
      put(dir);
    put('sessions/2023', ID, 'x', '02');
    expect(find(ID)).toBeUndefined();
  });
});

describe('createFindRollout, with hostile names', () => {
  it.each([
    '',
    '.',
    '../../etc/passwd',
    `../${ID}`,
    `${ID}/../${ID}`,
    `*${ID}`,
    '[a-z]',
    '\0',
    '\n',
    'x'.repeat(100_000),
    'ffffffff-ffff-7fff-bfff-ffffffffffff',
    '__proto__',
  ])('finds nothing for the id %j', (id) => {
    put(DAY);
    put('', ID, metaOf(ID), nameOf(ID));
    expect(find(id)).toBeUndefined();
  });

  it('ignores a folder with the name of a rollout', () => {
    mkdirSync(path.join(home, DAY, nameOf(ID)), { recursive: true });
    expect(find(ID)).toBeUndefined();
    const file = put('archived_sessions');
    expect(find(ID)).toBe(file);
  });

  it('ignores a dangling link', () => {
    mkdirSync(path.join(home, DAY), { recursive: true });
    symlinkSync(path.join(home, 'gone'), path.join(home, DAY, nameOf(ID)));
    expect(find(ID)).toBeUndefined();
  });

  it('ignores a pipe', () => {
    put(DAY, CHILD);
    const pipe = path.join(home, DAY, nameOf(ID));
    execFileSync('mkfifo', [pipe]);
    // Opening the pipe would wait for this writer.
    const writer = spawn('sh', ['-c', ': > "$1"', 'sh', pipe]);
    try {
      expect(find(ID)).toBeUndefined();
    } finally {
      writer.kill();
    }
  });

  it('ignores a file with the name of a folder', () => {
    put('', ID, 'x', 'sessions');
    expect(find(ID)).toBeUndefined();
  });

  it('finds the rollout among odd file names', () => {
    for (const name of [
      'rollout-é.jsonl',
      'rollout-\n.jsonl',
      'rollout-.jsonl',
      `rollout-${ID}`,
      'rollout-🎉',
    ])
      put(DAY, ID, metaOf(ID), name);
    const file = put(DAY);
    expect(find(ID)).toBe(file);
  });
});
