import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CodexSettings, parseSettings } from '../../src/codex/config-toml.js';
import {
  readTrust,
  type Trust,
  type TrustOptions,
  threadTrust,
  trustOverride,
} from '../../src/codex/workspace-trust.js';

describe('readTrust', () => {
  let root: string;
  let home: string;
  let workspace: string;
  let settings: CodexSettings | undefined;
  beforeEach(() => {
    root = realpathSync(mkdtempSync(path.join(tmpdir(), 'trust-')));
    home = path.join(root, 'home', '.codex');
    workspace = path.join(root, 'repository', 'workspace');
    for (const folder of [home, path.join(workspace, '.codex'), path.join(root, 'repository/.git')])
      mkdirSync(folder, { recursive: true });
    settings = {};
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });
  const write = (toml: string): void => {
    settings = parseSettings(toml);
  };
  const read = (more: Partial<TrustOptions> = {}, folder = workspace) =>
    readTrust(folder, {
      transport: 'app-server',
      version: '0.169.0',
      sandbox: 'danger-full-access',
      home,
      settings,
      extraArgs: [],
      ...more,
    });

  const yes = true;
  const no = false;
  it.each<
    [
      'exec' | 'app-server',
      string | undefined,
      sandboxed: boolean,
      named: boolean | undefined,
      config: boolean,
      Trust,
    ]
  >([
    // Plain exec asks from 0.169 on, and trusts by itself before.
    ['exec', '0.169.0', no, no, yes, 'unset'],
    ['exec', '0.171.0', yes, no, yes, 'unset'],
    ['exec', undefined, no, no, yes, 'unset'],
    ['exec', '0.168.9', no, no, yes, 'trusted'],
    ['exec', '0.135.0', no, no, yes, 'trusted'],
    ['exec', '0.135.0', no, no, no, 'trusted'],
    // A sandbox is not left through a folder of the repository.
    ['exec', '0.135.0', yes, no, yes, 'untrusted'],
    ['exec', '0.135.0', yes, no, no, 'trusted'],
    ['app-server', '0.135.0', yes, no, yes, 'untrusted'],
    ['app-server', '0.135.0', yes, no, no, 'trusted'],
    ['app-server', '0.135.0', no, no, yes, 'trusted'],
    // Every app-server trusts and writes by itself.
    ['app-server', '0.169.0', no, no, yes, 'untrusted'],
    ['app-server', '0.169.0', no, no, no, 'trusted'],
    ['app-server', undefined, no, no, yes, 'untrusted'],
    // The operator's word stands.
    ['exec', '0.135.0', no, yes, yes, 'unset'],
    ['app-server', '0.135.0', yes, yes, yes, 'unset'],
    ['app-server', '0.169.0', no, yes, yes, 'unset'],
    // In doubt untrusted.
    ['exec', '0.135.0', no, undefined, yes, 'untrusted'],
    ['app-server', '0.135.0', no, undefined, yes, 'untrusted'],
  ])(
    'decides %s %s, sandboxed %s, named %s, .codex %s: %s',
    (transport, version, isSandboxed, isNamed, hasProjectConfig, trust) => {
      if (!hasProjectConfig) rmSync(path.join(workspace, '.codex'), { recursive: true });
      const projects = isNamed === true ? { [workspace]: { trust_level: 'trusted' } } : {};
      settings = isNamed === undefined ? undefined : { projects };
      const sandbox = isSandboxed ? 'workspace-write' : 'danger-full-access';
      expect(read({ transport, version, sandbox }).trust).toBe(trust);
    },
  );

  it('distrusts a workspace that nobody names, with a warning', () => {
    expect(read()).toEqual({
      trust: 'untrusted',
      names: [workspace],
      warning: expect.stringContaining('does not trust'),
    });
  });

  it('trusts a project without a .codex folder', () => {
    rmSync(path.join(workspace, '.codex'), { recursive: true });
    expect(read()).toEqual({ trust: 'trusted', names: [workspace] });
  });

  it.each([
    [
      'a table',
      (name: string) => `[projects.${JSON.stringify(name)}]\ntrust_level = "untrusted"\n`,
    ],
    ['a literal key', (name: string) => `[projects.'${name}']\ntrust_level = 'trusted'\n`],
    ['dotted keys', (name: string) => `projects.${JSON.stringify(name)}.trust_level = "trusted"\n`],
    [
      'an inline table',
      (name: string) => `projects = { ${JSON.stringify(name)} = { trust_level = "untrusted" } }\n`,
    ],
  ])('leaves the choice to the operator who names it in %s', (_notation, toml) => {
    write(toml(workspace));
    expect(read().trust).toBe('unset');
    write(toml(path.join(root, 'repository')));
    expect(read().trust).toBe('unset');
  });

  it.each([
    ['a comment', (name: string) => `# [projects.${JSON.stringify(name)}]\n`],
    ['writable_roots', (name: string) => `[sandbox]\nwritable_roots = [${JSON.stringify(name)}]\n`],
    ['a table without a level', (name: string) => `[projects.${JSON.stringify(name)}]\n`],
    [
      'a longer path',
      (name: string) => `[projects.${JSON.stringify(`${name}/x`)}]\ntrust_level="trusted"\n`,
    ],
    [
      'a text',
      (name: string) =>
        `note = """\n[projects.${JSON.stringify(name)}]\ntrust_level="trusted"\n"""\n`,
    ],
  ])('does not take %s for the operator’s word', (_what, toml) => {
    write(toml(workspace));
    expect(read().trust).toBe('untrusted');
  });

  it('knows a workspace by its real path, and its repository by the root', () => {
    const link = path.join(root, 'link');
    symlinkSync(workspace, link);
    expect(read({}, link).names).toEqual([link, workspace]);
    write(`[projects.${JSON.stringify(workspace)}]\ntrust_level = "trusted"\n`);
    expect(read({}, link).trust).toBe('unset');
  });

  it('knows the repository of a linked worktree', () => {
    const tree = path.join(root, 'tree');
    mkdirSync(path.join(tree, '.codex'), { recursive: true });
    const gitDir = path.join(root, 'repository/.git/worktrees/tree');
    writeFileSync(path.join(tree, '.git'), `gitdir: ${gitDir}\n`);
    expect(read({}, tree).trust).toBe('untrusted');
    write(`[projects.${JSON.stringify(path.join(root, 'repository'))}]\ntrust_level = "trusted"\n`);
    expect(read({}, tree).trust).toBe('unset');
  });

  it('finds the .codex folder of the repository, and no folder above it', () => {
    rmSync(path.join(workspace, '.codex'), { recursive: true });
    mkdirSync(path.join(root, '.codex'));
    expect(read().trust).toBe('trusted');
    mkdirSync(path.join(root, 'repository/.codex'));
    expect(read().trust).toBe('untrusted');
  });

  it('looks at every folder above when the operator has other markers of a root', () => {
    rmSync(path.join(workspace, '.codex'), { recursive: true });
    mkdirSync(path.join(root, '.codex'));
    write('project_root_markers = [".hg"]\n');
    expect(read().trust).toBe('untrusted');
  });

  it('does not count the folder of codex’s own config', () => {
    expect(read({}, path.dirname(home)).trust).toBe('trusted');
  });

  it('distrusts when config.toml cannot be read', () => {
    write('[projects\n');
    expect(read({ version: '0.135.0' }).trust).toBe('untrusted');
  });

  it.each([
    [undefined, 'untrusted'],
    ['read-only', 'untrusted'],
    ['workspace-write', 'untrusted'],
    ['danger-full-access', 'trusted'],
  ])('lets a .codex folder into the sandbox %s of an old codex: %s', (sandbox, trust) => {
    expect(read({ transport: 'exec', version: '0.135.0', sandbox })).toMatchObject({ trust });
  });

  it('takes the word of the operator’s own arguments', () => {
    const level = `projects={${JSON.stringify(workspace)}={trust_level="trusted"}}`;
    for (const extraArgs of [['-c', level], [`-c${level}`], [`--config=${level}`]])
      expect(read({ extraArgs }).trust).toBe('unset');
    expect(read({ extraArgs: ['-c', 'model="x"'] }).trust).toBe('untrusted');
  });
});

describe('trustOverride and threadTrust', () => {
  it('say nothing when the operator’s config decides', () => {
    expect(trustOverride({ trust: 'unset', names: ['/w'] })).toEqual([]);
    expect(threadTrust({ trust: 'unset', names: ['/w'] })).toEqual({});
  });

  it('name every name of the workspace', () => {
    const trust = { trust: 'untrusted', names: ['/w "x"', '/v'] } as const;
    expect(trustOverride(trust)).toEqual([
      '-c',
      'projects={"/w \\"x\\""={trust_level="untrusted"},"/v"={trust_level="untrusted"}}',
    ]);
    expect(threadTrust(trust)).toEqual({
      projects: { '/w "x"': { trust_level: 'untrusted' }, '/v': { trust_level: 'untrusted' } },
    });
  });
});
