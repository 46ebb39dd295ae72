import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { refusalOf, weaknessOf } from '../../../scripts/lib/checkout-trust.mjs';

const owners = [0, process.getuid?.() ?? 0];

/** A folder like a checkout, in a folder of its own. */
const openCheckout = () => {
  const base = mkdtempSync(path.join(tmpdir(), 'checkout-trust-'));
  onTestFinished(() => rmSync(base, { recursive: true }));
  const root = path.join(base, 'checkout');
  for (const dir of ['scripts/lib', 'dist', 'src/cli', 'node_modules/a'])
    mkdirSync(path.join(root, dir), { recursive: true });
  for (const file of ['package.json', 'scripts/lib/a.mjs', 'dist/install.cjs', 'src/cli/a.ts'])
    writeFileSync(path.join(root, file), '');
  return { base, root, weakness: (builds: boolean) => weaknessOf(root, { builds, owners }) };
};

describe('weaknessOf', () => {
  it('returns undefined for a checkout that nobody else can change', () => {
    const { weakness } = openCheckout();
    expect([weakness(false), weakness(true)]).toEqual([undefined, undefined]);
  });

  it.each([
    ['package.json', 0o664, false],
    ['scripts/lib/a.mjs', 0o646, false],
    ['dist', 0o1777, false],
    ['dist/install.cjs', 0o664, false],
    ['src/cli', 0o775, true],
    ['node_modules/a', 0o775, true],
  ])('names %s when its mode is %o', (name, mode, onlyForBuild) => {
    const { root, weakness } = openCheckout();
    const file = path.join(root, name);
    chmodSync(file, mode);
    expect(weakness(true)).toMatchObject({ file, isAbove: false });
    expect(weakness(false) === undefined).toBe(onlyForBuild);
  });

  it('names a folder above that others may write, unless it is sticky', () => {
    const { base, weakness } = openCheckout();
    chmodSync(base, 0o777);
    expect(weakness(false)).toEqual({
      file: base,
      why: 'may be written by everybody',
      isAbove: true,
    });
    chmodSync(base, 0o1777);
    expect(weakness(false)).toBeUndefined();
  });

  it('follows links, and checks the folders above their targets', () => {
    const { base, root, weakness } = openCheckout();
    const elsewhere = path.join(base, 'open/modules');
    mkdirSync(elsewhere, { recursive: true });
    symlinkSync(elsewhere, path.join(root, 'node_modules/b'));
    symlinkSync('../nowhere', path.join(root, 'node_modules/c'));
    expect(weakness(true)).toBeUndefined();
    chmodSync(path.dirname(elsewhere), 0o777);
    expect(weakness(true)).toMatchObject({ file: path.dirname(elsewhere), isAbove: true });
  });

  it('is asked for root only', () => {
    const { root } = openCheckout();
    chmodSync(path.join(root, 'dist'), 0o777);
    const refusal = (uid: number) =>
      refusalOf(root, { builds: false, uid, sudoUid: String(owners[1]) });
    expect([refusal(1000), refusal(0)]).toEqual([
      undefined,
      `root does not run this: ${root}/dist may be written by everybody, who could so run programs as root; run this as the user that the checkout and the profile belong to, or give the checkout to root: chown -Rh 0:0 '${root}' && chmod -R go-w '${root}'. Nothing was changed`,
    ]);
  });
});
