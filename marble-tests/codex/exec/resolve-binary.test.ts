import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BinaryError, resolveBinary } from '../../../src/codex/exec/resolve-binary.js';

let dir = '';
beforeEach(() => {
  dir = realpathSync(mkdtempSync(path.join(tmpdir(), 'resolve-binary-')));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Writes a file below the temporary directory, and returns its path. */
const file = (name: string, mode = 0o755): string => {
  const at = path.join(dir, name);
  mkdirSync(path.dirname(at), { recursive: true });
  writeFileSync(at, '#!/bin/sh\n');
  chmodSync(at, mode);
  return at;
};
const PATH = (...names: string[]): string =>
  names.map((name) => path.join(dir, name)).join(path.delimiter);

describe('resolveBinary', () => {
  it('finds the first usable file with a bare name on PATH', () => {
    mkdirSync(path.join(dir, 'a', 'codex'), { recursive: true });
    file('b/codex', 0o644);
    const codex = file('c/codex');
    file('d/codex');

    expect(resolveBinary('codex', { PATH: PATH('none', 'a', 'b', 'c', 'd') })).toEqual({
      file: codex,
      env: {},
    });
  });

  it('keeps an absolute path, even of a link and without PATH', () => {
    const codex = file('codex');
    const link = path.join(dir, 'link');
    symlinkSync(codex, link);

    expect(resolveBinary(codex, {})).toEqual({ file: codex, env: {} });
    expect(resolveBinary(link, {})).toEqual({ file: link, env: {} });
  });

  it('ignores relative entries of PATH', () => {
    const codex = file('codex');
    const relative = path.relative(process.cwd(), path.dirname(codex));

    expect(() => resolveBinary('codex', { PATH: `:.:${relative}` })).toThrow(
      /there is no codex binary "codex" on PATH/,
    );
  });

  it.each(['./codex', 'bin/codex', '../codex', '~/codex', ''])(
    'refuses %j, which is neither a bare name nor an absolute path',
    (binary) => {
      file('codex');

      expect(() => resolveBinary(binary, { PATH: dir })).toThrow(
        /neither a bare name nor an absolute path/,
      );
    },
  );

  it.each([
    ['missing', 'missing', /does not exist/],
    ['below a file', 'plain/codex', /does not exist/],
    ['a dangling link', 'dangling', /dangling is a symbolic link to a path that does not exist;/],
    ['a loop of links', 'loop', /loop is a symbolic link in a loop of links; install it/],
    ['below a loop of links', 'loop/codex', /loop of links/],
    ['a long name', 'x'.repeat(300), /has a longer name than the system takes/],
    ['a directory', 'folder', /is not a file/],
    ['not executable', 'plain', /is not executable \(chmod \+x .*plain\)/],
  ])('refuses an absolute path that is %s', (_, name, reason) => {
    mkdirSync(path.join(dir, 'folder'));
    symlinkSync(path.join(dir, 'missing'), path.join(dir, 'dangling'));
    symlinkSync(path.join(dir, 'loop'), path.join(dir, 'loop'));
    file('plain', 0o644);

    expect(() => resolveBinary(path.join(dir, name), {})).toThrow(reason);
  });

  it('reports why the only file with a bare name cannot be used', () => {
    file('a/codex', 0o644);

    expect(() => resolveBinary('codex', { PATH: PATH('none', 'a') })).toThrow(
      /a\/codex is not executable/,
    );
  });

  it('reports a loop of links as the only name on PATH', () => {
    mkdirSync(path.join(dir, 'a'));
    symlinkSync('codex', path.join(dir, 'a/codex'));

    expect(() => resolveBinary('codex', { PATH: PATH('none', 'a') })).toThrow(
      /a\/codex is a symbolic link in a loop of links/,
    );
  });

  it.each([
    ['codex', { PATH: '/none' }, 'on PATH (/none)'],
    ['codex', {}, 'on PATH (which is not set)'],
  ])('says what to do (%#)', (binary, env, where) => {
    const refused = refusal(() => resolveBinary(binary, env));

    expect(refused).toBeInstanceOf(BinaryError);
    for (const word of [
      where,
      'npm install -g @openai/codex',
      '"binary" in config.json',
      'absolute path',
      'systemd',
    ]) {
      expect(refused).toHaveProperty('message', expect.stringContaining(word));
    }
  });
});

const modules = fileURLToPath(new URL('../../../node_modules', import.meta.url));
const wrapper = path.join(modules, '@openai', 'codex', 'bin', 'codex.js');
const platformPackage = `@openai/codex-${process.platform}-${process.arch}`;
const vendor = path.join(
  path.dirname(createRequire(wrapper).resolve(`${platformPackage}/package.json`)),
  'vendor',
);
const triple = readdirSync(vendor)[0] ?? '';

describe('resolveBinary, given the wrapper of the npm package', () => {
  it.each([
    ['codex/bin/codex.js', wrapper, ''],
    ['.bin/codex', path.join(modules, '.bin', 'codex'), ''],
    ['codex on PATH', 'codex', path.join(modules, '.bin')],
  ])('finds the native program behind %s', (_, binary, searched) => {
    const { file: native, env } = resolveBinary(binary, { PATH: searched });

    expect(native).toBe(path.join(vendor, triple, 'bin', 'codex'));
    expect(beginning(native, 2)).not.toBe('#!');
    expect(env).toMatchObject({
      CODEX_MANAGED_BY_NPM: '1',
      CODEX_MANAGED_PACKAGE_ROOT: realpathSync(path.join(modules, '@openai', 'codex')),
    });
  });

  it('puts the tools of the package before PATH', () => {
    const { env } = resolveBinary(wrapper, { PATH: '/usr/bin:/bin' });

    expect(env['PATH']).toBe(`${path.join(vendor, triple, 'codex-path')}:/usr/bin:/bin`);
  });

  it.each([{}, { PATH: '' }])(
    'adds no empty entry to PATH, which would mean the working directory (%#)',
    (given) => {
      const { env } = resolveBinary(wrapper, given);

      expect(env['PATH']).toBe(path.join(vendor, triple, 'codex-path'));
    },
  );

  it.each([
    ['of current packages', 'bin/codex', 'codex-path'],
    ['of older packages', 'codex/codex', 'path'],
  ])('finds the native program inside the package, in the layout %s', (_, native, tools) => {
    const script = file('codex/bin/codex.js');
    const program = file(path.join('codex', 'vendor', triple, native));

    expect(resolveBinary(script, { PATH: '/bin' })).toEqual({
      file: program,
      env: {
        PATH: `${path.join(dir, 'codex', 'vendor', triple, tools)}:/bin`,
        CODEX_MANAGED_BY_NPM: '1',
        CODEX_MANAGED_PACKAGE_ROOT: path.join(dir, 'codex'),
      },
    });
  });

  it('keeps the script without an executable native program', () => {
    const script = file('codex/bin/codex.js');
    file(path.join('codex', 'vendor', triple, 'bin', 'codex'), 0o644);

    expect(resolveBinary(script, { PATH: '/bin' })).toEqual({ file: script, env: {} });
  });

  it('keeps a script with another name', () => {
    const script = file('codex/bin/my-codex.js');
    file(path.join('codex', 'vendor', triple, 'bin', 'codex'));

    expect(resolveBinary(script, { PATH: '/bin' })).toEqual({ file: script, env: {} });
  });
});

const refusal = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    return error;
  }
};

const beginning = (name: string, length: number): string => {
  const bytes = Buffer.alloc(length);
  const opened = openSync(name, 'r');
  readSync(opened, bytes);
  closeSync(opened);
  return bytes.toString('latin1');
};
