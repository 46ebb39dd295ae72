import { describe, expect, it } from 'vitest';
import { safeName, shapeOf } from '../../src/text/safe-name.js';

describe('safeName', () => {
  it('cuts a name, and leaves neither controls nor secrets in it', () => {
    expect(safeName('a\u001b[2J\nb(c)', 20)).toBe('a__2J_b_c_');
    expect(safeName('x'.repeat(200), 10)).toBe('x'.repeat(10));
    expect(safeName('ghp_0123456789abcdef0123', 40)).toBe('ghp__redacted_');
  });
});

describe('shapeOf', () => {
  it('shows names and types and no value', () => {
    const value = { a: 'secret', b: [1, 2], c: { d: null, e: [] }, f: true };
    expect(shapeOf(value)).toBe('{a: string, b: [number], c: {d: null, e: list}, f: boolean}');
  });

  it('shows the last value of a list where it has another shape than the first', () => {
    const said = { role: 'user', content: 'secret' };
    expect(shapeOf([said, 5, said])).toBe('[{role: string, content: string}]');
    expect(shapeOf([said, { role: 'user', parts: [{ text: 'secret' }] }])).toBe(
      '[{role: string, content: string}, …, {role: string, parts: [{text: string}]}]',
    );
  });

  it('does not look into what is somebody’s data', () => {
    expect(shapeOf({ arguments: { password: 1 }, inputSchema: { x: 1 }, _meta: {} })).toBe(
      '{arguments: object, inputSchema: object, _meta: {}}',
    );
  });

  it('bounds keys, depth and length', () => {
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`k${i}`, 1]));
    expect(shapeOf(many)).toMatch(/k19: number, …\}$/);
    expect(shapeOf({ a: { b: { c: { d: { e: { f: { g: { h: 1 } } } } } } } })).toBe(
      '{a: {b: {c: {d: {e: {f: {g: object}}}}}}}',
    );
    const wide = { a: many, b: many, c: many, d: many };
    expect(shapeOf(wide)).toHaveLength(1_001);
  });

  it('looks at no more of a value than it shows', () => {
    let looks = 0;
    const leaf = {
      get value() {
        looks += 1;
        return 1;
      },
    };
    const wide = (inner: object) =>
      Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`k${i}`, inner]));
    expect(shapeOf(wide(wide(wide(wide(leaf)))))).toHaveLength(1_001);
    expect(looks).toBeLessThan(1_000);
  });
});
