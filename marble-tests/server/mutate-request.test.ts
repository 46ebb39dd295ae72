import { isLeft } from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { mutateRequest } from '../../src/server/mutate-request.js';

const light = (block_id: unknown) => ({ block_id, op: 'consume-light' });
const heavy = (block_id: unknown) => ({ block_id, op: 'consume-heavy' });

const read = (params: unknown) => {
  const result = mutateRequest(params);
  if (isLeft(result))
    return { code: result.left.code, message: result.left.message, data: result.left.data };
  const { agentId, workspace, requested, ops } = result.right;
  return { agentId, workspace, requested, ops: Object.fromEntries(ops) };
};
const asked = (mutations: unknown) => read({ agent_id: 'ada', workspace: '/w', mutations });

describe('mutateRequest', () => {
  it('reads what the host consumed, by call id', () => {
    expect(asked([light('call_a'), heavy('call_b')])).toEqual({
      agentId: 'ada',
      workspace: '/w',
      requested: 2,
      ops: { call_a: 'consume-light', call_b: 'consume-heavy' },
    });
  });

  it.each([
    ['none', []],
    ['null', null],
    ['no key', undefined],
  ])('reads %s as no mutations', (_, mutations) => {
    expect(asked(mutations)).toMatchObject({ requested: 0, ops: {} });
  });

  it('counts and ignores unknown mutations', () => {
    const odd = [
      { block_id: 'a', op: 'consume-everything' },
      { block_id: 'a', op: 'toString' },
      { block_id: 'a', op: '__proto__' },
      { block_id: 'a' },
      { op: 'consume-light' },
      light(7),
      light(null),
      'consume-light',
      null,
      [],
      7,
    ];
    expect(asked([...odd, light('known')])).toMatchObject({
      requested: odd.length + 1,
      ops: { known: 'consume-light' },
    });
  });

  it('uses the last mutation of an id, and counts both', () => {
    expect(asked([heavy('a'), light('b'), light('a')])).toMatchObject({
      requested: 3,
      ops: { a: 'consume-light', b: 'consume-light' },
    });
    expect(asked([light('a'), { block_id: 'a', op: 'unknown' }])).toMatchObject({
      requested: 2,
      ops: { a: 'consume-light' },
    });
  });

  it('accepts ids of any text', () => {
    const ids = ['', ' ', '"', '\\', '\u2028', '日本', 'constructor', 'x'.repeat(10_000)];
    expect(asked(ids.map(light))).toMatchObject({
      requested: ids.length,
      ops: Object.fromEntries(ids.map((id) => [id, 'consume-light'])),
    });
    const proto = mutateRequest({ workspace: '/w', mutations: [heavy('__proto__')] });
    expect(isLeft(proto) ? undefined : [...proto.right.ops]).toEqual([
      ['__proto__', 'consume-heavy'],
    ]);
  });

  it('ignores unknown keys', () => {
    expect(
      read({ workspace: '/w', more: 1, mutations: [{ ...light('a'), reason: 'read' }] }),
    ).toMatchObject({
      requested: 1,
      ops: { a: 'consume-light' },
    });
  });

  it('reads many mutations', () => {
    const many = Array.from({ length: 100_000 }, (_, i) => light(`call_${i}`));
    const result = mutateRequest({ workspace: '/w', mutations: many });
    expect(isLeft(result) ? 0 : result.right.ops.size).toBe(100_000);
  });

  it.each([
    ['nothing', {}],
    ['a number', { agent_id: 7 }],
    ['null', { agent_id: null }],
  ])('accepts an absent agent id: %s', (_, about) => {
    expect(read({ workspace: '/w', mutations: [], ...about })).toMatchObject({
      agentId: '',
      workspace: '/w',
    });
  });

  it('normalizes the path of the workspace', () => {
    expect(read({ workspace: '/w/./x/../', mutations: [] })).toMatchObject({ workspace: '/w' });
    expect(read({ workspace: '/w/ä b/', mutations: [] })).toMatchObject({ workspace: '/w/ä b' });
  });

  it.each([
    ['nothing', undefined, 'workspace'],
    ['null', null, 'workspace'],
    ['a list', [], 'an object'],
    ['a text', 'params', 'an object'],
    ['no workspace', { mutations: [] }, 'workspace'],
    ['a number as workspace', { workspace: 1, mutations: [] }, 'workspace'],
    ['an empty workspace', { workspace: '', mutations: [] }, 'absolute path'],
    ['a relative workspace', { workspace: 'w', mutations: [] }, 'absolute path'],
    ['a workspace from home', { workspace: '~/w', mutations: [] }, 'absolute path'],
    ['a workspace with a zero byte', { workspace: '/w\0', mutations: [] }, 'a NUL character'],
    ['a text as mutations', { workspace: '/w', mutations: 'all' }, 'mutations'],
    ['an object as mutations', { workspace: '/w', mutations: {} }, 'mutations'],
    ['a number as mutations', { workspace: '/w', mutations: 0 }, 'mutations'],
  ])('refuses %s', (_, params, named) => {
    expect(read(params)).toEqual({
      code: -32602,
      message: expect.stringMatching(new RegExp(`^codex: .*${named}`)),
      data: { kind: 'invalid_request' },
    });
  });
});
