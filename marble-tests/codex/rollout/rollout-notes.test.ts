import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeNote } from '../../../src/codex/rollout/rollout-notes.js';

const ENDING = '.instructions';
const DAY_S = 86_400;
const ID = '019a5c3e-7b1d-7c3f-9d2e-0123456789ab';
const nameOf = (day: string, nth = 0) =>
  `rollout-2026-11-${day}T10-00-00-${ID.slice(0, -4)}${String(nth).padStart(4, '0')}.jsonl`;

describe('writeNote', () => {
  let home = '';
  beforeEach(() => {
    home = mkdtempSync(path.join(tmpdir(), 'plexum-notes-'));
  });
  afterEach(() => {
    rmSync(home, { recursive: true });
  });
  /** A rollout of codex in one of its folders. */
  const rollout = (folder: string, name: string) => {
    const file = path.join(home, folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, '');
    return file;
  };
  /** A note that was written some seconds ago. */
  const note = (name: string, ageS: number) => {
    const file = path.join(home, '.plexum', name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, 'digest');
    const then = Date.now() / 1_000 - ageS;
    utimesSync(file, then, then);
  };
  const notes = () => readdirSync(path.join(home, '.plexum')).toSorted();
  const own = nameOf('30');
  const write = () => {
    writeNote(rollout('sessions/2026/11/30', own), ENDING, 'digest');
  };

  it('removes the notes of threads that codex no longer stores', () => {
    rollout('sessions/2026/11/01', nameOf('01'));
    rollout('sessions/2026/11/02', `${nameOf('02')}.zst`);
    rollout('archived_sessions', nameOf('03'));
    for (const day of ['01', '02', '03', '04']) note(`${nameOf(day)}${ENDING}`, DAY_S);
    note(`${nameOf('05')}${ENDING}`, 60);
    write();
    expect(notes()).toEqual(['01', '02', '03', '05', '30'].map((day) => `${nameOf(day)}${ENDING}`));
  });

  it('keeps the notes of stored threads, however old, and files of another kind', () => {
    for (const day of ['01', '02']) {
      if (day === '01') rollout(`sessions/2026/11/${day}`, nameOf(day));
      note(`${nameOf(day)}${ENDING}`, 1_000 * DAY_S);
      note(`${nameOf(day)}.lock`, 1_000 * DAY_S);
    }
    write();
    expect(notes()).toEqual(
      [
        `${nameOf('01')}${ENDING}`,
        `${nameOf('01')}.lock`,
        `${nameOf('02')}.lock`,
        `${own}${ENDING}`,
      ].toSorted(),
    );
  });

  it('looks at 100 of the notes for a new one, and so finds all of them in time', () => {
    for (let nth = 1; nth <= 120; nth += 1) note(`${nameOf('01', nth)}${ENDING}`, DAY_S);
    write();
    expect(notes().length).toBeGreaterThanOrEqual(21);
    expect(notes().length).toBeLessThanOrEqual(22);
    writeNote(rollout('sessions/2026/11/30', nameOf('30', 1)), ENDING, 'digest');
    expect(notes()).toEqual([`${nameOf('30', 1)}${ENDING}`, `${own}${ENDING}`].toSorted());
  });

  it('throws for a note that is a pipe, and does not wait for its reader', () => {
    mkdirSync(path.join(home, '.plexum'));
    execFileSync('mkfifo', [path.join(home, '.plexum', `${own}${ENDING}`)]);
    expect(write).toThrow('ENXIO');
  });

  it('lists the notes only for the first note of a rollout', () => {
    write();
    note(`${nameOf('04')}${ENDING}`, DAY_S);
    write();
    expect(notes()).toHaveLength(2);
  });
});
