import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';

const folder = fileURLToPath(new URL('../../scripts', import.meta.url));
const scripts = readdirSync(folder).filter((name) => /^[a-z-]+\.(?:mjs|sh)$/.test(name));

const runAll = (...args: string[]) =>
  Promise.all(
    scripts.map(async (name) => {
      const file = path.join(folder, name);
      const command = name.endsWith('.sh') ? [file] : [process.execPath, file];
      const [program = '', ...rest] = [...command, ...args];
      const { exitCode, stdout, stderr } = await execa(program, rest, {
        reject: false,
        stripFinalNewline: false,
      });
      return { name, exitCode, stdout, stderr };
    }),
  );

describe('readCommandLine', () => {
  it('lets every script print its usage for --help, whatever else it gets', async () => {
    expect(await runAll('--nope', '--help')).toEqual(
      scripts.map((name) => ({
        name,
        exitCode: 0,
        stdout: expect.stringMatching(/(?:npm|node|\.\/scripts\/).*\n/),
        stderr: '',
      })),
    );
  });

  it('lets every script refuse an unknown argument in one line, with exit code 2', async () => {
    expect(await runAll('--nope')).toEqual(
      scripts.map((name) => ({
        name,
        exitCode: 2,
        stdout: '',
        stderr: `${name.replace(/\..*/, '')}: unknown option '--nope'; see --help\n`,
      })),
    );
  });

  it.each([
    [['chaos.mjs', '--seconds', '0'], 'chaos: --seconds takes a whole number from 1 on, not "0"'],
    [['chaos.mjs', '--transport=x'], 'chaos: --transport takes exec or app-server, not "x"'],
    [['soak.mjs', '--codex', '0.1.0'], 'soak: codex 0.1.0 is not installed: npm ci'],
    [['mutants.mjs', 'turn/nowhere.ts:4'], 'mutants: there is no "turn/nowhere.ts:4" below src/'],
    [['fuzz.mjs', '--seed', 'x'], 'fuzz: --seed takes a whole number from 0 on, not "x"'],
    [['fuzz.mjs', '--runs'], "fuzz: Option '--runs <value>' argument missing"],
  ])('says what a flag of %j takes', async ([name = '', ...args], words) => {
    const { exitCode, stdout, stderr } = await execa(
      process.execPath,
      [path.join(folder, name), ...args],
      { reject: false },
    );
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr.startsWith(words)).toBe(true);
    expect(stderr.split('\n')).toHaveLength(1);
  });
});
