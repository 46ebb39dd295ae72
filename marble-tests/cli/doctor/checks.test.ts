import { left, right } from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { PINNED } from '../../../scripts/lib/codexes.mjs';
import {
  checkBinary,
  checkLogin,
  checkModels,
  checkVersion,
  chosenProvider,
  loginOf,
  noBinary,
  servesDefaultOnly,
} from '../../../src/cli/doctor/codex-checks.js';
import { doctorArgs } from '../../../src/cli/doctor/doctor.js';
import {
  checkAllowed,
  checkConfig,
  checkDrift,
  checkManifest,
  checkNode,
  checkProfile,
} from '../../../src/cli/doctor/install-checks.js';
import { NEWEST } from '../../../src/codex/version.js';
import { defaultConfig, parseConfig } from '../../../src/plexum/config.js';
import { manifest } from '../../../src/plexum/manifest.js';

describe('checkNode', () => {
  it.each([
    ['20.0.0', 'green'],
    ['24.3.1', 'green'],
    ['18.20.8', 'red'],
  ])('%s is %s', (version, state) => {
    expect(checkNode(version)).toMatchObject({ id: 'node', state });
  });
});

describe('checkBinary', () => {
  it('is green for an absolute path, and names the native program', () => {
    expect(
      checkBinary('/opt/codex', { found: '/opt/codex', file: '/opt/codex' }, '/c.json'),
    ).toEqual({
      id: 'codex',
      state: 'green',
      title: 'codex',
      detail: '/opt/codex',
    });
    expect(
      checkBinary('/n/bin/codex.js', { found: '/n/bin/codex.js', file: '/n/native' }, '/c.json'),
    ).toMatchObject({
      state: 'green',
      detail: '/n/bin/codex.js, which starts /n/native',
    });
  });

  it('is yellow for a bare name, says why, and what to write', () => {
    expect(
      checkBinary('codex', { found: '/usr/bin/codex', file: '/n/native' }, '/c.json'),
    ).toMatchObject({
      state: 'yellow',
      detail: expect.stringMatching(
        /"codex" is \/usr\/bin\/codex on this PATH, which starts \/n\/native; systemd/,
      ),
      mend: 'set "binary" in /c.json to "/usr/bin/codex"',
    });
  });

  it('is yellow for a script without its native program', () => {
    expect(
      checkBinary(
        '/n/bin/codex.js',
        { found: '/n/bin/codex.js', file: '/n/bin/codex.js' },
        '/c.json',
      ),
    ).toMatchObject({ state: 'yellow' });
  });

  it('is red without one', () => {
    expect(noBinary('there is none', '/c.json')).toMatchObject({
      id: 'codex',
      state: 'red',
      detail: 'there is none',
      mend: expect.stringContaining('/c.json'),
    });
  });
});

describe('checkVersion', () => {
  it.each([
    ['0.134.9', 'red'],
    ['0.135.0', 'green'],
    ['0.150.1', 'green'],
    ['0.169.0', 'green'],
    ['0.169.1', 'yellow'],
    ['1.0.0', 'yellow'],
    [undefined, 'red'],
  ])('%s is %s', (version, state) => {
    expect(checkVersion('/codex', version)).toMatchObject({
      id: 'codex-version',
      state,
      ...(state === 'green' ? {} : { mend: expect.any(String) }),
    });
  });

  it('has tested the codex that the tests run on', () => {
    expect(NEWEST).toBe(PINNED);
  });
});

const said = (code: number | null, text: string, late = false) => ({ code, text, late });
const ours = { hasKey: false };

