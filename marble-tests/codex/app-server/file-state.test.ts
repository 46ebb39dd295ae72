import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { filesOf, stateOf } from '../../../src/codex/app-server/file-state.js';

let root = '';
const at = (...names: string[]): string => path.join(root, ...names);
/** Whole seconds, which every file system keeps. */
const LONG_AGO = 1_000_000_000;
const write = (file: string, text: string, seconds = LONG_AGO): void => {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  utimesSync(file, seconds, seconds);
};

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'file-state-'));
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

describe('stateOf', () => {
  const state = (): string | undefined => stateOf(() => at('rollout'));

  it.each<[string, () => void]>([
    ['longer', () => write(at('rollout'), 'four.')],
    ['written again with as many bytes', () => write(at('rollout'), 'FOUR', LONG_AGO + 1)],
    [
      'another with the same size and time',
      () => {
        copyFileSync(at('rollout'), at('copy'));
        utimesSync(at('copy'), LONG_AGO, LONG_AGO);
        renameSync(at('copy'), at('rollout'));
      },
    ],
  ])('changes when the file is %s', (_, change) => {
    write(at('rollout'), 'four');
    const before = state();
    change();
    expect(before).toEqual(expect.any(String));
    expect(state()).toEqual(expect.any(String));
    expect(state()).not.toBe(before);
  });

  it('stays the same while nobody writes the file', () => {
    write(at('rollout'), 'four');
    const before = state();
    write(at('other'), 'more', LONG_AGO + 1);
    expect(state()).toBe(before);
  });

  it('is undefined without a file', () => {
    expect(state()).toBeUndefined();
  });

  it('is undefined when no file was found', () => {
    expect(stateOf(() => undefined)).toBeUndefined();
  });

  it('is undefined when the search fails', () => {
    const search = (): string => {
      throw new Error('EACCES');
    };
    expect(stateOf(search)).toBeUndefined();
  });
});

describe('filesOf', () => {
  const files = (): string => filesOf(at('home'), at('repository', 'package'), at('etc'));

  it.each([
    ['home', 'config.toml'],
    ['home', 'AGENTS.md'],
    ['home', 'AGENTS.override.md'],
    ['home', '.codex', 'config.toml'],
    ['home', 'hooks.json'],
    ['home', 'rules', 'default.rules'],
    ['etc', 'config.toml'],
    ['etc', 'managed_config.toml'],
    ['etc', 'requirements.toml'],
    ['etc', 'rules', 'default.rules'],
    ['repository', '.codex', 'hooks.json'],
    ['repository', '.codex', 'rules', 'default.rules'],
    ['repository', 'package', 'AGENTS.md'],
    ['repository', 'package', 'AGENTS.override.md'],
    ['repository', 'package', '.codex', 'config.toml'],
    ['repository', 'AGENTS.md'],
    ['repository', 'AGENTS.override.md'],
    ['repository', '.codex', 'config.toml'],
    ['AGENTS.md'],
  ])('changes when %s is created, written and removed', (...names) => {
    const none = files();
    write(at(...names), 'one');
    const one = files();
    write(at(...names), 'another');
    const another = files();
    expect(new Set([none, one, another]).size).toBe(3);
    rmSync(at(...names));
    expect(files()).toBe(none);
  });

  it.each([
    ['repository', 'package', 'README.md'],
    ['repository', 'package', 'below', 'AGENTS.md'],
    ['repository', 'config.toml'],
  ])('stays the same when %s, which codex does not read, is created', (...names) => {
    const before = files();
    write(at(...names), 'one');
    expect(files()).toBe(before);
  });

  it('changes when a file gets the name of another', () => {
    write(at('repository', 'AGENTS.md'), 'one');
    const before = files();
    renameSync(at('repository', 'AGENTS.md'), at('repository', 'AGENTS.override.md'));
    expect(files()).not.toBe(before);
  });
});
