import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { copyBuilt } from '../../scripts/lib/copy-built.mjs';
import { startPlugin, turnParams } from '../../scripts/lib/host.mjs';
import { run } from '../support/install.js';
import { executable, fakeCodex, type Lab, openLab } from '../support/lab.js';

const damages: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  empty: () => Buffer.of(),
  'cut in its first line': (bytes) => bytes.subarray(0, 9),
  'cut short': (bytes) => bytes.subarray(0, bytes.length - 100),
  'overwritten with zeros': (bytes) => bytes.fill(0, 1_000, 1_600),
  'overwritten with another file': (bytes) => bytes.fill('<html>', 1_000, 9_000),
};

/** A built plugin whose pack is damaged in a way, without the code that V8 compiled. */
const damagedPlugin = (lab: Lab, pack: string, how: string) => {
  const dist = lab.at('dist');
  copyBuilt(path.dirname(executable), dist);
  const file = path.join(dist, `${pack}.cjs`);
  writeFileSync(file, damages[how]?.(readFileSync(file)) ?? '');
  return {
    program: path.join(dist, path.basename(executable)),
    says: `${file} is damaged: run scripts/install.sh again, or in a checkout npm run build`,
  };
};

describe('a pack of the plugin', () => {
  it.each([
    ['main', 'cut short', []],
    ['main', 'overwritten with another file', []],
    ['main-serve-stdio', 'cut in its first line', []],
    ['main-serve-host', 'overwritten with zeros', []],
    ['about', 'empty', ['manifest']],
    ['about-config', 'cut short', ['manifest']],
    ['cli', 'overwritten with zeros', ['timeline', 'x']],
    ['cli-doctor', 'cut short', ['doctor']],
    ['say', 'cut in its first line', ['say', 'hi']],
    ['say-say-turn', 'overwritten with zeros', ['say', 'hi']],
    ['mcp-host', 'cut short', ['mcp-host', '--socket', 'x']],
  ])('ends the program with one line: %s, %s', async (pack, how, args) => {
    await using lab = await openLab();
    const { program, says } = damagedPlugin(lab, pack, how);
    expect(await run(program, args, lab.env)).toEqual({
      code: 1,
      stdout: '',
      stderr: `plexum-openai-provider-plugin: ${says}\n`,
    });
  });

  it('fails the turn that needs it when it is damaged', async () => {
    await using lab = await openLab();
    lab.configure({ binary: fakeCodex });
    const { program, says } = damagedPlugin(lab, 'main-execa', 'cut short');
    const plugin = lab.adopt(await startPlugin(program, { env: lab.env, cwd: lab.dir }));
    const turn = plugin.stream(turnParams(lab.workspace, '[]'));
    expect((await turn.response)['result'].outcome).toBe('failed');
    expect(turn.events.at(-1)?.['event']).toMatchObject({
      type: 'error',
      message: `codex: the codex process could not be started: ${says}`,
    });
  });

  it('is ASCII, as the launcher reads it', () => {
    const dist = path.dirname(executable);
    const packs = readdirSync(dist).filter((name) => /^(about|main|say|cli|mcp)/.test(name));
    const text = (name: string): string => readFileSync(path.join(dist, name), 'utf8');
    expect(packs.filter((name) => /[^\0-\x7f]/.test(text(name)))).toEqual([]);
  });
});
