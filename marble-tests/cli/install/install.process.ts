import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkout, installer, othersProfile, run, stateOf } from '../../support/install.js';
import { fakeCodex, openLab, realCodex } from '../../support/lab.js';

const VERSION = /^versions\/\d+\.\d+\.\d+-[0-9a-f]{12}$/;

describe('install.sh', () => {
  it('installs the plugin, its manifest, a config and its schema into the profile', async () => {
    await using lab = await openLab();
    const { install, dir, at, text, bin, profile } = installer(lab);
    const { code, stdout, stderr } = await install();

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const names = readdirSync(dir, { recursive: true, encoding: 'utf8' })
      .filter((name) => !/(about|main|say|cli)-[\w-]+\.cjs$|cache\/./.test(name))
      .toSorted();
    const version = names.find((name) => VERSION.test(name)) ?? '';
    expect(names).toEqual(
      [
        ...[
          'config.json',
          'config.schema.json',
          'manifest.json',
          'plexum-openai-provider-plugin',
          'versions',
          version,
        ],
        ...[
          'about.cjs',
          'cache',
          'cli.cjs',
          'install.cjs',
          'launcher.cjs',
          'main.cjs',
          'mcp-host.cjs',
          'package.json',
          'plexum-openai-provider-plugin',
          'say.cjs',
        ].map((name) => path.join(version, name)),
      ].toSorted(),
    );
    expect(JSON.parse(text('config.json'))).toEqual({
      $schema: './config.schema.json',
      binary: path.join(bin, 'codex'),
    });
    expect(JSON.parse(text('config.schema.json')).properties).toHaveProperty('binary');
    expect(JSON.parse(text('manifest.json'))).toMatchObject({
      executable: 'plexum-openai-provider-plugin',
      contracts: { provider: { models: ['codex'] } },
    });
    expect(
      ['plexum-openai-provider-plugin', 'config.json', 'versions'].map(
        (name) => statSync(at(name)).mode & 0o777,
      ),
    ).toEqual([0o755, 0o644, 0o755]);
    expect(stdout).toContain('Next:');
    expect(stdout).toContain(
      `add "plexum-openai-provider" to .plugins.allow of ${profile}/plexum.json`,
    );
    expect(stdout).toContain(`PLEXUM_PROFILE_ROOT=${profile}`);
    expect(stdout).toContain(
      `PLEXUM_PROFILE_ROOT='${profile}' '${at('plexum-openai-provider-plugin')}' doctor\n`,
    );
    expect(stdout).not.toContain('warning');
  });

  it('changes nothing when it runs again', async () => {
    await using lab = await openLab();
    const { at, install, profile } = installer(lab);
    await install(['--allow']);
    // As a plugin that runs does.
    const [version = ''] = readdirSync(at('versions'));
    writeFileSync(at('versions', version, 'cache/more'), '');
    rmSync(
      at('versions', version, 'cache', readdirSync(at('versions', version, 'cache'))[0] ?? ''),
    );
    const before = stateOf(profile);
    const { code, stdout } = await install(['--allow']);
    expect(code).toBe(0);
    expect(stdout).not.toMatch(/^ {2}(wrote|removed|kept)/m);
    expect(stateOf(profile)).toEqual(before);
  });

  it('leaves one installation when several of one version run at once', async () => {
    await using lab = await openLab();
    const { install, executable, env, dir } = installer(lab);
    const all = await Promise.all(Array.from({ length: 5 }, () => install()));
    expect(all.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
      all.map(() => ({ code: 0, stderr: '' })),
    );
    expect((await run(executable, ['manifest'], env)).code).toBe(0);
    expect(
      readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((name) =>
        name.endsWith('.tmp'),
      ),
    ).toEqual([]);
  });

  it.each([
    ['--profile', (dir: string) => [['--profile', dir], {}] as const],
    ['$PLEXUM_PROFILE_ROOT', (dir: string) => [[], { PLEXUM_PROFILE_ROOT: dir }] as const],
    [
      'a relative --profile',
      (dir: string) => [['--profile', path.relative(process.cwd(), dir)], {}] as const,
    ],
  ])('installs into the profile of %s, before any other', async (_what, given) => {
    await using lab = await openLab();
    const { install, profile } = installer(lab);
    const [args, env] = given(lab.at('elsewhere'));
    expect((await install(args, env)).code).toBe(0);
    expect([
      existsSync(lab.at('elsewhere/plugins/plexum-openai-provider/manifest.json')),
      existsSync(profile),
    ]).toEqual([true, false]);
  });

  it('installs into ~/.plexum by default, where the daemon needs no variable', async () => {
    await using lab = await openLab();
    const { install } = installer(lab);
    const { code, stdout } = await install([], { PLEXUM_PROFILE_ROOT: '' });
    expect([
      code,
      existsSync(lab.at('home/.plexum/plugins/plexum-openai-provider/manifest.json')),
    ]).toEqual([0, true]);
    expect(stdout).not.toContain('PLEXUM_PROFILE_ROOT');
  });

  it('runs npm ci once in a clone without node_modules, and builds', async () => {
    await using lab = await openLab();
    const { install, bin, executable, env } = installer(lab);
    const clone = checkout(lab, '7.7.7');
    rmSync(path.join(clone, 'dist'), { recursive: true });
    const modules = path.resolve('node_modules');
    writeFileSync(
      path.join(bin, 'npm'),
      `#!${process.execPath}
const fs = require('fs');
fs.appendFileSync('${lab.at('npm calls')}', process.argv.slice(2).join(' ') + '\\n');
fs.mkdirSync('node_modules');
for (const name of fs.readdirSync('${modules}')) if (name[0] !== '.') fs.symlinkSync('${modules}/' + name, 'node_modules/' + name);
fs.writeFileSync('node_modules/.package-lock.json', '');
`,
      { mode: 0o755 },
    );
    expect((await install(['--dry-run'], {}, clone)).stdout).toMatch(
      /would run {2}npm ci .*\n.*would run {2}node .*build\.mjs/,
    );
    expect([existsSync(lab.at('npm calls')), existsSync(path.join(clone, 'dist'))]).toEqual([
      false,
      false,
    ]);

    expect((await install([], {}, clone)).code).toBe(0);
    expect((await install([], {}, clone)).stdout).not.toContain('running');
    expect(readFileSync(lab.at('npm calls'), 'utf8')).toMatch(/^ci [^\n]*\n$/);
    expect((await run(executable, ['--version'], env)).stdout).toBe('7.7.7\n');
    // A whole build, whose time on a busy machine says nothing.
  }, 300_000);

  it('checks its arguments before it builds, and names the folder first', async () => {
    await using lab = await openLab();
    const { install, dir } = installer(lab);
    const clone = checkout(lab, '7.7.8');
    rmSync(path.join(clone, 'dist'), { recursive: true });
    expect(await install(['--codex='], {}, clone)).toEqual({
      code: 2,
      stdout: '',
      stderr: 'install: --codex is empty; see --help\n',
    });
    expect((await install(['--dry-run'], {}, clone)).stdout.split('\n')).toEqual([
      `plexum-openai-provider → ${dir}`,
      expect.stringContaining('would run  npm ci'),
      expect.stringContaining('would run  node'),
      '  would install what that builds',
      '',
    ]);
  });

  it.each(['src/main.ts', 'package-lock.json'])(
    'says in --dry-run with a build older than %s what that would do, and what to do next',
    async (source) => {
      await using lab = await openLab();
      const { install, profile } = installer(lab);
      const clone = checkout(lab, '7.7.9');
      const later = Date.now() / 1_000 + 60;
      utimesSync(path.join(clone, source), later, later);
      const { stdout } = await install(['--dry-run', '--codex', '/bin/true'], {}, clone);
      expect(stdout).toMatch(/would run +node .*build\.mjs\n.* dist now .*\n[^]*would write/);
      expect(stdout).toMatch(/warning: .*\n[^]*\nNext:\n/);
      expect(existsSync(profile)).toBe(false);
    },
  );
});

