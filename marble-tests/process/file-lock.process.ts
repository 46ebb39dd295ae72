import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bundleProgram } from '../../scripts/lib/bundle.mjs';
import { ownProcess } from '../../src/process/process-identity.js';

/** Takes the lock of its argument at `take`, and answers `held`, or why it did not get it. */
const RACER = `
import { createInterface } from 'node:readline';
import { takeLock } from './src/process/file-lock.ts';
const say = (word) => process.stdout.write(word + '\\n');
let release;
createInterface({ input: process.stdin }).on('line', (line) => {
  if (line === 'take')
    takeLock(process.argv[2], { does: 'races', waitMs: 0, unseenMs: 60_000 }).subscribe({
      next: (each) => {
        release = each;
        say('held');
      },
      error: ({ name, message }) => say((name === 'BusyError' ? 'busy: ' : '') + message),
    });
  else {
    release?.();
    release = undefined;
    say('released');
  }
});
say('ready');
`;

const ROUNDS = 25;

let root = '';
let folder = '';
const started: ChildProcess[] = [];
const program = (): string => path.join(root, 'racer.mjs');

beforeAll(async () => {
  root = mkdtempSync(path.join(tmpdir(), 'lock-race-'));
  await bundleProgram(RACER, program());
});
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});
beforeEach(() => {
  folder = mkdtempSync(path.join(root, 'round-'));
});
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

const startRacer = (lock: string, options: SpawnOptions = {}) => {
  const child = spawn(process.execPath, [program(), lock], {
    ...options,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  started.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async (): Promise<string> => String((await lines.next()).value);
  return {
    child,
    answer,
    ask: (line: 'take' | 'release') => {
      child.stdin.write(`${line}\n`);
      return answer();
    },
  };
};

const dead = (): string => JSON.stringify({ ...ownProcess(), pid: 2 ** 30 });

describe('takeLock', () => {
  it.each([2, 3, 4, 5, 6])(
    'lets exactly one of %i processes have a dead lock, also when one of them is stopped in between',
    async (processes) => {
      const lock = path.join(folder, 'a.lock');
      const racers = Array.from({ length: processes }, () => startRacer(lock));
      await Promise.all(racers.map(({ answer }) => answer()));
      for (let round = 0; round < ROUNDS; round += 1) {
        // The owner of the lock is dead; so, in some rounds, are those that were taking it over.
        const left = ['', '.claim', '.claim.claim'].slice(0, 1 + (round % 3));
        for (const ending of left) writeFileSync(`${lock}${ending}`, dead());
        const slow = racers[round % processes];
        const answers = racers.map(({ ask }) => ask('take'));
        await sleep(Math.random() * 3);
        slow?.child.kill('SIGSTOP');
        await Promise.all(answers.filter((_, nth) => racers[nth] !== slow));
        slow?.child.kill('SIGCONT');

        const said = (await Promise.all(answers)).map((each) => each.replace(/^busy: .*/, 'busy'));
        expect(said.toSorted()).toEqual([
          ...Array.from({ length: processes - 1 }, () => 'busy'),
          'held',
        ]);
        await Promise.all(racers.map(({ ask }) => ask('release')));
        expect(readdirSync(folder)).toEqual([]);
      }
    },
  );

  it.each([
    ['leaves a lock alone that it may not read, and tells which file to remove', 50, 'busy'],
    ['takes over a lock that it may not read and that is older than unseenMs', 70, 'held'],
  ])('%s', async (_, seconds, expected) => {
    const lock = path.join(folder, 'a.lock');
    writeFileSync(lock, dead(), { mode: 0 });
    const written = Date.now() / 1000 - seconds;
    utimesSync(lock, written, written);
    // Root reads every file; anybody else may share the folder.
    for (const shared of [root, folder]) chmodSync(shared, 0o777);
    const { answer, ask } = startRacer(lock, process.getuid?.() === 0 ? { uid: 65_534 } : {});
    await answer();

    const busy = `busy: another plugin (process unknown) races; try again when it has ended, and remove ${lock} if there is no such plugin`;
    expect(await ask('take')).toBe(expected === 'busy' ? busy : expected);
    expect(readdirSync(folder)).toEqual(['a.lock']);
    await ask('release');
    expect(readdirSync(folder)).toEqual(expected === 'busy' ? ['a.lock'] : []);
  });
});
