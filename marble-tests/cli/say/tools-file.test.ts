import { left, right } from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { parseTools, readTools } from '../../../src/cli/say/tools-file.js';

const tool = {
  name: 'look_up',
  description: 'Looks up.',
  inputSchema: { type: 'object', properties: {} },
  command: ['prog', '--flag', ''],
};
const parsed = (value: unknown) => parseTools('t.json', JSON.stringify(value));

describe('parseTools', () => {
  it('reads an array of tools with optional description and command', () => {
    const bare = { name: 'bare', inputSchema: { type: 'object' } };
    expect(parsed([tool, bare])).toEqual(right([tool, bare]));
    expect(parsed([])).toEqual(right([]));
    expect(parseTools('t.json', `\uFEFF${JSON.stringify([tool])}`)).toEqual(right([tool]));
  });

  it.each<[unknown, string]>([
    [{}, 't.json: value: expected an array of tools, got {}'],
    [[5], 't.json: 0: expected a tool, got 5'],
    [[tool, { ...tool, name: 5 }], 't.json: 1.name: expected string, got 5'],
    [[{ name: 'a' }], 't.json: 0.inputSchema: expected an object, got nothing'],
    [[{ ...tool, description: 1 }], 't.json: 0.description: expected string, got 1'],
    [
      [{ ...tool, command: 'prog arg' }],
      't.json: 0.command: expected array of strings, the program first, got "prog arg"',
    ],
    [
      [{ ...tool, command: [] }],
      't.json: 0.command: expected array of strings, the program first, got []',
    ],
    [
      [{ ...tool, command: [''] }],
      't.json: 0.command: expected array of strings, the program first, got [""]',
    ],
    [
      [{ ...tool, command: ['a\0'] }],
      't.json: 0.command: expected array of strings, the program first, got ["a\\u0000"]',
    ],
    [
      [tool, tool],
      't.json: the tool "look_up" cannot be used: there is another tool with this name',
    ],
  ])('rejects %j', (value, reason) => {
    expect(parsed(value)).toEqual(left(reason));
  });

  it('names the fault of a schema, of the JSON and of the file', () => {
    expect(parsed([{ ...tool, inputSchema: { type: 'nope' } }])).toEqual(
      left(
        expect.stringMatching(
          /^t\.json: the tool "look_up" cannot be used: its schema is wrong at /,
        ),
      ),
    );
    expect(parseTools('t.json', '[')).toEqual(
      left(expect.stringMatching(/^t\.json is not JSON: /)),
    );
    expect(readTools('/nowhere/t.json')).toEqual(
      left(expect.stringMatching(/^\/nowhere\/t\.json cannot be read: ENOENT/)),
    );
  });
});
