import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addToAllowList,
  isAllowed,
  removeFromAllowList,
} from '../../../src/cli/install/allow-list.js';
import { InstallError } from '../../../src/cli/install/install-error.js';
import { anyJson, list, shape, word } from '../../properties/json-text.js';
import { holds } from '../../support/fuzz.js';

const add = (text: string): string => addToAllowList('/p/plexum.json', text, 'x');
const take = (text: string): string => removeFromAllowList('/p/plexum.json', text, 'x');

describe('addToAllowList and removeFromAllowList', () => {
  it.each([
    ['an empty list', '{"plugins":{"allow":[]}}', '{"plugins":{"allow":["x"]}}'],
    ['an empty list with space in it', '{"plugins":{"allow":[ ]}}', '{"plugins":{"allow":["x" ]}}'],
    [
      'a list in one line',
      '{ "plugins": { "allow": ["a", "b"] } }\n',
      '{ "plugins": { "allow": ["a", "b", "x"] } }\n',
    ],
    [
      'a list in lines',
      '{"plugins":{"allow":[\r\n\t"a"\r\n]}}',
      '{"plugins":{"allow":[\r\n\t"a",\r\n\t"x"\r\n]}}',
    ],
    [
      'names with brackets and quotes',
      '{"plugins":{"allow":["a]\\"}"]},"b":1}',
      '{"plugins":{"allow":["a]\\"}","x"]},"b":1}',
    ],
    ['null', '{"plugins":{"allow":null,"b":1}}', '{"plugins":{"allow":["x"],"b":1}}'],
    [
      'plugins without a list',
      '{"plugins": {\n  "b": 1.0\n}}',
      '{"plugins": {\n  "b": 1.0,\n  "allow": ["x"]\n}}',
    ],
    ['plugins that are empty', '{"plugins":{}}', '{"plugins":{"allow": ["x"]}}'],
    ['plugins that are null', '{"plugins":null}', '{"plugins":{"allow": ["x"]}}'],
    [
      'no plugins',
      '{\n    "port": 1e3\n}\n',
      '{\n    "port": 1e3,\n    "plugins": {"allow": ["x"]}\n}\n',
    ],
    ['an empty file of JSON', '{}', '{"plugins": {"allow": ["x"]}}'],
    [
      'a list that is elsewhere too',
      '{"allow":[],"a":{"plugins":{"allow":[]}}}',
      '{"allow":[],"a":{"plugins":{"allow":[]}},"plugins": {"allow": ["x"]}}',
    ],
    [
      'a key that is escaped',
      '{"pl\\u0075gins":{"allow":[]}}',
      '{"pl\\u0075gins":{"allow":["x"]}}',
    ],
    [
      'the last of two lists, which is the one that counts',
      '{"plugins":5,"plugins":{"allow":[],"allow":["a"]}}',
      '{"plugins":5,"plugins":{"allow":[],"allow":["a","x"]}}',
    ],
  ])('adds a name to %s', (_what, text, expected) => {
    expect(add(text)).toBe(expected);
    expect(isAllowed(expected, 'x')).toBe(true);
    expect(add(expected)).toBe(expected);
  });

  it.each([
    ['the only one', '{"plugins":{"allow":[ "x" ]}}', '{"plugins":{"allow":[]}}'],
    ['the first', '{"plugins":{"allow":[ "x", "a" ]}}', '{"plugins":{"allow":[ "a" ]}}'],
    ['the last', '{"plugins":{"allow":["a",\n "x"\n]}}', '{"plugins":{"allow":["a"\n]}}'],
    ['all of many', '{"plugins":{"allow":["x","a","x","x"]}}', '{"plugins":{"allow":["a"]}}'],
    ['none', '{"plugins":{"allow":["xx"]}}', '{"plugins":{"allow":["xx"]}}'],
    ['none where there is no list', '{"a":1}', '{"a":1}'],
  ])('removes a name: %s', (_what, text, expected) => {
    expect(take(text)).toBe(expected);
    expect(isAllowed(expected, 'x')).toBe(false);
  });

  it.each([
    ['', 'it is not JSON'],
    ['{"plugins": {"allow": []},}', 'it is not JSON'],
    ['{} // all', 'it is not JSON'],
    ['\uFEFF{}', 'it is not JSON'],
    ['[]', 'expected an object'],
    ['null', 'expected an object'],
    ['{"plugins": ["x"]}', '.plugins: expected an object, got an array'],
    ['{"plugins": "all"}', '.plugins: expected an object, got "all"'],
    ['{"plugins": {"allow": "x"}}', '.plugins.allow: expected an array of plugin names, got "x"'],
    [
      '{"plugins": {"allow": ["a", 5]}}',
      '.plugins.allow: expected an array of plugin names, got an array',
    ],
    [
      '{"plugins": {"allow": {"x": true}}}',
      '.plugins.allow: expected an array of plugin names, got an object',
    ],
    [`{"a": ${'['.repeat(50_000)}${']'.repeat(50_000)}}`, 'it is nested too deep'],
  ])('refuses a malformed file with an error that names it (%#)', (text, message) => {
    for (const edit of [add, take]) {
      expect(() => edit(text)).toThrow(InstallError);
      expect(() => edit(text)).toThrow(`/p/plexum.json: ${message}`);
      expect(() => edit(text)).toThrow(/correct it and run this again/);
    }
    expect(isAllowed(text, 'x')).toBe(false);
  });

  it('changes no other byte of any file', () => {
    const plugins = shape({ allow: list(word('a', 'b', ']', '"')), ['__proto__']: anyJson });
    const text = fc.oneof(shape({ plugins, port: anyJson }), shape({ plugins }), anyJson);
    const laidOut = fc.oneof(
      text,
      fc.tuple(text, fc.constantFrom(0, 1, 2, '\t')).map(([json, indent]) => {
        try {
          return JSON.stringify(JSON.parse(json), null, indent);
        } catch {
          return json;
        }
      }),
    );
    // What compares them is recursive.
    const shallow = laidOut.filter((json) => json.length < 5_000);
    holds(
      fc.property(shallow, (before) => {
        let after;
        try {
          after = add(before);
        } catch (error) {
          expect(error).toBeInstanceOf(InstallError);
          return;
        }
        const [was, is] = [JSON.parse(before), JSON.parse(after)];
        expect(is.plugins.allow).toEqual([...(was.plugins?.allow ?? []), 'x']);
        if (was.plugins?.allow?.length > 0) expect(take(after)).toBe(before);
        delete is.plugins.allow;
        if (was.plugins) delete was.plugins.allow;
        else delete is.plugins;
        if (!was.plugins) delete was.plugins;
        expect(is).toEqual(was);
      }),
    );
  });
});
