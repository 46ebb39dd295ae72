import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { changedInputs, createServerInputs } from '../../../src/codex/app-server/server-inputs.js';

let root = '';
const at = (...names: string[]): string => path.join(root, ...names);
/** Writes another file of this name: its inode shows the change, however coarse the clock is. */
const write = (text: string, ...names: string[]): void => {
  writeFileSync(at('new'), text, { mode: 0o700 });
  renameSync(at('new'), at(...names));
};
const reader = () =>
  createServerInputs({
    binary: at('codex-program'),
    environment: { CODEX_HOME: at('link'), SSL_CERT_FILE: at('ca.pem') },
    systemFolder: at('etc'),
  });
/** The names that differ after the change. */
const changedBy = (change: () => void): string[] => {
  const read = reader();
  const before = read();
  change();
  return changedInputs(before, read());
};

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'server-inputs-'));
  for (const folder of ['home', 'other', 'etc']) mkdirSync(at(folder));
  symlinkSync(at('home'), at('link'));
  write('#!/bin/sh\n', 'codex-program');
  write('{"OPENAI_API_KEY":"sk-1"}', 'home', 'auth.json');
  write(`model_catalog_json = "models.json"\nmodel = "one"\n`, 'home', 'config.toml');
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

describe('createServerInputs', () => {
  it.each<[string, () => void]>([
    ['codex itself', () => write('#!/bin/sh\n', 'codex-program')],
    ['auth.json', () => write('{"OPENAI_API_KEY":"sk-2"}', 'home', 'auth.json')],
    ['auth.json', () => rmSync(at('home', 'auth.json'))],
    ['.env', () => write('A=1', 'home', '.env')],
    ['environments.toml', () => write('a = 1', 'home', 'environments.toml')],
    [
      'config.toml',
      () =>
        write('model_catalog_json = "models.json"\n[features]\na = true', 'home', 'config.toml'),
    ],
    ['model_catalog_json', () => write('{}', 'home', 'models.json')],
    ['SSL_CERT_FILE', () => write('certificate', 'ca.pem')],
    [
      'CODEX_HOME',
      () => {
        renameSync(at('home'), at('away'));
        renameSync(at('other'), at('home'));
      },
    ],
  ])('tells that %s has changed', (name, change) => {
    expect(changedBy(change)).toContain(name);
  });

  it.each([
    ['config.toml', 'chatgpt_base_url = "https://example.org"'],
    ['managed_config.toml', 'chatgpt_base_url = "https://example.org"'],
    ['requirements.toml', 'enforce_residency = "us"'],
  ])('tells that %s of the machine has changed', (name, text) => {
    expect(changedBy(() => write(text, 'etc', name))).toEqual([at('etc', name)]);
  });

  it.each<[string, () => void]>([
    ['nothing changes', () => undefined],
    [
      'a file gets the same text again',
      () => write('{"OPENAI_API_KEY":"sk-1"}', 'home', 'auth.json'),
    ],
    ['auth.json is half-written', () => write('{"OPENAI_AP', 'home', 'auth.json')],
    ['config.toml is half-written', () => write('[features', 'home', 'config.toml')],
    [
      'auth.json becomes a pipe, which nobody writes',
      () => {
        rmSync(at('home', 'auth.json'));
        execFileSync('mkfifo', [at('home', 'auth.json')]);
      },
    ],
    ['codex is being installed', () => rmSync(at('codex-program'))],
    [
      'config.toml changes where codex reads it again for a thread, or writes it by itself',
      () =>
        write(
          'model_catalog_json = "models.json"\nmodel = "two"\n[projects."/w"]\ntrust_level = "trusted"\n',
          'home',
          'config.toml',
        ),
    ],
    ['codex writes a database', () => write('', 'home', 'state_5.sqlite')],
  ])('tells no change when %s', (_, change) => {
    expect(changedBy(change)).toEqual([]);
  });

  it('tells a change of a login that was half-written before', () => {
    const read = reader();
    const before = read();
    write('{"OPENAI', 'home', 'auth.json');
    const meanwhile = read();
    write('{"OPENAI_API_KEY":"sk-2"}', 'home', 'auth.json');
    expect(changedInputs(before, meanwhile)).toEqual([]);
    expect(changedInputs(before, read())).toEqual(['auth.json']);
  });
});

describe('changedInputs', () => {
  it('is empty for the same inputs', () => {
    expect(changedInputs(new Map([['a', '1']]), new Map([['a', '1']]))).toEqual([]);
  });

  it('names what differs, and nothing that is unknown on one side', () => {
    const before = new Map([
      ['gone', '1'],
      ['unknown', ''],
      ['unreadable', '1'],
      ['other', '1'],
      ['same', '1'],
    ]);
    const after = new Map([
      ['other', '2'],
      ['same', '1'],
      ['unknown', '1'],
      ['unreadable', ''],
      ['new', '1'],
    ]);
    expect(changedInputs(before, after)).toEqual(['other']);
  });
});
