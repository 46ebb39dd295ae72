import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Patch } from '../../src/codex/rollout/patch.js';
import { BusyError } from '../../src/process/lock-holder.js';
import { patchFile } from '../../src/session/patch-file.js';
import { journalOf, undoPatch } from '../../src/session/undo-journal.js';
import { holds } from '../support/fuzz.js';

const root = mkdtempSync(path.join(tmpdir(), 'plexum-journal-'));
afterAll(() => {
  rmSync(root, { recursive: true });
});

const OLD = Buffer.from(
  '{"a":"0123456789"}\n{"b":"keep"}\n{"c":"0123456789abcdef"}\n{"d":"last"}\n',
);
const patches: readonly Patch[] = [
  { offset: 5, length: 13, text: Buffer.from('"-"}') },
  { offset: 37, length: 19, text: Buffer.from('"gone"}') },
];
const NEW = Buffer.from(
  '{"a":"-"}         \n{"b":"keep"}\n{"c":"gone"}            \n{"d":"last"}\n',
);

/** Writes a file in a new folder. */
const fileOf = (bytes: Buffer): string => {
  const file = path.join(mkdtempSync(path.join(root, 'f-')), 'rollout.jsonl');
  writeFileSync(file, bytes);
  return file;
};
const shown = (bytes: Buffer): string => bytes.toString('latin1');
const content = (file: string): string => shown(readFileSync(file));
const beside = (file: string): string[] => readdirSync(path.dirname(file));

/** The journal that is not complete yet. */
const temporaryIn = (file: string): string =>
  path.join(path.dirname(file), beside(file).find((name) => name.endsWith('.tmp')) ?? '');

/** The names of the steps without consecutive duplicates. */
const kinds = (steps: readonly string[]): string[] =>
  steps.filter((step, i) => step !== steps[i - 1]);
const KINDS = ['saved', 'journal flushed', 'journal in place', 'patched', 'flushed'];

/** Stops a run after each of its steps, each time with a new file. */
const atEachStep = (
  stepBytes: number | undefined,
  check: (file: string, run: Generator<string, void>, step: string) => void,
): void => {
  const steps = [...patchFile(fileOf(OLD), patches, stepBytes)];
  expect(kinds(steps)).toEqual(KINDS);
  for (const [i, step] of steps.entries()) {
    const file = fileOf(OLD);
    check(file, crashedAfter(file, i + 1, stepBytes), step);
    expect(content(file)).toBe(shown(OLD));
    expect(beside(file)).toEqual(['rollout.jsonl']);
  }
};

/** Runs `steps` steps and abandons the generator, as a crash does. */
const crashedAfter = (file: string, steps: number, stepBytes?: number): Generator<string, void> => {
  const run = patchFile(file, patches, stepBytes);
  for (let taken = 0; taken < steps; taken += 1) run.next();
  return run;
};

/** A file in the middle of a patch, and its complete journal. */
const interrupted = (): { readonly file: string; readonly journal: Buffer } => {
  const file = fileOf(OLD);
  const run = patchFile(file, patches);
  while (run.next().value !== 'patched');
  return { file, journal: readFileSync(journalOf(file)) };
};
/** `text` with a valid digest. */
const sealed = (text: string): Buffer =>
  Buffer.from(text + createHash('sha256').update(text).digest('hex'));

