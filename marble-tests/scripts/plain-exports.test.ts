import { runInNewContext } from 'node:vm';
import { transform } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { plainExports } from '../../scripts/build/plain-exports.mjs';

/** Runs a part, and gives its exports as properties. */
const exportsOf = async (source: string): Promise<Record<string, PropertyDescriptor>> => {
  const { code } = await transform(source, { format: 'cjs', platform: 'node' });
  const module = { exports: {} };
  runInNewContext(plainExports(code), { module, exports: module.exports });
  return Object.getOwnPropertyDescriptors(module.exports);
};

describe('plainExports', () => {
  it('makes the exports of a part values', async () => {
    const { one, two, __esModule } = await exportsOf(
      'const a = 1; let b; b = 2; function later() { const c = a === 1; }\nexport { a as one, later as two };',
    );
    expect(one).toMatchObject({ value: 1, enumerable: true });
    expect(two).toMatchObject({ value: expect.any(Function) });
    expect(__esModule).toMatchObject({ value: true, enumerable: false });
  });

  it.each(['count += 1', 'count++', '++count', 'count = 2', 'count ??= 2', 'count <<= 2'])(
    'leaves the getters of a part that assigns anew to what it exports: %s',
    async (assignment) => {
      const { count } = await exportsOf(
        `export let count = 0; export const change = () => { ${assignment}; };`,
      );
      expect(count).toMatchObject({ get: expect.any(Function) });
    },
  );

  it.each([
    ['a variable without a value', 'let made; const change = () => { made = 1; };'],
    ['a function', 'function made() {} const change = () => { made = 1; };'],
    ['a destructured variable', 'let [made] = [1]; const change = () => { [made] = [2]; };'],
  ])('leaves the getters of a part that may assign to %s later', async (_what, source) => {
    const { made } = await exportsOf(`${source}\nexport { made, change };`);
    expect(made).toMatchObject({ get: expect.any(Function) });
  });
});
