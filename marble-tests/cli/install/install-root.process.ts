import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  lchownSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkout, installer, othersProfile, run, stateOf } from '../../support/install.js';
import { type Lab, openLab } from '../../support/lab.js';
import { isAlive, until } from '../../support/processes.js';

const isRoot = process.getuid?.() === 0;
const script = path.resolve('scripts/install.sh');

/** A profile of another user whose config.json names a program of theirs. */
const withProgram = (lab: Lab, program: string) => {
  const made = othersProfile(lab);
  const { dir, at, uid, gid } = made;
  mkdirSync(dir, { recursive: true });
  writeFileSync(at('program'), `#!/bin/sh\ncd "\${0%/*}"\n${program}`, { mode: 0o755 });
  writeFileSync(at('config.json'), JSON.stringify({ binary: at('program') }));
  for (const name of ['.', 'program', 'config.json']) chownSync(at(name), uid, gid);
  return made;
};

describe('install.sh as root and the program in config.json of another user', () => {
  it("gives the program nothing of root's terminal, environment, groups and open files", async () => {
    await using lab = await openLab();
    const { env, at, uid, gid } = withProgram(
      lab,
      `exec > report
(: < /dev/tty) 2> /dev/null && echo terminal
/usr/bin/id -u; /usr/bin/id -G
/usr/bin/env | /usr/bin/sed -n 's/=.*//p' | /usr/bin/sort | /usr/bin/tr '\\n' ' '
[ /proc/$$/fd/20 -ef "\${0%/*}/../../../secret" ] && echo file
exit 0
`,
    );
    writeFileSync(lab.at('secret'), 'of root', { mode: 0o600 });
    const file = openSync(lab.at('secret'), 'r');
    onTestFinished(() => closeSync(file));
    // On a terminal, with another group and an open file.
    const command = isRoot ? `/usr/bin/setpriv --groups 0,4 '${script}'` : `'${script}'`;
    const { status } = spawnSync('/usr/bin/script', ['-qec', command, '/dev/null'], {
      env: { ...env, ROOT_TOKEN: 'secret' },
      stdio: ['ignore', 'ignore', 'ignore', ...Array<'ignore'>(17).fill('ignore'), file],
    });
    expect(status).toBe(0);
    const [user, group, names = '', ...more] = readFileSync(at('report'), 'utf8').split('\n');
    expect([user, group, more]).toEqual([String(uid), expect.stringMatching(`^${gid}`), []]);
    // The shell itself adds OLDPWD and PWD. Without root the program is the user's own, and may
    // have all that they have.
    if (isRoot) expect([group, names]).toEqual([String(gid), 'HOME LANG OLDPWD PATH PWD ']);
  });

  it.each([
    ['never ends', 'exec sleep 1000', 'ETIMEDOUT'],
    ['prints without end', 'exec /usr/bin/yes', 'ENOBUFS'],
  ])('kills a program that %s, and warns', async (_what, program, problem) => {
    await using lab = await openLab();
    const { install } = withProgram(lab, `PATH=/usr/bin:/bin; echo $$ > pid; ${program}\n`);
    const { code, stdout } = await install();
    expect([code, stdout]).toEqual([0, expect.stringContaining(problem)]);
  });

  it('leaves no process of the program', async () => {
    await using lab = await openLab();
    const { install, at } = withProgram(
      lab,
      '/bin/sleep 1000 > /dev/null 2>&1 & echo $! > pid; echo codex-cli 0.169.0\n',
    );
    expect((await install()).stdout).not.toContain('warning');
    await until(() => !isAlive(Number(readFileSync(at('pid'), 'utf8'))));
  });

  it('keeps the program from writing to the terminal by its name', async () => {
    await using lab = await openLab();
    const { install, at } = withProgram(lab, '');
    writeFileSync(at('config.json'), JSON.stringify({ binary: '/gone/\u001b]0;x\u0007\u009b' }));
    const { stdout } = await install();
    expect(stdout).toContain('/gone/\\u001b]0;x\\u0007\\u009b, which is not an executable file');
  });
});

describe('install.sh as root and files of another user', () => {
  const odd = (lab: Lab): Record<string, (file: string) => unknown> => ({
    'a pipe': (file) => run('/usr/bin/mkfifo', [file], {}),
    'a link to a device': (file) => symlinkSync('/dev/zero', file),
    'a huge file': (file) => writeFileSync(file, '1'.repeat(2 * 1024 * 1024)),
    "a link to root's file": (file) => {
      writeFileSync(lab.at('secret'), 'root-secret', { mode: isRoot ? 0o600 : 0 });
      symlinkSync(lab.at('secret'), file);
    },
  });
  const kinds = ['a pipe', 'a link to a device', 'a huge file', "a link to root's file"];

  it.each(kinds)('warns of %s in place of config.json', async (kind) => {
    await using lab = await openLab();
    const { install, dir, at, profile, uid, gid } = othersProfile(lab);
    mkdirSync(dir, { recursive: true });
    await odd(lab)[kind]?.(at('config.json'));
    for (const name of ['', ...readdirSync(profile, { recursive: true, encoding: 'utf8' })])
      lchownSync(path.join(profile, name), uid, gid);
    const { code, stdout, stderr } = await install();
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/warning: .*config\.json.*; the manifest shows the default models/);
    expect(stdout).not.toContain('root-sec');
  });

  it.each(kinds)('refuses %s in place of plexum.json', async (kind) => {
    await using lab = await openLab();
    const { install, profile, uid, gid } = othersProfile(lab);
    await odd(lab)[kind]?.(path.join(profile, 'plexum.json'));
    lchownSync(path.join(profile, 'plexum.json'), uid, gid);
    const { code, stdout, stderr } = await install(['--allow']);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^install: .*plexum\.json/)]);
    expect(stdout + stderr).not.toContain('root-sec');
    // Without --allow the file is only looked at.
    expect(await install()).toMatchObject({ code: 0, stderr: '' });
  });

  it('refuses a pipe in place of the launcher', async () => {
    await using lab = await openLab();
    const { install, dir, executable, profile, uid, gid } = othersProfile(lab);
    mkdirSync(dir, { recursive: true });
    await run('/usr/bin/mkfifo', [executable], {});
    for (const name of ['plugins', path.relative(profile, dir)])
      chownSync(path.join(profile, name), uid, gid);
    for (const more of [[], ['--uninstall']])
      expect(await install(more)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('is not a regular file; correct it and run this again'),
      });
  });

  it('follows a link of root no further than the other user may go', async () => {
    await using lab = await openLab();
    const { install, profile, closed, uid, gid } = othersProfile(lab);
    const theirs = lab.at('theirs');
    mkdirSync(theirs);
    symlinkSync(closed, path.join(theirs, 'plugins'));
    for (const name of ['', 'plugins']) lchownSync(path.join(theirs, name), uid, gid);
    chownSync(profile, statSync(lab.dir).uid, statSync(lab.dir).gid);
    symlinkSync(path.join(theirs, 'plugins'), path.join(profile, 'plugins'));
    const state = stateOf(closed);
    expect(await install()).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^install: cannot .*EACCES/),
    });
    expect(stateOf(closed)).toEqual(state);
    chmodSync(closed, 0o755);
  });
});