describe('launcher', () => {
  it.each([
    ['with a space', 'a b'],
    ['with quotes and an end of comment', `it's "a" */ b`],
    ['that a shell would run', '$(touch ran)`touch ran`;touch ran'],
    ['in many alphabets', 'профиль 数'],
    ['with a line feed', 'a\nb'],
    ['longer than a shebang may be', 'x'.repeat(200)],
    ['that begins with a dash', '-n'],
  ])('runs below a folder %s, in the bare environment of systemd', async (_what, name) => {
    await using lab = await openLab();
    const { install, executable, env, bin } = installer(lab, lab.at(name));
    const odd = lab.at('nodes', name);
    mkdirSync(odd, { recursive: true });
    symlinkSync(process.execPath, path.join(odd, 'node'));
    expect((await install([], { PATH: `${odd}:${bin}` })).code).toBe(0);
    expect(readFileSync(executable, 'utf8')).toContain('for node in ');
    const bare = {
      HOME: lab.at('home'),
      PATH: '/nowhere',
      PLEXUM_PROFILE_ROOT: env.PLEXUM_PROFILE_ROOT,
    };
    const version = { code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), stderr: '' };
    symlinkSync(executable, lab.at('a link'));

    expect(await run(executable, ['--version'], bare)).toEqual(version);
    expect(await run(executable, ['--version'], {})).toEqual(version);
    expect(await run(lab.at('a link'), ['--version'], bare)).toEqual(version);
    expect(await run(process.execPath, [executable, '--version'], bare)).toEqual(version);
    expect(await run('/bin/sh', [executable, '--version'], bare)).toEqual(version);
    expect(existsSync('ran')).toBe(false);
  });

  it('runs through a link to itself', async () => {
    await using lab = await openLab();
    const { env } = installer(lab);
    symlinkSync(path.resolve('scripts/install.sh'), lab.at('link'));
    expect(await run(lab.at('link'), ['--help'], env)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Installs /),
    });
  });

  it('passes on its arguments and its exit code unchanged', async () => {
    await using lab = await openLab();
    const { install, executable, env } = installer(lab);
    await install();
    expect(await run(executable, ['mcp-host', '--socket', 'a  b $HOME\n"'], env)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('a  b $HOME\n"'),
    });
    expect((await run(executable, ['', 'x'], env)).code).toBe(2);
  });

  it('still runs after its profile has been moved', async () => {
    await using lab = await openLab();
    const { install, profile, env } = installer(lab);
    await install();
    const moved = lab.at('moved');
    await run('/bin/mv', [profile, moved], {});
    expect(
      (
        await run(
          path.join(moved, 'plugins/plexum-openai-provider/plexum-openai-provider-plugin'),
          ['--version'],
          env,
        )
      ).code,
    ).toBe(0);
  });

  it('runs on the node of PATH, with a warning, when its own is missing; without any it says what to do', async () => {
    await using lab = await openLab();
    const { install, executable, env, bin } = installer(lab);
    await install();
    const gone = readFileSync(executable, 'utf8')
      .replaceAll(`'${path.join(bin, 'node')}'`, "'/gone/node'")
      .replaceAll(`'${process.execPath}'`, "'/gone/node 20'");
    writeFileSync(executable, gone);

    expect(await run(executable, ['--version'], env)).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^\d/),
      stderr: `plexum-openai-provider-plugin: /gone/node 20 is gone, ${bin}/node of PATH takes its place; run scripts/install.sh again\n`,
    });
    expect(await run(executable, ['--version'], { PATH: '/nowhere' })).toEqual({
      code: 127,
      stdout: '',
      stderr:
        'plexum-openai-provider-plugin: /gone/node 20 is gone and there is no node on PATH (/nowhere); install Node 20 or newer and run scripts/install.sh again\n',
    });
  });

  it('names node as PATH does, which survives an upgrade, and its real path as the second choice', async () => {
    await using lab = await openLab();
    const { install, text, bin } = installer(lab);
    await install();
    expect(text('plexum-openai-provider-plugin')).toContain(
      `for node in '${bin}/node' '${process.execPath}'; do`,
    );
  });
});

