import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Patch } from '../../src/ports.js';
import { type Op, patchLine } from '../../src/session/patch-line.js';
import { journalOf, undo } from '../../src/session/undo-journal.js';

const project = fileURLToPath(new URL('../..', import.meta.url));
const root = mkdtempSync(path.join(tmpdir(), 'plexum-kill-'));
const bundle = path.join(root, 'child.cjs');

/**
 * The child: patches or undoes a file. `at` is the step (`steps`) or the call of the file system
 * (`calls`) at which it kills itself with half a write written, or at which the disk is full for
 * once (`full`) or for good (`lasting`). It prints how many there were, and the error.
 */
const program = `
import fs from 'node:fs';
import { patchFile, undo } from './src/session/undo-journal.ts';
const { file, patches, stepBytes, at, by, does } = JSON.parse(process.argv[2]);
const die = () => process.kill(process.pid, 'SIGKILL');
let count = 0;
if (by === 'calls') {
  for (const name of ['writeSync', 'fsyncSync', 'renameSync', 'rmSync', 'openSync']) {
    const real = fs[name];
    fs[name] = (...args) => {
      const nth = count++;
      if (does === 'kill' && nth === at) {
        if (name === 'writeSync') real(args[0], args[1], args[2], Math.floor(args[3] / 2), args[4]);
        die();
      }
      if (does === 'full' ? nth === at : does === 'lasting' && nth >= at) {
        if (name === 'writeSync' && nth === at && args[3] > 1) return real(args[0], args[1], args[2], Math.floor(args[3] / 2), args[4]) && fail();
        fail();
      }
      return real(...args);
    };
  }
}
const fail = () => { throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' }); };
let error;
try {
  if (patches === undefined) undo(file);
  else
    for (const step of patchFile(file, patches.map((patch) => ({ ...patch, text: Buffer.from(patch.text, 'latin1') })), stepBytes)) {
      if (by === 'steps' && count++ === at) die();
    }
} catch (thrown) {
  error = thrown.code ?? String(thrown);
}
process.stdout.write(JSON.stringify({ count, error }));
`;

beforeAll(async () => {
  chmodSync(root, 0o755);
  await build({
    stdin: { contents: program, resolveDir: project, loader: 'ts' },
    outfile: bundle,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
  });
});
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

const item = (payload: object): string =>
  `${JSON.stringify({ timestamp: 't', type: 'response_item', payload })}\n`;
const lines = [
  item({ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'go' }] }),
  item({ type: 'function_call', name: 'exec', arguments: '{"cmd":"make all"}', call_id: 'call_a' }),
  item({
    type: 'function_call_output',
    call_id: 'call_a',
    output: 'all is made, größer als zuvor',
  }),
  item({ type: 'function_call_output', call_id: 'call_kept', output: 'this one stays' }),
  item({
    type: 'custom_tool_call',
    name: 'exec',
    input: 'text("a long enough program")',
    call_id: 'call_b',
  }),
  item({
    type: 'custom_tool_call_output',
    call_id: 'call_b',
    output: [{ type: 'input_text', text: 'what the program said' }],
  }),
  item({ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'done' }] }),
];
const ops = new Map<string, Op>([
  ['call_a', 'consume-heavy'],
  ['call_b', 'consume-heavy'],
]);
const old = Buffer.from(lines.join(''));
const patches: Patch[] = lines.flatMap((line, i) => {
  const { patch } = patchLine(
    { offset: Buffer.byteLength(lines.slice(0, i).join('')), bytes: Buffer.from(line.trimEnd()) },
    ops,
  );
  return patch === undefined ? [] : [patch];
});
const patched = Buffer.from(old);
for (const { offset, length, text } of patches) {
  patched.fill(' ', offset, offset + length);
  text.copy(patched, offset);
}

type Fault =
  | {
      readonly by: 'steps' | 'calls';
      readonly at: number;
      readonly does?: 'kill' | 'full' | 'lasting';
    }
  | undefined;

const fileIn = (bytes = old): string => {
  const file = path.join(mkdtempSync(path.join(root, 'f-')), 'rollout.jsonl');
  writeFileSync(file, bytes);
  return file;
};
const jobOf = (file: string, stepBytes: number | undefined, fault: Fault): string =>
  JSON.stringify({
    file,
    patches: patches.map((patch) => ({ ...patch, text: patch.text.toString('latin1') })),
    stepBytes,
    ...fault,
  });

