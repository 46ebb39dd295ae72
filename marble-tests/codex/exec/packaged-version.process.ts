import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { lastValueFrom } from 'rxjs';
import { afterAll, describe, expect, it } from 'vitest';
import { findCodex$ } from '../../../src/codex/exec/find-codex.js';
import { packagedVersion } from '../../../src/codex/exec/packaged-version.js';
import { resolveBinary } from '../../../src/codex/exec/resolve-binary.js';
import { codexVersion, realCodex } from '../../support/lab.js';

const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'plexum-packaged-')));
afterAll(() => {
  rmSync(root, { recursive: true });
});

const ABOUT = { layoutVersion: 1, version: '0.171.0', entrypoint: 'bin/codex' };

/** A package with this text in its file, and a program that says another version. */
const programWith = (text: string | undefined): string => {
  const dir = mkdtempSync(path.join(root, 'package-'));
  mkdirSync(path.join(dir, 'bin'));
  const file = path.join(dir, 'bin', 'codex');
  writeFileSync(file, '#!/bin/sh\necho codex-cli 0.150.1\n', { mode: 0o755 });
  if (text !== undefined) writeFileSync(path.join(dir, 'codex-package.json'), text);
  return file;
};

describe('packagedVersion', () => {
  it('reads the version of the real codex', () => {
    expect(packagedVersion(resolveBinary(realCodex, process.env).file)).toBe(codexVersion);
  });

  it.each([
    ['a release', ABOUT, '0.171.0'],
    ['a pre-release', { ...ABOUT, version: '0.172.0-alpha.3' }, '0.172.0'],
    ['another program', { ...ABOUT, entrypoint: 'bin/codex-code-mode-host' }, undefined],
    ['another layout', { ...ABOUT, layoutVersion: 2 }, undefined],
    ['no version', { ...ABOUT, version: 'next' }, undefined],
    ['no entry point', { layoutVersion: 1, version: '0.171.0' }, undefined],
    ['much text', { ...ABOUT, note: 'x'.repeat(5_000) }, undefined],
    ['null', null, undefined],
  ])('judges the package of a program that names %s', (_what, about, expected) => {
    expect(packagedVersion(programWith(JSON.stringify(about)))).toBe(expected);
  });

  it('knows no version of a program without a package, or with one that is cut short', () => {
    expect(packagedVersion(programWith(undefined))).toBeUndefined();
    expect(packagedVersion(programWith(JSON.stringify(ABOUT).slice(0, 40)))).toBeUndefined();
    expect(packagedVersion(path.join(root, 'absent', 'bin', 'codex'))).toBeUndefined();
  });

  it.each([
    ['a few seconds later', 5, '0.171.0'],
    ['earlier, as by a tool that keeps times', -1e6, '0.171.0'],
    ['a day later', 86_400, undefined],
  ])('judges the package of a program that was written %s', (_when, seconds, expected) => {
    const file = programWith(JSON.stringify(ABOUT));
    utimesSync(path.join(file, '../../codex-package.json'), 1e9, 1e9);
    utimesSync(file, 1e9 + seconds, 1e9 + seconds);

    expect(packagedVersion(file)).toBe(expected);
  });

  it('asks a program that was moved there later with its old time', () => {
    const file = programWith(JSON.stringify(ABOUT));
    const stat = (name: string) => ({ mtimeMs: 1e9, ctimeMs: name === file ? 2e9 : 1e9 });

    expect(packagedVersion(file, stat)).toBeUndefined();
  });

  it('looks beside the program that a link leads to', () => {
    const link = path.join(root, 'codex');
    symlinkSync(programWith(JSON.stringify(ABOUT)), link);

    expect(packagedVersion(link)).toBe('0.171.0');
  });
});

describe('findCodex$', () => {
  const versionOf = async (file: string) =>
    (await lastValueFrom(findCodex$(file, { PATH: process.env['PATH'] ?? '' }))).version;

  it('takes the version of the package, without a start of the program', async () => {
    expect(await versionOf(programWith(JSON.stringify(ABOUT)))).toBe('0.171.0');
  });

  it('asks a program without a package', async () => {
    expect(await versionOf(programWith(undefined))).toBe('0.150.1');
  });

  it('asks a program that was put in the place of its package’s own', async () => {
    const file = programWith(JSON.stringify(ABOUT));
    utimesSync(path.join(file, '../../codex-package.json'), 1e9, 1e9);

    expect(await versionOf(file)).toBe('0.150.1');
  });

  it.runIf(process.platform === 'linux').each([
    ['with its package', JSON.stringify(ABOUT)],
    ['without a package', undefined],
  ])('says of a program %s that it is for another machine', async (_what, about) => {
    const file = programWith(about);
    const program = readFileSync('/bin/sh');
    program.writeUInt16LE(process.arch === 'x64' ? 183 : 62, 18);
    writeFileSync(file, program);

    await expect(versionOf(file)).rejects.toThrow(
      /is a program for Linux on \S+, and this machine is linux on \S+; install codex on this machine/,
    );
  });

  it('takes a program for another machine that runs all the same', async () => {
    const file = programWith(undefined);
    // What an emulator is for the system: something that runs it.
    writeFileSync(file, 'MZ() { :; }\necho codex-cli 0.150.1\n');

    expect(await versionOf(file)).toBe('0.150.1');
  });

  it('asks a program for another machine again that has printed no version', async () => {
    const file = programWith(undefined);
    const warm = path.join(path.dirname(file), 'warm');
    const answer = `[ -e ${warm} ] && echo codex-cli 0.150.1`;
    writeFileSync(file, `MZ() { :; }\n${answer}\n: > ${warm}\n`);
    const find = () => lastValueFrom(findCodex$(file, { PATH: '' }));

    await expect(find()).rejects.toThrow('is a program for Windows');
    expect((await find()).version).toBe('0.150.1');
  });

  it('refuses a package that is too old', async () => {
    const file = programWith(JSON.stringify({ ...ABOUT, version: '0.134.0' }));

    await expect(versionOf(file)).rejects.toThrow(/is codex 0\.134\.0, and this plugin needs/);
  });
});