describe('install.sh and modes', () => {
  it('gives every file a fixed mode under umask 0', async () => {
    await using lab = await openLab();
    const { env, profile } = installer(lab);
    const masked = ['-c', 'umask 0; exec "$@"', 'sh', script, '--allow'];
    expect(await run('/bin/sh', masked, env)).toMatchObject({ code: 0, stderr: '' });
    const names = ['', ...readdirSync(profile, { recursive: true, encoding: 'utf8' })];
    expect(
      Object.fromEntries(
        names.map((name) => [
          name.replace(/versions\/[^/]+/, 'versions/V'),
          (statSync(path.join(profile, name)).mode & 0o7777).toString(8),
        ]),
      ),
    ).toMatchObject({
      '': '755',
      plugins: '755',
      'plexum.json': '600',
      'plugins/plexum-openai-provider': '755',
      'plugins/plexum-openai-provider/config.json': '644',
      'plugins/plexum-openai-provider/versions': '755',
      'plugins/plexum-openai-provider/versions/V': '755',
      'plugins/plexum-openai-provider/versions/V/main.cjs': '644',
      'plugins/plexum-openai-provider/plexum-openai-provider-plugin': '755',
    });
  });

  it.each([
    ['', 0o777, 'everybody'],
    ['plugins', 0o775, 'its group'],
    ['plugins/plexum-openai-provider', 0o1777, 'everybody'],
    ['plugins/plexum-openai-provider/versions', 0o775, 'its group'],
  ])('refuses the folder %j with mode %o', async (name, mode, writers) => {
    await using lab = await openLab();
    const { install, profile } = installer(lab);
    const folder = path.join(profile, name);
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, mode);
    const state = stateOf(profile);
    for (const more of [[], ['--uninstall']]) {
      const { code, stderr } = await install(more);
      expect([code, stderr]).toEqual([
        1,
        `install: ${folder} may be written by ${writers}, who could replace the plugin that the daemon starts; close it and run this again: chmod go-w '${folder}'. Nothing was changed\n`,
      ]);
    }
    expect(stateOf(profile)).toEqual(state);
  });
});

describe('install.sh in a checkout that others may write', () => {
  it('refuses root before it builds or runs anything', async () => {
    await using lab = await openLab();
    const { install, profile } = installer(lab);
    const clone = checkout(lab, '7.7.9');
    chmodSync(path.join(clone, 'dist'), 0o775);
    const started = await install([], {}, clone);
    rmSync(path.join(clone, 'dist'), { recursive: true });
    chmodSync(path.join(clone, 'src'), 0o777);
    const built = await install(['--dry-run'], {}, clone);
    expect([existsSync(profile), started.code, built.code]).toEqual(
      isRoot ? [false, 1, 1] : [true, 0, 0],
    );
    if (!isRoot) return;
    expect([started.stdout, built.stdout]).toEqual(['', '']);
    expect(started.stderr).toContain(
      `install: root does not run this: ${clone}/dist may be written by its group`,
    );
    expect(built.stderr).toContain(
      `install: root does not run npm and the build here: ${clone}/src may be written by everybody, who could so run programs as root; run this as the user that the checkout and the profile belong to, or give the checkout to root: chown`,
    );
  });

  it('runs, but does not build, a checkout of the user who called sudo', async () => {
    await using lab = await openLab();
    const { install, uid, gid } = othersProfile(lab);
    const clone = checkout(lab, '7.7.9');
    for (const name of ['', ...readdirSync(clone, { recursive: true, encoding: 'utf8' })])
      chownSync(path.join(clone, name), uid, gid);
    const dryRun = (env: Record<string, string>) => install(['--dry-run'], env, clone);
    const codes = [(await dryRun({})).code, (await dryRun({ SUDO_UID: String(uid) })).code];
    rmSync(path.join(clone, 'dist'), { recursive: true });
    const { code, stderr } = await dryRun({ SUDO_UID: String(uid) });
    expect([...codes, code]).toEqual(isRoot ? [1, 0, 1] : [0, 0, 0]);
    expect(stderr).toContain(
      isRoot ? `build it as user ${uid} (npm ci && npm run build) and run this again` : '',
    );
  });
});