describe('login', () => {
  it.each([
    [said(0, 'Logged in using ChatGPT'), 'chatgpt', 'green', 'serves only the default model'],
    [
      said(0, 'Logged in using an API key - sk-abcde***z0123'),
      'api-key',
      'green',
      'serves more models',
    ],
    [
      said(
        0,
        'API key configured - sk-abcde***z0123\nAuthentication is checked when you send a request.',
      ),
      'api-key',
      'green',
      'serves more models',
    ],
    [said(0, 'Logged in using a badge'), 'other', 'yellow', 'a badge'],
    [said(1, 'Not logged in'), 'none', 'red', 'not logged in'],
    [said(1, 'WARNING: x\nNot logged in'), 'none', 'red', 'not logged in'],
    [
      said(1, 'Error checking login status: key must be a string'),
      'unclear',
      'red',
      'key must be a string',
    ],
    [
      said(1, 'Error loading configuration: /c/config.toml:1:10: unclosed array'),
      'unclear',
      'red',
      'unclosed array',
    ],
    [said(null, '', true), 'unclear', 'yellow', 'within 10 s'],
    [said(null, 'Logged in using ChatGPT', true), 'unclear', 'yellow', 'within 10 s'],
  ])('reads %j as %s: %s', (answer, login, state, detail) => {
    expect(loginOf(answer)).toBe(login);
    expect(checkLogin(answer, ours)).toMatchObject({
      id: 'login',
      state,
      detail: expect.stringContaining(detail),
    });
  });

  it('needs none for another provider, perhaps, nor with CODEX_API_KEY', () => {
    expect(
      checkLogin(said(1, 'Not logged in'), { hasKey: false, provider: 'azure' }),
    ).toMatchObject({
      state: 'yellow',
      detail: expect.stringContaining('"azure"'),
    });
    expect(checkLogin(said(1, 'Not logged in'), { hasKey: true })).toMatchObject({
      state: 'green',
      detail: expect.stringContaining('CODEX_API_KEY'),
    });
  });

  it('shows no key', () => {
    expect(JSON.stringify(checkLogin(said(1, 'bad key sk-abcdefghijklmnop'), ours))).not.toContain(
      'abcdefgh',
    );
  });

  it.each([
    ['chatgpt', ours, true],
    ['chatgpt', { hasKey: true }, false],
    ['chatgpt', { hasKey: false, provider: 'azure' }, false],
    ['api-key', ours, false],
    ['none', ours, false],
  ] as const)('%s with %j serves the default model only: %j', (login, needs, only) => {
    expect(servesDefaultOnly(login, needs)).toBe(only);
  });

  it.each([
    [[], '', undefined],
    [[], 'model_provider = "azure"\n[model_providers.azure]\n', 'azure'],
    [[], "model = 'x'\n  model_provider='my-one'", 'my-one'],
    [[], 'model_provider = "openai"', undefined],
    [[], '# model_provider = "azure"', undefined],
    [[], '[profiles.x]\nmodel_provider = "azure"', undefined],
    [['-c', 'model_provider="other"'], 'model_provider = "azure"', 'other'],
    [['-cmodel_provider=other'], '', 'other'],
    [['--config=model_provider=openai'], 'model_provider = "azure"', undefined],
  ])('extra_args %j and config.toml %j choose the provider %j', (args, toml, provider) => {
    expect(chosenProvider(args, toml)).toBe(provider);
  });
});