describe('install.sh and codex', () => {
  it('warns when codex is missing, says what to do, and writes no path into config.json', async () => {
    await using lab = await openLab();
    const { install, text, bin } = installer(lab);
    rmSync(path.join(bin, 'codex'));
    const { code, stdout } = await install();
    expect(code).toBe(0);
    expect(stdout).toContain(
      'warning: there is no codex on PATH: npm install -g @openai/codex@latest, then codex login',
    );
    expect(JSON.parse(text('config.json'))).toEqual({ $schema: './config.schema.json' });
  });

  it('warns when codex is too old', async () => {
    await using lab = await openLab();
    const { install } = installer(lab);
    const { code, stdout } = await install([], { FAKE_CODEX_VERSION: '0.99.0' });
    expect(code).toBe(0);
    expect(stdout).toContain('is codex 0.99.0, and the plugin needs 0.135.0 or newer');
    expect((await install([], { FAKE_CODEX_VERSION: '0.135.0' })).stdout).not.toContain('warning');
  });

  it('warns when codex prints no version', async () => {
    await using lab = await openLab();
    const { install, bin } = installer(lab);
    rmSync(path.join(bin, 'codex'));
    symlinkSync('/bin/false', path.join(bin, 'codex'));
    expect((await install()).stdout).toContain(`${bin}/codex --version does not tell a version`);
  });

  it('makes the path of --codex absolute, and refuses a path that does not exist', async () => {
    await using lab = await openLab();
    const { install, text, profile } = installer(lab);
    expect(await install(['--codex', '/nowhere/codex'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('/nowhere/codex is not an executable'),
    });
    expect(existsSync(profile)).toBe(false);
    expect(
      (await install(['--codex', path.relative(process.cwd(), realCodex)])).stdout,
    ).not.toContain('warning');
    expect(JSON.parse(text('config.json')).binary).toBe(path.resolve(realCodex));
  });

  it('ignores the codex of the project itself, which npm puts on PATH', async () => {
    await using lab = await openLab();
    const { install, text, bin } = installer(lab);
    await install([], { PATH: `${path.resolve('node_modules/.bin')}:relative:${bin}` });
    expect(JSON.parse(text('config.json')).binary).toBe(path.join(bin, 'codex'));
  });

  it('writes the real path of a codex whose folder ends with the shell', async () => {
    await using lab = await openLab();
    const { install, text, bin } = installer(lab);
    mkdirSync(lab.at('fnm_multishells'));
    symlinkSync(bin, lab.at('fnm_multishells/1_2'));
    await install([], { PATH: lab.at('fnm_multishells/1_2') });
    expect(JSON.parse(text('config.json')).binary).toBe(path.join(bin, 'codex'));
  });
});

describe('install.sh and an existing config.json', () => {
  it.each([
    ['right', '{"binary": "codex",\r\n "supported_models": ["a"]}', ''],
    ['odd', '{"binary": 5}', 'binary: expected string, got 5'],
    ['no JSON', '{', 'config.json is not JSON'],
    [
      'right, with a binary that is missing',
      '{"binary": "/gone/codex"}',
      '"binary" of config.json is /gone/codex, which is not an executable file',
    ],
  ])('keeps a config.json that is %s byte for byte', async (_what, content, warning) => {
    await using lab = await openLab();
    const { install, dir, text } = installer(lab);
    mkdirSync(dir, { recursive: true });
    writeFileSync(path.join(dir, 'config.json'), content);
    const { code, stdout } = await install();
    expect([code, text('config.json')]).toEqual([0, content]);
    expect(stdout).toContain(warning);
    expect(stdout.includes('warning')).toBe(warning !== '');
    if (warning === '')
      expect(JSON.parse(text('manifest.json')).contracts.provider.models).toEqual(['a']);
  });

  it('keeps config.json when --codex is given, and warns', async () => {
    await using lab = await openLab();
    const { install, dir, text } = installer(lab);
    mkdirSync(dir, { recursive: true });
    writeFileSync(path.join(dir, 'config.json'), '{}');
    expect((await install(['--codex', fakeCodex])).stdout).toContain(
      `set "binary" in it to "${fakeCodex}" yourself`,
    );
    expect(text('config.json')).toBe('{}');
  });

  it('keeps a config.json that is a link, even a broken one', async () => {
    await using lab = await openLab();
    const { install, dir } = installer(lab);
    mkdirSync(dir, { recursive: true });
    symlinkSync(lab.at('nowhere.json'), path.join(dir, 'config.json'));
    expect((await install()).code).toBe(0);
    expect(existsSync(lab.at('nowhere.json'))).toBe(false);
  });
});

describe('install.sh --allow', () => {
  const before =
    '{\r\n\t"port": 1.50,\r\n\t"plugins": { "allow": [\r\n\t\t"other"\r\n\t], "x": null }\r\n}';

  it('adds the plugin to plexum.json, and keeps every other byte, the mode and a copy', async () => {
    await using lab = await openLab();
    const { install, profile } = installer(lab);
    const file = path.join(profile, 'plexum.json');
    mkdirSync(profile);
    writeFileSync(file, before, { mode: 0o600 });
    const { code, stdout } = await install(['--allow']);
    expect(code).toBe(0);
    expect(stdout).not.toContain('allow the plugin');
    expect(readFileSync(file, 'utf8')).toBe(
      before.replace('"other"', '"other",\r\n\t\t"plexum-openai-provider"'),
    );
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(`${file}.bak`, 'utf8')).toBe(before);
    expect(statSync(`${file}.bak`).mode & 0o777).toBe(0o600);

    expect((await install(['--uninstall', '--allow'])).code).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(readFileSync(`${file}.bak`, 'utf8')).toBe(before);
    expect(readFileSync(`${file}.bak-2`, 'utf8')).toContain('plexum-openai-provider');
  });

  it('gives every new file to the owner of the profile, also when root installs', async () => {
    await using lab = await openLab();
    const { install, profile, dir } = installer(lab);
    mkdirSync(dir, { recursive: true });
    for (const name of [
      'plexum.json',
      `plugins/${path.basename(dir)}/plexum-openai-provider-plugin`,
    ])
      writeFileSync(path.join(profile, name), '{}');
    const [uid, gid] =
      process.getuid?.() === 0 ? [65_534, 65_534] : [statSync(profile).uid, statSync(profile).gid];
    for (const name of ['', ...readdirSync(profile, { recursive: true, encoding: 'utf8' })])
      chownSync(path.join(profile, name), uid, gid);
    // Else nobody but us comes so far.
    chmodSync(lab.dir, 0o755);
    expect((await install(['--allow'])).code).toBe(0);
    const made = readdirSync(profile, { recursive: true, encoding: 'utf8' });
    expect(made).toEqual(
      expect.arrayContaining([
        'plexum.json.bak',
        expect.stringContaining('.replaced'),
        expect.stringContaining('mcp-host.cjs'),
      ]),
    );
    expect(made.filter((name) => statSync(path.join(profile, name)).uid !== uid)).toEqual([]);
  });

  it('writes to the file behind a link', async () => {
    await using lab = await openLab();
    const { install, profile } = installer(lab);
    mkdirSync(profile);
    writeFileSync(lab.at('real.json'), '{}');
    symlinkSync(lab.at('real.json'), path.join(profile, 'plexum.json'));
    expect((await install(['--allow'])).code).toBe(0);
    expect(JSON.parse(readFileSync(lab.at('real.json'), 'utf8'))).toEqual({
      plugins: { allow: ['plexum-openai-provider'] },
    });
    expect(readFileSync(lab.at('real.json.bak'), 'utf8')).toBe('{}');
  });

  it('creates plexum.json when it is missing', async () => {
    await using lab = await openLab();
    const { install, profile } = installer(lab);
    expect((await install(['--allow'])).code).toBe(0);
    expect(JSON.parse(readFileSync(path.join(profile, 'plexum.json'), 'utf8'))).toEqual({
      plugins: { allow: ['plexum-openai-provider'] },
    });
  });

  it.each([
    ['no plexum.json', undefined, true],
    ['no list', '{"plugins": {}}', true],
    ['a list', '{"plugins": {"allow": []}}', false],
  ])('warns of other plugins unless a list names them: %s', async (_what, content, isWarned) => {
    await using lab = await openLab();
    const { install, profile } = installer(lab);
    mkdirSync(path.join(profile, 'plugins/another'), { recursive: true });
    if (content !== undefined) writeFileSync(path.join(profile, 'plexum.json'), content);
    const { stdout } = await install(['--allow']);
    expect(
      stdout.includes('if the daemon shall start another, too, add it to .plugins.allow'),
    ).toBe(isWarned);
    expect((await install(['--allow'])).stdout).not.toContain('another');
  });

  it.each([
    ['no JSON', '{,}'],
    ['of odd form', '{"plugins": {"allow": "all"}}'],
    ['not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
  ])('refuses a plexum.json that is %s, and changes nothing', async (_what, content) => {
    await using lab = await openLab();
    const { install, profile } = installer(lab);
    mkdirSync(profile);
    writeFileSync(path.join(profile, 'plexum.json'), content);
    const state = stateOf(profile);
    for (const more of [[], ['--dry-run'], ['--uninstall']]) {
      const { code, stderr } = await install(['--allow', ...more]);
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /^install: .*plexum\.json.*correct it and run this again\. Nothing was changed\n$/,
      );
    }
    expect(stateOf(profile)).toEqual(state);
  });

  it('is not suggested when the plugin is already allowed', async () => {
    await using lab = await openLab();
    const { install, profile } = installer(lab);
    mkdirSync(profile);
    writeFileSync(
      path.join(profile, 'plexum.json'),
      '{"plugins":{"allow":["plexum-openai-provider"]}}',
    );
    expect((await install()).stdout).not.toContain('--allow');
  });
});