describe('patchFile', () => {
  it('saves the old bytes, writes the new bytes, and removes the journal', () => {
    const file = fileOf(OLD);
    expect(kinds([...patchFile(file, patches)])).toEqual(KINDS);
    expect(content(file)).toBe(shown(NEW));
    expect(beside(file)).toEqual(['rollout.jsonl']);
    expect(undoPatch(file)).toBe(false);
    expect(content(file)).toBe(shown(NEW));
  });

  it('changes no byte before the journal is in place', () => {
    const file = fileOf(OLD);
    for (const step of patchFile(file, patches, 7)) {
      if (step === 'patched') break;
      expect(content(file)).toBe(shown(OLD));
      expect(existsSync(journalOf(file))).toBe(step === 'journal in place');
    }
  });

  it('touches nothing before its first step', () => {
    const file = fileOf(OLD);
    patchFile(file, patches).return();
    patchFile(path.join(root, 'nowhere'), patches);
    expect(beside(file)).toEqual(['rollout.jsonl']);
  });

  it.each([1, 7, 13, 19, 1_000])('writes in steps of %i bytes', (stepBytes) => {
    const file = fileOf(OLD);
    const steps = [...patchFile(file, patches, stepBytes)];
    expect(kinds(steps)).toEqual(KINDS);
    for (const kind of ['saved', 'patched'])
      expect(steps.filter((step) => step === kind).length).toBeGreaterThanOrEqual(32 / stepBytes);
    expect(content(file)).toBe(shown(NEW));
  });

  it('patches a region that is longer than a step', () => {
    const before = Buffer.from('{"a":"');
    const was = Buffer.alloc(9 * 1024 * 1024, 'x');
    const file = fileOf(Buffer.concat([before, was, Buffer.from('\n{}\n')]));
    expect(
      kinds([
        ...patchFile(file, [
          { offset: before.length, length: was.length, text: Buffer.from('short"}') },
        ]),
      ]),
    ).toEqual(KINDS);
    expect(
      readFileSync(file).equals(
        Buffer.concat([
          before,
          Buffer.from('short"}'),
          Buffer.alloc(was.length - 7, ' '),
          Buffer.from('\n{}\n'),
        ]),
      ),
    ).toBe(true);
  });

  it('creates a journal that only its owner can read', () => {
    const before = process.umask(0);
    try {
      const file = fileOf(OLD);
      const run = patchFile(file, patches);
      run.next();
      expect(statSync(temporaryIn(file)).mode & 0o777).toBe(0o600);
      while (run.next().value !== 'journal in place');
      expect(statSync(journalOf(file)).mode & 0o777).toBe(0o600);
      run.return();
    } finally {
      process.umask(before);
    }
  });

  it('keeps the permissions, the inode and the length of the file', () => {
    const file = fileOf(OLD);
    const { ino, mode, size } = statSync(file);
    expect([...patchFile(file, patches)].length).toBeGreaterThan(0);
    expect(statSync(file)).toMatchObject({ ino, mode, size });
  });

  it('overwrites the incomplete journal of a killed process', () => {
    const file = fileOf(OLD);
    writeFileSync(`${journalOf(file)}.tmp`, 'torn');
    expect([...patchFile(file, patches)].at(-1)).toBe('flushed');
    expect(beside(file)).toEqual(['rollout.jsonl']);
  });

  it('throws for a missing file, and creates nothing', () => {
    const file = path.join(mkdtempSync(path.join(root, 'f-')), 'rollout.jsonl');
    expect(() => [...patchFile(file, patches)]).toThrow('ENOENT');
    expect(beside(file)).toEqual([]);
  });

  it('throws when the file becomes shorter meanwhile, and does not change it', () => {
    const file = fileOf(OLD);
    const run = patchFile(file, patches, 7);
    run.next();
    truncateSync(file, 40);
    expect(() => [...run]).toThrow('shorter');
    expect(content(file)).toBe(shown(OLD.subarray(0, 40)));
    expect(beside(file)).toEqual(['rollout.jsonl']);
  });

  it.each([undefined, 7])(
    'throws and keeps what another process has written since the journal, in steps of %s bytes',
    (stepBytes) => {
      const file = fileOf(OLD);
      const run = patchFile(file, patches, stepBytes);
      while (run.next().value !== 'journal in place');
      const other = Buffer.from(OLD);
      other.write('"other"}', 40);
      writeFileSync(file, other);
      expect(() => [...run]).toThrow(BusyError);
      expect(content(file)).toBe(shown(other));
      expect(beside(file)).toEqual(['rollout.jsonl']);
    },
  );

  describe.each([undefined, 7])(
    'patchFile, stopped after each of its steps of %s bytes',
    (stepBytes) => {
      it('restores the file and removes the journal on return', () => {
        atEachStep(stepBytes, (_, run) => {
          run.return();
        });
      });

      it('restores the file and removes the journal on a throw', () => {
        atEachStep(stepBytes, (_, run) => {
          expect(() => run.throw(new Error('gone'))).toThrow('gone');
        });
      });

      it('leaves a journal from which undoPatch restores the file after a crash', () => {
        atEachStep(stepBytes, (file, _, step) => {
          expect(undoPatch(file)).toBe(['journal in place', 'patched', 'flushed'].includes(step));
          expect(content(file)).toBe(shown(OLD));
          expect(undoPatch(file)).toBe(false);
        });
      });
    },
  );

  it('leaves any file either old or fully patched, wherever it stops', () => {
    const cases = fc.record({
      parts: fc.array(
        fc.record({
          kept: fc.uint8Array({ maxLength: 9 }),
          was: fc.uint8Array({ minLength: 1, maxLength: 30 }),
          share: fc.nat(30),
        }),
        {
          minLength: 1,
          maxLength: 6,
        },
      ),
      stepBytes: fc.integer({ min: 1, max: 40 }),
      taken: fc.nat(60),
    });
    const check = fc.property(cases, ({ parts, stepBytes, taken }) => {
      let at = 0;
      const each = parts.map(({ kept, was, share }) => {
        const offset = at + kept.length;
        at = offset + was.length;
        const text = Buffer.alloc(Math.min(share, was.length), '#');
        return {
          kept: Buffer.from(kept),
          was: Buffer.from(was),
          becomes: Buffer.concat([text], was.length).fill(' ', text.length),
          offset,
          text,
        };
      });
      const whole = (key: 'was' | 'becomes') =>
        Buffer.concat([...each.flatMap((part) => [part.kept, part[key]]), Buffer.from('end')]);
      const file = fileOf(whole('was'));
      const run = patchFile(
        file,
        each.map(({ offset, was, text }) => ({ offset, length: was.length, text })),
        stepBytes,
      );
      let done = false;
      for (let i = 0; i < taken && !done; i += 1) done = run.next().done === true;
      run.return();
      expect(content(file)).toBe(shown(whole(done ? 'becomes' : 'was')));
      expect(beside(file)).toEqual(['rollout.jsonl']);
      rmSync(path.dirname(file), { recursive: true });
    });
    holds(check, { share: 20 });
  });
});