const answered = ({ status, signal, stdout, stderr }: ReturnType<typeof spawnSync>) => {
  expect(String(stderr)).toBe('');
  const { count = 0, error }: { count?: number; error?: string } =
    status === 0 ? JSON.parse(String(stdout)) : {};
  return { signal, count, error };
};
const run = (job: string, options: Parameters<typeof spawnSync>[2] = {}) =>
  answered(spawnSync(process.execPath, [bundle, job], options));
/** How many steps or calls a run takes that is left alone. */
const countOf = (job: string): number => {
  const { count, error } = run(job);
  expect(error).toBe(undefined);
  return count;
};
const undoJob = (file: string, fault: Fault): string => JSON.stringify({ file, ...fault });

/** Whether a run did all or nothing, and said so. */
const isHonest = (state: string, error: string | undefined): boolean =>
  state === (error === 'ENOSPC' ? 'old' : error === undefined ? 'new' : error);

/** Which of the two the file is; every line of it has to parse. */
const which = (file: string): string => {
  const bytes = readFileSync(file);
  const torn = bytes
    .toString('utf8')
    .split('\n')
    .slice(0, -1)
    .filter((line) => {
      try {
        JSON.parse(line);
        return false;
      } catch {
        return true;
      }
    });
  if (torn.length > 0) return `torn: ${torn.join('\n')}`;
  return bytes.equals(old) ? 'old' : bytes.equals(patched) ? 'new' : 'a mix';
};
const beside = (file: string): string[] => readdirSync(path.dirname(file));
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

it('patches four lines', () => {
  const file = fileIn();
  expect(patches).toHaveLength(4);
  expect(run(jobOf(file, undefined, undefined))).toEqual({
    signal: null,
    count: 0,
    error: undefined,
  });
  expect(which(file)).toBe('new');
});

describe.each([{ stepBytes: undefined }, { stepBytes: 7 }])(
  'killed, with pieces of $stepBytes bytes,',
  ({ stepBytes }) => {
    it.each(['steps', 'calls'] as const)(
      'at each of its %s: after undo the file is the old or the new one',
      (by) => {
        const count = countOf(jobOf(fileIn(), stepBytes, { by, at: -1, does: 'kill' }));
        expect(count).toBeGreaterThanOrEqual(5);
        const seen: string[] = [];
        for (const at of upTo(count)) {
          const file = fileIn();
          expect(run(jobOf(file, stepBytes, { by, at, does: 'kill' })).signal).toBe('SIGKILL');
          undo(file);
          seen.push(which(file));
          expect(beside(file)).toEqual(['rollout.jsonl']);
          expect(undo(file)).toBe(false);
          rmSync(path.dirname(file), { recursive: true });
        }
        expect(seen.filter((state) => state !== 'old' && state !== 'new')).toEqual([]);
        // Once it is new it stays new.
        expect(seen).toEqual(seen.toSorted((a, b) => Number(a === 'new') - Number(b === 'new')));
      },
    );
  },
);

it('killed at every call of an undo, the next undo gives back the old file', () => {
  const interrupted = (): string => {
    const file = fileIn();
    // The last but one step is the last patch, the last one the flush.
    const count = countOf(jobOf(fileIn(), undefined, { by: 'steps', at: -1 }));
    run(jobOf(file, undefined, { by: 'steps', at: count - 2 }));
    return file;
  };
  const count = countOf(undoJob(interrupted(), { by: 'calls', at: -1, does: 'kill' }));
  expect(count).toBeGreaterThan(5);
  for (const at of upTo(count)) {
    const file = interrupted();
    expect(which(file)).toBe('new');
    expect(run(undoJob(file, { by: 'calls', at, does: 'kill' })).signal).toBe('SIGKILL');
    undo(file);
    expect(which(file)).toBe('old');
    expect(beside(file)).toEqual(['rollout.jsonl']);
  }
});