describe('install.sh and the profile of another user', () => {
  it('gives every new folder and file to the owner of the profile', async () => {
    await using lab = await openLab();
    const { install, profile, uid, gid, executable, env } = othersProfile(lab);
    expect((await install(['--allow'])).code).toBe(0);
    const made = readdirSync(profile, { recursive: true, encoding: 'utf8' }).map((name) =>
      statSync(path.join(profile, name)),
    );
    expect(made.length).toBeGreaterThan(10);
    expect(made.filter((stat) => stat.uid !== uid || stat.gid !== gid)).toEqual([]);
    expect((await run(executable, ['--version'], env)).code).toBe(0);
    expect((await install(['--uninstall', '--allow'])).code).toBe(0);
  });

  it.each([
    ['its folder', 'plugins/plexum-openai-provider', []],
    ['the folder above', 'plugins', []],
    ['plexum.json', 'plexum.json', ['--allow']],
  ])(
    'with a link to where they may not write, in the place of %s, changes nothing there',
    async (_what, name, args) => {
      await using lab = await openLab();
      const { install, profile, closed, uid, gid } = othersProfile(lab);
      const link = path.join(profile, name);
      mkdirSync(path.dirname(link), { recursive: true });
      chownSync(path.dirname(link), uid, gid);
      chmodSync(closed, 0o755);
      writeFileSync(path.join(closed, 'plexum.json'), '{}');
      chmodSync(closed, 0o555);
      symlinkSync(name === 'plexum.json' ? path.join(closed, name) : closed, link);
      lchownSync(link, uid, gid);
      const state = stateOf(closed);

      for (const more of [[], ['--uninstall']]) {
        const { code, stderr } = await install([...args, ...more]);
        if (more.length === 0)
          expect([code, stderr]).toEqual([
            1,
            expect.stringMatching(/^install: cannot .*EACCES.*run this as the user/),
          ]);
      }
      expect(stateOf(closed)).toEqual(state);
      chmodSync(closed, 0o755);
    },
  );

  it('runs codex --version as the owner of the profile', async () => {
    await using lab = await openLab();
    const { install, dir, uid, gid } = othersProfile(lab);
    mkdirSync(dir, { recursive: true });
    chownSync(dir, uid, gid);
    writeFileSync(path.join(dir, 'codex'), `#!/bin/sh\necho "codex-cli 0.99.$(/usr/bin/id -u)"\n`, {
      mode: 0o755,
    });
    writeFileSync(
      path.join(dir, 'config.json'),
      JSON.stringify({ binary: path.join(dir, 'codex') }),
    );
    expect((await install()).stdout).toContain(`is codex 0.99.${uid}, and the plugin needs`);
  });

  it('keeps the owner of a file that it replaces, where root may', async () => {
    await using lab = await openLab();
    const { install, profile, uid } = othersProfile(lab);
    const file = path.join(profile, 'plexum.json');
    writeFileSync(file, '{}', { mode: 0o600 });
    chownSync(file, uid, statSync(profile).gid);
    chownSync(profile, statSync(lab.dir).uid, statSync(lab.dir).gid);
    expect((await install(['--allow'])).code).toBe(0);
    expect(
      [file, `${file}.bak`].map((name) => [statSync(name).uid, statSync(name).mode & 0o777]),
    ).toEqual([
      [uid, 0o600],
      [uid, 0o600],
    ]);
  });
});