describe('checkConfig', () => {
  const file = '/p/config.json';

  it('names every setting, its value, and whether it is the default', () => {
    const { detail, state } = checkConfig(
      file,
      true,
      parseConfig(
        file,
        '{"binary":"/opt/codex","idle_timeout_ms":5,"max_concurrent_turns":3,"grace_ms":5000}',
      ),
    );
    expect(state).toBe('green');
    expect(detail.split('\n')).toEqual([
      file,
      'binary = "/opt/codex"',
      'extra_args = [] (default)',
      'supported_models = ["codex"] (default)',
      'model_args = {} (default)',
      'transport = "exec" (default)',
      'app_server_required = false (default)',
      'app_server_idle_ms = 600000 (default)',
      'bridge = "http" (default)',
      'bridge_required = false (default)',
      'tool_timeout_ms = 600000 (default)',
      'first_event_timeout_ms = 120000 (default)',
      'idle_timeout_ms = 5',
      'command_timeout_ms = 3600000 (default)',
      'turn_timeout_ms = 0 (default)',
      'grace_ms = 5000 (default)',
      'max_concurrent_turns = 3',
      'max_line_bytes = 134217728 (default)',
      'record_dir = "none" (default)',
    ]);
  });

  it('knows every key that a config file may have', () => {
    const { mend = '' } = checkConfig(file, true, parseConfig(file, '{"nope":1}'));
    const [, keys = ''] = /known keys are (.*)/.exec(mend) ?? [];
    const { detail } = checkConfig(file, true, parseConfig(file, '{}'));
    expect(
      detail
        .split('\n')
        .slice(1)
        .map((line) => line.split(' ')[0])
        .toSorted(),
    ).toEqual(
      keys
        .split(', ')
        .filter((key) => key !== '$schema')
        .toSorted(),
    );
  });

  it('is green without a file, yellow with warnings, red when it cannot be read', () => {
    expect(checkConfig(file, false, right({ config: defaultConfig, warnings: [] }))).toMatchObject({
      state: 'green',
      detail: expect.stringContaining('does not exist'),
    });
    expect(checkConfig(file, true, parseConfig(file, '{"nope":1}'))).toMatchObject({
      state: 'yellow',
      mend: expect.stringContaining('"nope"'),
    });
    expect(checkConfig(file, true, left(`${file} is not JSON`))).toMatchObject({
      state: 'red',
      detail: `${file} is not JSON`,
      mend: expect.stringContaining(file),
    });
  });

  it('shows no key of extra_args', () => {
    const { detail } = checkConfig(
      file,
      true,
      parseConfig(file, '{"extra_args":["-c","x.api_key=\\"sk-abcdefghijklmnop\\""]}'),
    );
    expect(detail).not.toContain('abcdefgh');
  });
});

describe('checkModels', () => {
  const models = (supportedModels: string[], modelArgs: Record<string, string> = {}) => ({
    supportedModels,
    modelArgs,
  });

  it('says what becomes of every id', () => {
    expect(
      checkModels(
        models(['codex', 'gpt-5.5', 'fast'], { fast: 'gpt-5.5-mini', hidden: 'gpt-6', codex: 'x' }),
        false,
      ),
    ).toEqual({
      id: 'models',
      state: 'green',
      title: 'models',
      detail: [
        "codex → codex's own choice",
        'gpt-5.5 → --model gpt-5.5',
        'fast → --model gpt-5.5-mini',
        'hidden → --model gpt-6 (not in supported_models, so the manifest does not show it)',
      ].join('\n'),
    });
  });

  it.each([
    [models(['codex']), 'green'],
    [models(['codex', 'mine'], { mine: '' }), 'green'],
    [models(['codex', 'gpt-5.5']), 'yellow'],
    [models(['codex'], { mine: 'gpt-5.5' }), 'yellow'],
    [models(['codex', '--yolo']), 'red'],
  ])('with a login that serves only the default model %j is %s', (config, state) => {
    expect(checkModels(config, true)).toMatchObject({ state });
  });

  it('says of a ChatGPT login what to do', () => {
    expect(checkModels(models(['codex', 'gpt-5.5', 'x']), true).mend).toMatch(
      /^gpt-5.5, x: a ChatGPT login serves only its default model.*API key/,
    );
  });

  it.each(['--help', '-m', ' x', '\u001b[2J', 'a'.repeat(300)])('is red for %j', (id) => {
    expect(checkModels(models(['codex', id]), false)).toMatchObject({
      state: 'red',
      detail: expect.stringContaining('looks like a flag'),
      mend: expect.any(String),
    });
    expect(checkModels(models(['codex'], { mine: id }), false)).toMatchObject({ state: 'red' });
  });

  it('is yellow when the manifest shows none', () => {
    expect(checkModels(models([]), false)).toMatchObject({
      state: 'yellow',
      mend: expect.stringContaining('["codex"]'),
    });
  });
});

describe('checkProfile', () => {
  it('is red when one folder cannot be written', () => {
    expect(checkProfile([{ path: '/p' }, { path: '/p/q' }])).toMatchObject({
      state: 'green',
      detail: '/p: can be written\n/p/q: can be written',
    });
    expect(checkProfile([{ path: '/p' }, { path: '/p/q', problem: 'EACCES' }])).toMatchObject({
      state: 'red',
      detail: '/p: can be written\n/p/q: EACCES',
    });
  });
});