describe('when the disk refuses', () => {
  it.each([{ stepBytes: undefined }, { stepBytes: 7 }])(
    'one call, whichever, pieces of $stepBytes bytes: it fails and leaves the old file, or succeeds',
    ({ stepBytes }) => {
      const count = countOf(jobOf(fileIn(), stepBytes, { by: 'calls', at: -1, does: 'full' }));
      const odd: string[] = [];
      for (const at of upTo(count)) {
        const file = fileIn();
        const { error } = run(jobOf(file, stepBytes, { by: 'calls', at, does: 'full' }));
        const state = which(file);
        if (!isHonest(state, error) || beside(file).length > 1)
          odd.push(`call ${at} of ${count}: ${error}, ${state}, ${beside(file).join(' ')}`);
        rmSync(path.dirname(file), { recursive: true });
      }
      expect(odd).toEqual([]);
    },
  );

  it('every call from one on: it fails, and the next undo gives back the old file, or it succeeds', () => {
    const count = countOf(jobOf(fileIn(), undefined, { by: 'calls', at: 1e9, does: 'lasting' }));
    const odd: string[] = [];
    for (const at of upTo(count)) {
      const file = fileIn();
      const { error } = run(jobOf(file, undefined, { by: 'calls', at, does: 'lasting' }));
      undo(file);
      if (!isHonest(which(file), error))
        odd.push(`call ${at} of ${count}: ${error}, ${which(file)}`);
    }
    expect(odd).toEqual([]);
  });

  it('a file of that size, before the first change', () => {
    const big = Buffer.concat([
      old,
      Buffer.from(
        item({ type: 'function_call_output', call_id: 'call_big', output: 'y'.repeat(20_000) }),
      ),
    ]);
    const file = fileIn(big);
    const job = { offset: old.length, length: big.length - old.length - 1, text: '{}' };
    const limited = `ulimit -f 8; exec "$0" "$@"`;
    const failed = spawnSync('bash', [
      '-c',
      limited,
      process.execPath,
      bundle,
      JSON.stringify({ file, patches: [job] }),
    ]);
    expect(answered(failed).error).toBe('EFBIG');
    expect(readFileSync(file).equals(big)).toBe(true);
    expect(beside(file)).toEqual(['rollout.jsonl']);
  });

  it('a write to the end of the file, after the first change', () => {
    const big = Buffer.concat([
      old,
      Buffer.from(item({ type: 'message', text: 'y'.repeat(20_000) })),
      old,
    ]);
    const file = fileIn(big);
    const later = patches.map((patch) => ({
      ...patch,
      offset: patch.offset + big.length - old.length,
    }));
    const both = [...patches, ...later].map((patch) => ({
      ...patch,
      text: patch.text.toString('latin1'),
    }));
    const limited = `ulimit -f 16; exec "$0" "$@"`;
    const failed = spawnSync('bash', [
      '-c',
      limited,
      process.execPath,
      bundle,
      JSON.stringify({ file, patches: both }),
    ]);
    expect(answered(failed).error).toBe('EFBIG');
    expect(readFileSync(file).equals(big)).toBe(true);
    expect(undo(file)).toBe(true);
    expect(readFileSync(file).equals(big)).toBe(true);
    expect(beside(file)).toEqual(['rollout.jsonl']);
  });

  describe('by its permissions', () => {
    const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
    const owned = (file: string): void => {
      if (nobody.uid === undefined) return;
      for (const each of [file, path.dirname(file)]) chownSync(each, nobody.uid, nobody.gid);
    };

    it('a folder that cannot be written leaves the file as it was', () => {
      const file = fileIn();
      owned(file);
      chmodSync(path.dirname(file), 0o555);
      expect(run(jobOf(file, undefined, undefined), nobody).error).toBe('EACCES');
      chmodSync(path.dirname(file), 0o755);
      expect(which(file)).toBe('old');
      expect(beside(file)).toEqual(['rollout.jsonl']);
    });

    it('a file that cannot be written stays as it was', () => {
      const file = fileIn();
      owned(file);
      chmodSync(file, 0o444);
      expect(run(jobOf(file, undefined, undefined), nobody).error).toBe('EACCES');
      expect(which(file)).toBe('old');
      expect(beside(file)).toEqual(['rollout.jsonl']);
    });

    it('a file that cannot be written back keeps its journal until it can', () => {
      const file = fileIn();
      owned(file);
      const count = countOf(jobOf(fileIn(), undefined, { by: 'steps', at: -1 }));
      expect(run(jobOf(file, undefined, { by: 'steps', at: count - 2 }), nobody).signal).toBe(
        'SIGKILL',
      );
      chmodSync(file, 0o444);
      expect(run(undoJob(file, undefined), nobody).error).toBe('EACCES');
      expect(beside(file)).toEqual(['rollout.jsonl', path.basename(journalOf(file))]);
      chmodSync(file, 0o644);
      expect(run(undoJob(file, undefined), nobody).error).toBe(undefined);
      expect(which(file)).toBe('old');
      expect(beside(file)).toEqual(['rollout.jsonl']);
    });
  });
});
