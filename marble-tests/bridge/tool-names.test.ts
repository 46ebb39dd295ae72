import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { namespaceOf, serverName, toolName } from '../../src/bridge/tool-names.js';
import { holds } from '../support/fuzz.js';

const ACCEPTED = /^[A-Za-z0-9_-]{1,64}$/;

/** Names that hosts may give: plain ones, odd ones, and such that look like ours. */
const given = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.stringMatching(/^[A-Za-z0-9_-]{1,80}$/),
  fc.constantFrom(
    '',
    ' ',
    'a b',
    'a.b',
    'a_b',
    'a/b',
    'a\tb',
    '日本',
    '工具',
    '🎉',
    'é',
    'e\u0301',
    '__proto__',
    '-',
    '--',
    'constructor',
    '\0',
  ),
);

describe.each([
  ['toolName', toolName],
  ['serverName', (id: string) => serverName(id, '0.169.0')],
  ['serverName before 0.149', (id: string) => serverName(id, '0.135.0')],
])('%s', (_name, named) => {
  it('returns a name that codex accepts', () => {
    holds(
      fc.property(given, (text) => {
        expect(named(text)).toMatch(ACCEPTED);
      }),
    );
  });

  it('returns the same name each time', () => {
    holds(
      fc.property(given, (text) => {
        expect(named(text)).toBe(named(text));
      }),
    );
  });

  it('returns different names for different texts', () => {
    holds(
      fc.property(given, given, (one, other) => {
        fc.pre(one !== other);
        expect(named(one)).not.toBe(named(other));
      }),
    );
  });

  it('returns another name for a text that looks like a returned name', () => {
    holds(
      fc.property(given, (text) => {
        const name = named(text);
        const alike = name.replace(/^plexum-host-/, '');
        fc.pre(alike !== text);
        expect(named(alike)).not.toBe(name);
      }),
      { examples: [['a b']] },
    );
  });

  it.each([
    ['a b', 'a_b'],
    ['a b', 'a.b'],
    ['日本', '工具'],
    ['é', 'e\u0301'],
    ['', ' '],
    ['', '_'],
    ['x'.repeat(65), 'x'.repeat(66)],
    ['x'.repeat(29), 'x'.repeat(30)],
    ['x'.repeat(48), 'x'.repeat(49)],
    [`${'x'.repeat(60)}1`, `${'x'.repeat(60)}2`],
    ['x'.repeat(31), 'x'.repeat(400)],
    ['x'.repeat(54), 'x'.repeat(400)],
    ['A', 'a'],
  ])('returns different names for %j and %j', (one, other) => {
    expect(named(one)).not.toBe(named(other));
  });
});

describe('toolName', () => {
  it.each([['add'], ['get_weather'], ['a-b'], ['__proto__'], ['x'.repeat(64)]])(
    'keeps %j unchanged',
    (name) => {
      expect(toolName(name)).toBe(name);
    },
  );
});

describe('serverName', () => {
  it('returns plexum-host- and the agent id', () => {
    expect(serverName('ada', undefined)).toBe('plexum-host-ada');
    expect(serverName('Ada_2-x', '0.135.0')).toBe('plexum-host-Ada_2-x');
  });

  it('keeps a whole UUID from codex 0.149 on', () => {
    const id = '01a1fb83-ff35-7422-9e00-a5a8974b6993';
    expect(serverName(id, '0.149.0')).toBe(`plexum-host-${id}`);
    expect(serverName(id, '0.148.0')).toMatch(/^plexum-host-01a1fb83-ff35-7422_x[0-9a-f]{8}$/);
  });

  it('starts with plexum-host- for every id', () => {
    holds(
      fc.property(given, (id) => {
        expect(serverName(id, '0.169.0')).toMatch(/^plexum-host-/);
      }),
    );
  });

  it('replaces other characters by _ and appends a digest', () => {
    expect(serverName('a b.c', '0.169.0')).toMatch(/^plexum-host-a_b_c_x[0-9a-f]{8}$/);
  });
});

describe('namespaceOf', () => {
  it('returns mcp__ and the name with _ for -', () => {
    expect(namespaceOf('plexum-host-ada')).toBe('mcp__plexum_host_ada');
    expect(namespaceOf(serverName('a b', '0.169.0'))).toMatch(
      /^mcp__plexum_host_a_b_x[0-9a-f]{8}$/,
    );
  });
});
