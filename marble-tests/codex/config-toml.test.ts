import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { tomlString } from '../../src/codex/config-toml.js';

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