describe('install.sh --dry-run', () => {
  it('changes nothing, and prints what would be done', async () => {
    await using lab = await openLab();
    const { install, profile } = installer(lab);
    const { code, stdout } = await install(['--dry-run', '--allow']);
    expect([code, existsSync(profile)]).toEqual([0, false]);
    expect(stdout).toContain('would write');
    expect(stdout).not.toContain('allow the plugin');
    expect(stdout).not.toMatch(/^ {2}(wrote|removed|left)/m);

    await install(['--allow']);
    const state = stateOf(profile);
    expect((await install(['--dry-run', '--uninstall', '--allow'])).stdout).toMatch(
      /would remove +plexum-openai-provider-plugin/,
    );
    expect((await install(['--dry-run'])).stdout).not.toContain('would write');
    expect(stateOf(profile)).toEqual(state);
  });
});

describe('install.sh --uninstall', () => {
  it('removes the installed files, and keeps config.json and everything else', async () => {
    await using lab = await openLab();
    const { install, dir, profile } = installer(lab);
    await install(['--allow']);
    mkdirSync(path.join(dir, 'turns'));
    writeFileSync(path.join(dir, 'drift.json'), '{}');
    const allowList = readFileSync(path.join(profile, 'plexum.json'), 'utf8');
    const { code, stdout } = await install(['--uninstall']);
    expect(code).toBe(0);
    expect(readdirSync(dir).toSorted()).toEqual(['config.json', 'turns']);
    expect(stdout).toContain('What stays in the folder: config.json, turns');
    expect(stdout).toContain('still allows the plugin');
    expect(readFileSync(path.join(profile, 'plexum.json'), 'utf8')).toBe(allowList);

    const state = stateOf(profile);
    expect(await install(['--uninstall'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('there is nothing to remove'),
    });
    expect(stateOf(profile)).toEqual(state);
  });

  it.each([
    ['builds nothing from a clone without dist', 0o755, 'would remove'],
    ['runs nothing of a profile that others may write', 0o777, 'would run  npm ci'],
  ])('%s', async (_, mode, does) => {
    await using lab = await openLab();
    const { install, at } = installer(lab);
    await install();
    const clone = checkout(lab, '7.7.6');
    rmSync(path.join(clone, 'dist'), { recursive: true });
    chmodSync(at('versions'), mode);
    const { stdout } = await install(['--dry-run', '--uninstall'], {}, clone);

    expect(stdout).toContain(does);
    expect(stdout.includes('would run')).toBe(mode === 0o777);
  });

  it('changes nothing when the profile does not exist', async () => {
    await using lab = await openLab();
    const { install, profile } = installer(lab);
    expect((await install(['--uninstall', '--allow'])).code).toBe(0);
    expect(existsSync(profile)).toBe(false);
  });

  it('keeps a plugin that it did not install', async () => {
    await using lab = await openLab();
    const { install, dir, profile } = installer(lab);
    mkdirSync(dir, { recursive: true });
    for (const name of ['plexum-openai-provider-plugin', 'manifest.json', 'main.cjs'])
      writeFileSync(path.join(dir, name), 'of another');
    const state = stateOf(profile);
    expect((await install(['--uninstall'])).stdout).toContain(
      'it was not installed by this script',
    );
    expect(stateOf(profile)).toEqual(state);
  });
});

describe('install.sh and errors', () => {
  it.each([
    [['--nope'], '--nope'],
    [['install'], 'install'],
    [['--profile'], '--profile'],
    [['--profile', ''], '--profile is empty'],
    [['--codex='], '--codex is empty'],
    [['--uninstall', '--codex', '/bin/true'], '--codex has no meaning with --uninstall'],
  ])('refuses the arguments %j', async (args, message) => {
    await using lab = await openLab();
    const { install, profile } = installer(lab);
    const { code, stdout, stderr } = await install(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^install: .*; see --help\n$/);
    expect(stderr).toContain(message);
    expect(existsSync(profile)).toBe(false);
  });

  it.each([['--help'], ['-h']])('prints its help for %s', async (flag) => {
    await using lab = await openLab();
    const { code, stdout } = await installer(lab).install([flag]);
    expect([code, stdout]).toEqual([0, expect.stringContaining('--dry-run')]);
  });

  it.each([
    ['there is no Node', '', 'there is no Node on PATH; install Node 20 or newer'],
    [
      'Node is too old',
      '#!/bin/sh\n[ "$1" = --version ] && echo v18.19.0 || echo 18\n',
      'Node 20 or newer is needed, this is v18.19.0',
    ],
  ])('fails with what to do when %s', async (_what, node, message) => {
    await using lab = await openLab();
    const { install, bin } = installer(lab);
    rmSync(path.join(bin, 'node'));
    if (node !== '') writeFileSync(path.join(bin, 'node'), node, { mode: 0o755 });
    expect(await install()).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining(message),
    });
  });

  it('names a profile that cannot be written', async () => {
    await using lab = await openLab();
    const { install, profile } = installer(lab);
    mkdirSync(profile);
    writeFileSync(path.join(profile, 'plugins'), 'a file');
    const { code, stderr } = await install();
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^install: cannot (read|write) .*plugins\/plexum-openai-provider.*ENOTDIR.*; mend that and run this again\n$/,
    );
    expect(readdirSync(profile)).toEqual(['plugins']);
  });

  it('keeps the old version as it was on a full disk', async () => {
    await using lab = await openLab();
    const { install, dir, executable, env, bin } = installer(lab);
    await install();
    const before = readdirSync(dir).toSorted();
    const next = checkout(lab, '8.8.8');
    const full = await run(
      'prlimit',
      ['--fsize=4096', path.join(bin, 'node'), path.join(next, 'scripts/install.mjs')],
      {
        ...env,
        PATH: `${bin}:/usr/bin:/bin`,
      },
    );
    expect([full.code, full.stderr]).toEqual([
      1,
      expect.stringMatching(/^install: cannot write .*EFBIG/),
    ]);
    expect(readdirSync(dir).toSorted()).toEqual(before);
    expect(
      readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((name) =>
        name.endsWith('.tmp'),
      ),
    ).toEqual([]);
    expect((await run(executable, ['--version'], env)).stdout).not.toBe('8.8.8\n');

    expect((await install([], {}, next)).code).toBe(0);
    expect((await run(executable, ['--version'], env)).stdout).toBe('8.8.8\n');
  });

  it('leaves no part of the copy of another plugin on a full disk', async () => {
    await using lab = await openLab();
    const { install, dir, executable, env, bin } = installer(lab);
    const next = checkout(lab, '8.8.8');
    const other = Buffer.concat([Buffer.from('#!/bin/sh\n'), Buffer.alloc(16 * 1024 * 1024, '\n')]);
    mkdirSync(dir, { recursive: true });
    writeFileSync(executable, other, { mode: 0o755 });
    const full = await run(
      'prlimit',
      ['--fsize=8388608', path.join(bin, 'node'), path.join(next, 'scripts/install.mjs')],
      { ...env, PATH: `${bin}:/usr/bin:/bin` },
    );
    expect([full.code, full.stderr]).toEqual([
      1,
      expect.stringMatching(/^install: cannot copy .*EFBIG/),
    ]);
    expect(readdirSync(dir).toSorted()).toEqual([
      'config.json',
      'config.schema.json',
      path.basename(executable),
      'versions',
    ]);

    expect((await install([], {}, next)).code).toBe(0);
    expect(readFileSync(`${executable}.replaced`).equals(other)).toBe(true);
  });

  it('refuses a plugin folder that is a link to dist', async () => {
    await using lab = await openLab();
    const { install, dir } = installer(lab);
    mkdirSync(path.dirname(dir), { recursive: true });
    symlinkSync(path.resolve('dist'), dir);
    const before = readdirSync('dist').toSorted();
    expect(await install()).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('remove the link and run this again'),
    });
    expect(readdirSync('dist').toSorted()).toEqual(before);
  });

  it('refuses a build that was copied in part', async () => {
    await using lab = await openLab();
    const { install, dir } = installer(lab);
    const copy = checkout(lab, '8.8.8');
    for (const name of ['main-execa.cjs', 'install.cjs']) {
      const file = path.join(copy, 'dist', name);
      writeFileSync(file, readFileSync(file).subarray(0, 4096));
      expect(await install([], {}, copy)).toMatchObject({
        code: 1,
        stderr: `install: ${file} is damaged: run npm run build\n`,
      });
    }
    expect(existsSync(dir)).toBe(false);
  });

  it('repairs a version whose files were changed', async () => {
    await using lab = await openLab();
    const { install, at, executable, env } = installer(lab);
    await install();
    const [version = ''] = readdirSync(at('versions'));
    writeFileSync(at('versions', version, 'main.cjs'), 'half');
    rmSync(at('versions', version, 'cli.cjs'));
    chmodSync(executable, 0o644);
    expect((await install()).code).toBe(0);
    expect((await run(executable, ['manifest'], env)).code).toBe(0);
    expect(readdirSync(at('versions', version))).toContain('cli.cjs');
  });
});