describe('checkAllowed', () => {
  const file = '/p/plexum.json';

  it.each([
    ['{"plugins":{"allow":["other","plexum-openai-provider"]}}', 'green', 'allows the plugin'],
    ['{"plugins":{"allow":["other"]}}', 'yellow', 'is not in .plugins.allow of /p/plexum.json, so'],
    ['{"plugins":{"allow":"plexum-openai-provider"}}', 'yellow', 'is not in .plugins.allow'],
    ['{"plugins":{}}', 'yellow', 'is not in .plugins.allow'],
    ['null', 'yellow', 'is not in .plugins.allow'],
    [undefined, 'yellow', 'which does not exist'],
    ['{', 'yellow', 'is not JSON'],
  ])('of %j is %s', (text, state, detail) => {
    expect(checkAllowed({ file, text })).toMatchObject({
      id: 'allow-list',
      state,
      detail: expect.stringContaining(detail),
    });
  });

  it('says how it is mended', () => {
    expect(checkAllowed({ file, text: '{}' }).mend).toMatch(
      /install\.sh --allow.*"plexum-openai-provider".*restart the daemon/,
    );
  });
});

describe('checkManifest', () => {
  const file = '/p/manifest.json';
  const expected = manifest('1.2.3', ['codex', 'fast']);

  it.each([
    [expected, 'green', 'version 1.2.3, with the models codex, fast'],
    [manifest('1.2.2', ['codex', 'fast']), 'yellow', 'is not what config.json gives'],
    [manifest('1.2.3', ['codex']), 'yellow', 'it is:     {"name"'],
    [{ ...expected, more: 1 }, 'yellow', 'is not what config.json gives'],
    [[], 'yellow', 'it is:     []'],
  ])('%j is %s', (found, state, detail) => {
    expect(checkManifest({ file, text: JSON.stringify(found) }, expected)).toMatchObject({
      id: 'manifest',
      state,
      detail: expect.stringContaining(detail),
    });
  });

  it.each([
    [undefined, 'does not exist'],
    ['{', 'not JSON'],
  ])('%j is yellow, with what to do', (text, detail) => {
    expect(checkManifest({ file, text }, expected)).toMatchObject({
      state: 'yellow',
      detail: expect.stringContaining(detail),
      mend: 'run scripts/install.sh again, then restart the daemon',
    });
  });
});

describe('checkDrift', () => {
  it('lists the kinds', () => {
    expect(checkDrift([], '/d')).toMatchObject({ state: 'green' });
    expect(
      checkDrift(
        [
          { kind: 'event later', codex: '0.170.0', count: 3 },
          { kind: 'item x', codex: '', count: 1 },
        ],
        '/d.json',
      ),
    ).toMatchObject({
      state: 'yellow',
      detail: expect.stringMatching(/\nevent later: 3 times, codex 0.170.0\nitem x: 1 times$/),
      mend: expect.stringContaining('/d.json'),
    });
  });
});

describe('doctorArgs', () => {
  const none = { workspaces: [], turn: false, tools: false, mend: false, json: false };

  it.each([
    [[], none],
    [
      ['--turn', '--tools', '--mend', '--json'],
      { ...none, turn: true, tools: true, mend: true, json: true },
    ],
    [
      ['--workspace', '/a/', '--workspace=/b', '--workspace', '/a'],
      { ...none, workspaces: ['/a', '/b'] },
    ],
    [['--help'], 'help'],
    [['-h', '--turn'], 'help'],
  ])('reads %j', (args, asked) => {
    expect(doctorArgs(args)).toEqual(right(asked));
  });

  it.each([
    [['--nope']],
    [['--workspace']],
    [['--workspace', '']],
    [['--workspace', '--turn']],
    [['file']],
    [['--turn=yes']],
    [['-x']],
  ])('refuses %j', (args) => {
    expect(doctorArgs(args)).toMatchObject({ _tag: 'Left', left: expect.stringMatching(/\S/) });
  });
});
