import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'smol-toml';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mayHideLogin, startSettings, tomlString, tomlValue } from '../../src/codex/config-toml.js';

describe('tomlValue', () => {
  it.each<[text: string, value: unknown]>([
    ['"high"', 'high'],
    ['5', 5],
    ['true', true],
    ['{a=[1]}', { a: [1] }],
    ['high', 'high'],
    ['a b = c', 'a b = c'],
    ['1\nother=2', '1\nother=2'],
    ['2026-11-29', '2026-11-29'],
    ['', ''],
  ])('reads %j as %j', (text, value) => {
    expect(tomlValue(text)).toEqual(value);
  });
});

describe('startSettings', () => {
  it('holds what an app-server may read only when it starts', () => {
    expect(
      startSettings('model = "m"\nchatgpt_base_url = "u"\n[features]\na = true\n[projects."/w"]\n'),
    ).toEqual({ chatgpt_base_url: 'u', features: { a: true } });
  });

  it('is empty for an empty text', () => {
    expect(startSettings('')).toEqual({});
  });

  it('holds each number, also one beyond those of JavaScript', () => {
    const settingsWith = (number: string) => startSettings(`a = [{ b = ${number} }]\nc = 1\n`);

    expect(settingsWith('9007199254740993')).toEqual({ a: [{ b: '9007199254740993' }], c: 1 });
    expect(settingsWith('9007199254740993')).not.toEqual(settingsWith('9007199254740992'));
  });

  it('is undefined for a half-written text', () => {
    expect(startSettings('[features')).toBeUndefined();
  });
});

describe('mayHideLogin', () => {
  let home = '';
  beforeEach(() => {
    home = mkdtempSync(path.join(tmpdir(), 'config-toml-'));
  });
  afterEach(() => {
    rmSync(home, { recursive: true, force: true });
  });

  it.each([
    ['no store', '', false],
    ['a file', 'cli_auth_credentials_store = "file"', false],
    ['a keyring', 'cli_auth_credentials_store = "keyring"', true],
    ['a keyring where there is one', 'cli_auth_credentials_store = "auto"', true],
  ])('of a config.toml with %s', (_, toml, hidden) => {
    writeFileSync(path.join(home, 'config.toml'), toml);
    expect(mayHideLogin(home)).toBe(hidden);
  });
});

describe('tomlString', () => {
  it.each([
    ['nothing', ''],
    ['quotes and backslashes', 'a"b\\c\'d'],
    ['line feeds and tabs', 'a\nb\tc\r'],
    ['every other control character', '\0\x01\x08\x0C\x1B\x1F\x7F'],
    ['characters beyond ASCII', 'ü\u0085\u2028\uFEFF😀'],
  ])('is read back unchanged with %s', (_what, text) => {
    expect(parse(`key = ${tomlString(text)}`)).toEqual({ key: text });
    expect(tomlString(text)).not.toMatch(/[\0-\x1F\x7F]/);
  });
});
