import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDrift, readDrift } from '../../src/node/drift-file.js';

let dir = '';
let file = '';

beforeEach(() => {
  vi.useFakeTimers();
  dir = mkdtempSync(path.join(tmpdir(), 'drift-'));
  file = path.join(dir, 'drift.json');
});

afterEach(() => {
  vi.useRealTimers();
  rmSync(dir, { recursive: true, force: true });
});

const one = (kind: string, count: number, codex = '0.170.0') => ({ kind, codex, count });

describe('createDrift', () => {
  it('reports each kind as new once, whatever the version', () => {
    const drift = createDrift();
    expect([
      drift('event a', '0.170.0'),
      drift('event a', '0.170.0'),
      drift('event a', '0.171.0'),
      drift('item a'),
    ]).toEqual([true, false, false, true]);
  });

  it('adds the counts to the file a second later, and leaves no other file', () => {
    const drift = createDrift(file);
    drift('event a', '0.170.0');
    drift('event a', '0.170.0');
    drift('item b', '0.170.0');
    expect(readdirSync(dir)).toEqual([]);
    vi.advanceTimersByTime(1_000);
    expect(readDrift(file)).toEqual([one('event a', 2), one('item b', 1)]);
    drift('event a', '0.171.0');
    drift('event a', '0.170.0');
    vi.advanceTimersByTime(1_000);
    expect(readDrift(file)).toEqual([
      one('event a', 3),
      one('item b', 1),
      one('event a', 1, '0.171.0'),
    ]);
    expect(readdirSync(dir)).toEqual(['drift.json']);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('removes the temporary file that a killed process left', () => {
    const left = path.join(dir, 'drift.json.2cbf8cf0-c24b-4b5d-9d0a-9a6dbe3ee1f5.tmp');
    writeFileSync(left, '{');
    utimesSync(left, 0, 0);
    createDrift(file)('event a');
    vi.advanceTimersByTime(1_000);
    expect(readdirSync(dir)).toEqual(['drift.json']);
  });

  it('adds to the counts that other processes have written meanwhile', () => {
    const [first, second] = [createDrift(file), createDrift(file)];
    first('event a', '0.170.0');
    second('event a', '0.170.0');
    second('event b', '0.170.0');
    vi.advanceTimersByTime(1_000);
    expect(readDrift(file)).toEqual([one('event a', 2), one('event b', 1)]);
  });

  it('keeps at most 100 kinds, ignores others, and continues to count', () => {
    const drift = createDrift(file);
    const news = Array.from({ length: 300 }, (_, i) => drift(`event ${i}`, '0.170.0'));
    drift('event 0', '0.170.0');
    vi.advanceTimersByTime(1_000);
    expect(news.filter(Boolean)).toHaveLength(100);
    expect(readDrift(file)).toHaveLength(100);
    expect(readDrift(file)[0]).toEqual(one('event 0', 2));
  });

  it('writes the counts when the process exits before', () => {
    const before = new Set(process.listeners('exit'));
    createDrift(file)('event a', '0.170.0');
    const added = process.listeners('exit').filter((listener) => !before.has(listener));
    expect(added).toHaveLength(1);
    for (const listener of added) listener(0);
    expect(readDrift(file)).toEqual([one('event a', 1)]);
    vi.advanceTimersByTime(5_000);
    expect(readDrift(file)).toEqual([one('event a', 1)]);
    expect(new Set(process.listeners('exit'))).toEqual(before);
  });

  it('ignores a missing folder, and a folder in place of the file', () => {
    const drift = createDrift(path.join(dir, 'gone', 'drift.json'));
    expect(drift('event a')).toBe(true);
    mkdirSync(file);
    const other = createDrift(file);
    other('event a');
    vi.advanceTimersByTime(1_000);
    expect(readdirSync(dir)).toEqual(['drift.json']);
    expect(drift('event a')).toBe(false);
  });

  it.each<[what: string, make: () => void]>([
    ['a pipe, which nobody writes', () => execFileSync('mkfifo', [file])],
    ['a link to a device without an end', () => symlinkSync('/dev/zero', file)],
    ['a link to nothing', () => symlinkSync(path.join(dir, 'absent'), file)],
    [
      'a file of 1 GiB',
      () => {
        writeFileSync(file, '');
        truncateSync(file, 1024 ** 3);
      },
    ],
  ])('replaces %s', (_what, make) => {
    make();
    expect(readDrift(file)).toEqual([]);
    createDrift(file)('event a', '0.170.0');
    vi.advanceTimersByTime(1_000);
    expect(readDrift(file)).toEqual([one('event a', 1)]);
    expect(readdirSync(dir)).toEqual(['drift.json']);
  });

  it('keeps the 100 kinds of the file, and continues to count them', () => {
    const kinds = Array.from({ length: 150 }, (_, i) => one(`event ${i}`, 1));
    writeFileSync(file, JSON.stringify({ kinds }));
    const drift = createDrift(file);
    drift('event 99', '0.170.0');
    drift('event 100', '0.170.0');
    vi.advanceTimersByTime(1_000);
    expect(readDrift(file)).toHaveLength(100);
    expect(readDrift(file).at(-1)).toEqual(one('event 99', 2));
  });

  it.each([
    ['event later.event', 'event later.event'],
    ['record event_msg/later-one', 'record event_msg/later-one'],
    ['event \u001b[31mred\u0007\n', 'event __31mred__'],
    ['event \u001b]0;x\u0007 "y"', 'event __0_x_ _y_'],
    ['event "quoted" é', 'event _quoted_ _'],
    ['event password=hunter2', 'event password__redacted_'],
    ['x'.repeat(500), 'x'.repeat(100)],
    ['', ''],
  ])('writes the name %j as %j', (kind, name) => {
    createDrift(file)(kind, kind);
    vi.advanceTimersByTime(1_000);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ kinds: [one(name, 1, name)] });
  });
});

describe('readDrift', () => {
  it.each([
    ['nothing', undefined],
    ['no JSON', '{"kinds":'],
    ['another form', '{"kinds":[{"kind":5}]}'],
    ['too much', `{"kinds":[]}${' '.repeat(100_001)}`],
  ])('finds no counts in %s', (_, text) => {
    if (text !== undefined) writeFileSync(file, text);
    expect(readDrift(file)).toEqual([]);
  });

  it('cleans the names in the file', () => {
    writeFileSync(
      file,
      JSON.stringify({ kinds: [{ kind: 'event \u001b[2J', codex: 'x\n', count: 1 }] }),
    );
    expect(readDrift(file)).toEqual([{ kind: 'event __2J', codex: 'x_', count: 1 }]);
  });
});
