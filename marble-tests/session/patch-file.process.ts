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
import type { Patch } from '../../src/codex/rollout/patch.js';
import type { Op } from '../../src/session/call-edits.js';
import { patchLine } from '../../src/session/patch-line.js';
import { journalOf, undoPatch } from '../../src/session/undo-journal.js';

const project = fileURLToPath(new URL('../..', import.meta.url));
const root = mkdtempSync(path.join(tmpdir(), 'plexum-kill-'));
const bundle = path.join(root, 'child.cjs');

/**
 * The child: patches or undoes a file. `at` is the step (`steps`) or the call of the file system
 * (`calls`) at which it kills itself in the middle of a write, or at which the disk is full once
 * (`full`) or from then on (`lasting`). It prints the number of steps or calls, and the error.
 */
const program = `
import fs from 'node:fs';
import { patchFile } from './src/session/patch-file.ts';
import { undoPatch } from './src/session/undo-journal.ts';
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
  if (patches === undefined) undoPatch(file);
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

const outcomeOf = ({ status, signal, stdout, stderr }: ReturnType<typeof spawnSync>) => {
  expect(String(stderr)).toBe('');
  const { count = 0, error }: { count?: number; error?: string } =
    status === 0 ? JSON.parse(String(stdout)) : {};
  return { signal, count, error };
};
const run = (job: string, options: Parameters<typeof spawnSync>[2] = {}) =>
  outcomeOf(spawnSync(process.execPath, [bundle, job], options));
/** The number of steps or calls of a run without faults. */
const countOf = (job: string): number => {
  const { count, error } = run(job);
  expect(error).toBe(undefined);
  return count;
};
const undoJob = (file: string, fault: Fault): string => JSON.stringify({ file, ...fault });

/** Whether a run did all or nothing, and reported which. */
const isHonest = (state: string, error: string | undefined): boolean =>
  state === (error === 'ENOSPC' ? 'old' : error === undefined ? 'new' : error);

/** Whether the file is old or fully patched. Every line has to parse. */
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

it('patchFile patches four lines of a rollout', () => {
  const file = fileIn();
  expect(patches).toHaveLength(4);
  expect(run(jobOf(file, undefined, undefined))).toEqual({
    signal: null,
    count: 0,
    error: undefined,
  });
  expect(which(file)).toBe('new');
});

// 37 bytes: most patches span two steps, and most steps end within a patch.
describe.each([{ stepBytes: undefined }, { stepBytes: 37 }])(
  'patchFile, killed in steps of $stepBytes bytes',
  ({ stepBytes }) => {
    it.each(['steps', 'calls'] as const)(
      'leaves a file that undoPatch makes either old or fully patched, at each of its %s',
      (by) => {
        const count = countOf(jobOf(fileIn(), stepBytes, { by, at: -1, does: 'kill' }));
        expect(count).toBeGreaterThanOrEqual(5);
        const seen: string[] = [];
        for (const at of upTo(count)) {
          const file = fileIn();
          expect(run(jobOf(file, stepBytes, { by, at, does: 'kill' })).signal).toBe('SIGKILL');
          undoPatch(file);
          seen.push(which(file));
          expect(beside(file)).toEqual(['rollout.jsonl']);
          expect(undoPatch(file)).toBe(false);
          rmSync(path.dirname(file), { recursive: true });
        }
        expect(seen.filter((state) => state !== 'old' && state !== 'new')).toEqual([]);
        // Once a step leaves it new, all later steps do.
        expect(seen).toEqual(seen.toSorted((a, b) => Number(a === 'new') - Number(b === 'new')));
      },
    );
  },
);

it('undoPatch restores the file after it was killed at any of its calls', () => {
  const interrupted = (): string => {
    const file = fileIn();
    // The last step is the flush, the one before it the last patch.
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
    undoPatch(file);
    expect(which(file)).toBe('old');
    expect(beside(file)).toEqual(['rollout.jsonl']);
  }
});

describe('patchFile, when the disk refuses', () => {
  it.each([{ stepBytes: undefined }, { stepBytes: 37 }])(
    'throws and restores the file, or succeeds, when any one call fails in steps of $stepBytes bytes',
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

  it('throws, and undoPatch restores the file, or succeeds, when all calls from any one on fail', () => {
    const count = countOf(jobOf(fileIn(), undefined, { by: 'calls', at: 1e9, does: 'lasting' }));
    const odd: string[] = [];
    for (const at of upTo(count)) {
      const file = fileIn();
      const { error } = run(jobOf(file, undefined, { by: 'calls', at, does: 'lasting' }));
      undoPatch(file);
      if (!isHonest(which(file), error))
        odd.push(`call ${at} of ${count}: ${error}, ${which(file)}`);
    }
    expect(odd).toEqual([]);
  });

  it('leaves the file as it was when the journal does not fit on the disk', () => {
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
    expect(outcomeOf(failed).error).toBe('EFBIG');
    expect(readFileSync(file).equals(big)).toBe(true);
    expect(beside(file)).toEqual(['rollout.jsonl']);
  });

  it('leaves a journal when the disk refuses both a change and its undo', () => {
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
    expect(outcomeOf(failed).error).toBe('EFBIG');
    expect(readFileSync(file).equals(big)).toBe(true);
    expect(undoPatch(file)).toBe(true);
    expect(readFileSync(file).equals(big)).toBe(true);
    expect(beside(file)).toEqual(['rollout.jsonl']);
  });

  describe('because of permissions', () => {
    const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
    const giveToNobody = (file: string): void => {
      if (nobody.uid === undefined) return;
      for (const each of [file, path.dirname(file)]) chownSync(each, nobody.uid, nobody.gid);
    };

    it('leaves the file as it was when its folder is read-only', () => {
      const file = fileIn();
      giveToNobody(file);
      chmodSync(path.dirname(file), 0o555);
      expect(run(jobOf(file, undefined, undefined), nobody).error).toBe('EACCES');
      chmodSync(path.dirname(file), 0o755);
      expect(which(file)).toBe('old');
      expect(beside(file)).toEqual(['rollout.jsonl']);
    });

    it('leaves the file as it was when it is read-only', () => {
      const file = fileIn();
      giveToNobody(file);
      chmodSync(file, 0o444);
      expect(run(jobOf(file, undefined, undefined), nobody).error).toBe('EACCES');
      expect(which(file)).toBe('old');
      expect(beside(file)).toEqual(['rollout.jsonl']);
    });

    it('keeps the journal until the file can be restored', () => {
      const file = fileIn();
      giveToNobody(file);
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