describe('undoPatch', () => {
  it('does nothing without a journal or without a file', () => {
    const file = fileOf(OLD);
    expect(undoPatch(file)).toBe(false);
    expect(content(file)).toBe(shown(OLD));
    expect(undoPatch(path.join(root, 'nowhere'))).toBe(false);
    expect(existsSync(path.join(root, 'nowhere'))).toBe(false);
  });

  it('ignores a pipe in the place of a journal, which nobody writes', () => {
    const file = fileOf(OLD);
    execFileSync('mkfifo', [journalOf(file)]);
    expect(undoPatch(file)).toBe(false);
    expect(content(file)).toBe(shown(OLD));
  });

  it('keeps bytes that were appended since', () => {
    const { file } = interrupted();
    appendFileSync(file, '{"e":"later"}\n');
    expect(undoPatch(file)).toBe(true);
    expect(content(file)).toBe(`${shown(OLD)}{"e":"later"}\n`);
  });

  it('removes the journal of a file that has become shorter, without restoring it', () => {
    const { file } = interrupted();
    const other = '{"another":"file"}\n';
    writeFileSync(file, other);
    undoPatch(file);
    expect(content(file)).toBe(other);
    expect(beside(file)).toEqual(['rollout.jsonl']);
  });

  it('can be called again after the disk refused', () => {
    const { file } = interrupted();
    const half = readFileSync(file);
    rmSync(file);
    expect(() => undoPatch(file)).toThrow('ENOENT');
    expect(beside(file)).toEqual([path.basename(journalOf(file))]);
    writeFileSync(file, half);
    expect(undoPatch(file)).toBe(true);
    expect(content(file)).toBe(shown(OLD));
  });

  it('removes the incomplete journal of a killed process', () => {
    const file = fileOf(OLD);
    writeFileSync(`${journalOf(file)}.tmp`, 'torn');
    expect(undoPatch(file)).toBe(false);
    expect(content(file)).toBe(shown(OLD));
    expect(beside(file)).toEqual(['rollout.jsonl']);
  });

  it('removes a journal that is truncated anywhere, without restoring the file', () => {
    const { journal } = interrupted();
    for (let length = 0; length < journal.length; length += 1) {
      const file = fileOf(OLD);
      writeFileSync(journalOf(file), journal.subarray(0, length));
      expect(undoPatch(file)).toBe(false);
      expect(content(file)).toBe(shown(OLD));
      expect(beside(file)).toEqual(['rollout.jsonl']);
      rmSync(path.dirname(file), { recursive: true });
    }
  });

  it('removes a journal with a flipped bit anywhere, without restoring the file', () => {
    const { journal } = interrupted();
    for (let at = 0; at < journal.length; at += 1) {
      const file = fileOf(OLD);
      const wrong = Buffer.from(journal);
      wrong[at] = (wrong[at] ?? 0) ^ 1;
      writeFileSync(journalOf(file), wrong);
      expect(undoPatch(file)).toBe(false);
      expect(content(file)).toBe(shown(OLD));
      expect(beside(file)).toEqual(['rollout.jsonl']);
      rmSync(path.dirname(file), { recursive: true });
    }
  });

  it.each([64 * 1024, 3 * 1024 ** 3])(
    'removes %i zeros, more than a journal has, unread',
    (size) => {
      const file = fileOf(OLD);
      writeFileSync(journalOf(file), '');
      truncateSync(journalOf(file), 2 * OLD.length + size + 1);
      expect(undoPatch(file)).toBe(false);
      expect(content(file)).toBe(shown(OLD));
      expect(beside(file)).toEqual(['rollout.jsonl']);
    },
  );

  it.each([
    ['zeros', Buffer.alloc(4_096)],
    ['line feeds', Buffer.alloc(100, '\n')],
    ['only a digest', sealed('')],
    ['no JSON, with a valid digest', sealed('rollout\nrollout')],
    ['no line feed, with a valid digest', sealed('{"version":1}')],
    [
      'another version, with a valid digest',
      sealed('{"version":2,"size":4,"regions":[[0,4]]}\nXXXX'),
    ],
    [
      'a header of another form, with a valid digest',
      sealed('{"version":1,"regions":[[0,4]]}\nXXXX'),
    ],
  ])('removes a journal that is garbage: %s', (_, garbage) => {
    const file = fileOf(OLD);
    writeFileSync(journalOf(file), garbage);
    expect(undoPatch(file)).toBe(false);
    expect(content(file)).toBe(shown(OLD));
    expect(beside(file)).toEqual(['rollout.jsonl']);
  });
});
