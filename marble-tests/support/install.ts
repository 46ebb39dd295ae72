import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { copyBuilt } from '../../scripts/lib/copy-built.mjs';
import { fakeCodex, type Lab } from './lab.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const NAME = 'plexum-openai-provider-plugin';

/** Runs a program; resolves with its output and exit code. */
export const run = async (file: string, args: readonly string[], env: Record<string, string>) => {
  const { exitCode, stdout, stderr } = await execa(file, args, {
    env,
    extendEnv: false,
    reject: false,
    stripFinalNewline: false,
    stdin: 'ignore',
  });
  return { code: exitCode, stdout, stderr };
};

/**
 * A profile in a lab, and the installer with a PATH that has node and the fake codex, but no npm.
 */
export const installer = (lab: Lab, profile = lab.at('a profile')) => {
  const bin = lab.at('bin');
  mkdirSync(bin);
  symlinkSync(process.execPath, path.join(bin, 'node'));
  symlinkSync('/usr/bin/dirname', path.join(bin, 'dirname'));
  symlinkSync(fakeCodex, path.join(bin, 'codex'));
  const dir = path.join(profile, 'plugins/plexum-openai-provider');
  const env = { ...lab.env, PATH: bin, PLEXUM_PROFILE_ROOT: profile };
  return {
    profile,
    dir,
    /** A path in the plugin's folder. */
    at: (...names: string[]) => path.join(dir, ...names),
    text: (...names: string[]) => readFileSync(path.join(dir, ...names), 'utf8'),
    executable: path.join(dir, NAME),
    env,
    bin,
    /** Runs install.sh, of the project or of a checkout. */
    install: (args: readonly string[] = [], more: Record<string, string> = {}, from = root) =>
      run(path.join(from, 'scripts/install.sh'), args, { ...env, ...more }),
  };
};

/** A built copy of the project without its tests, with another version number. */
export const checkout = (lab: Lab, version: string): string => {
  const copy = lab.at(`checkout ${version}`);
  mkdirSync(copy);
  const about = readFileSync(path.join(root, 'package.json'), 'utf8');
  const was = JSON.stringify(JSON.parse(about).version);
  writeFileSync(path.join(copy, 'package.json'), JSON.stringify({ ...JSON.parse(about), version }));
  for (const name of ['scripts', 'src', 'package-lock.json', 'tsconfig.json', 'dist'])
    copyBuilt(path.join(root, name), path.join(copy, name));
  for (const name of readdirSync(path.join(copy, 'dist')).filter((each) => each !== 'cache')) {
    const file = path.join(copy, 'dist', name);
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(was, JSON.stringify(version)));
  }
  return copy;
};

/** Of a test that root runs: a profile of another user. Else one of ours. */
export const othersProfile = (lab: Lab) => {
  const made = installer(lab);
  const [uid, gid] =
    process.getuid?.() === 0 ? [65_534, 65_534] : [statSync(lab.dir).uid, statSync(lab.dir).gid];
  chmodSync(lab.dir, 0o755);
  mkdirSync(made.profile);
  chownSync(made.profile, uid, gid);
  const closed = lab.at('closed');
  mkdirSync(path.join(closed, 'versions/old'), { recursive: true });
  // Root may write everywhere, who owns it may not here.
  for (const name of ['versions/old', 'versions', '']) chmodSync(path.join(closed, name), 0o555);
  return { ...made, uid, gid, closed };
};

/** Each file below a folder, with everything that a second installation could change. */
export const stateOf = (dir: string): Record<string, unknown> =>
  Object.fromEntries(
    readdirSync(dir, { recursive: true, encoding: 'utf8' })
      .toSorted()
      .map((name) => {
        const stat = lstatSync(path.join(dir, name));
        const content = stat.isFile()
          ? readFileSync(path.join(dir, name), 'latin1')
          : stat.isSymbolicLink()
            ? readlinkSync(path.join(dir, name))
            : '';
        return [name, { content, ino: stat.ino, mode: stat.mode, mtimeMs: stat.mtimeMs }];
      }),
  );
