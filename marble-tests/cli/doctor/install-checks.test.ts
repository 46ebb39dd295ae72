import { left, right } from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import {
  checkAllowed,
  checkConfig,
  checkManifest,
  checkNode,
  checkProfile,
} from '../../../src/cli/doctor/install-checks.js';
import { defaultConfig, parseConfig } from '../../../src/plexum/config.js';
import { manifest } from '../../../src/plexum/manifest.js';

describe('checkNode', () => {
  it.each([
    ['20.0.0', 'green'],
    ['24.3.1', 'green'],
    ['18.20.8', 'red'],
  ])('reports Node %s as %s', (version, state) => {
    expect(checkNode(version)).toMatchObject({ id: 'node', state });
  });
});

describe('checkConfig', () => {
  const file = '/p/config.json';

  it('lists every setting with its value and marks the defaults', () => {
    const { detail, state } = checkConfig(
      file,
      true,
      parseConfig(
        file,
        '{"binary":"/opt/codex","idle_timeout_ms":5,"max_concurrent_turns":3,"grace_ms":5000}',
      ),
    );
    expect(state).toBe('green');
    const lines = detail.split('\n');
    expect(lines[0]).toBe(file);
    expect(lines).toEqual(
      expect.arrayContaining([
        'binary = "/opt/codex"',
        'extra_args = [] (default)',
        'transport = "exec" (default)',
        'bridge_required = false (default)',
        'idle_timeout_ms = 5',
        'turn_timeout_ms = 0 (default)',
        'grace_ms = 5000 (default)',
        'max_concurrent_turns = 3',
      ]),
    );
  });

  it('says in words, and not as a value, what the absence of a setting means', () => {
    const { detail } = checkConfig(file, true, right({ config: defaultConfig, warnings: [] }));
    expect(detail.split('\n')).toEqual(
      expect.arrayContaining([
        'max_concurrent_turns = 2 for each core (default)',
        'record_dir = none (default)',
      ]),
    );
  });

  it('lists every key that a config file may have', () => {
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

  it('is green without a file, yellow with warnings and red for a file that cannot be read', () => {
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

  it('redacts secrets in extra_args', () => {
    const { detail } = checkConfig(
      file,
      true,
      parseConfig(file, '{"extra_args":["-c","x.api_key=\\"sk-abcdefghijklmnop\\""]}'),
    );
    expect(detail).not.toContain('abcdefgh');
  });
});

describe('checkProfile', () => {
  it('is red when a folder cannot be written', () => {
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
  ])('reports plexum.json %j as %s: %s', (text, state, detail) => {
    expect(checkAllowed({ file, text })).toMatchObject({
      id: 'allow-list',
      state,
      detail: expect.stringContaining(detail),
    });
  });

  it('says how to allow the plugin', () => {
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
  ])('reports the manifest %j as %s: %s', (found, state, detail) => {
    expect(checkManifest({ file, text: JSON.stringify(found) }, expected)).toMatchObject({
      id: 'manifest',
      state,
      detail: expect.stringContaining(detail),
    });
  });

  it.each([
    [undefined, 'does not exist'],
    ['{', 'not JSON'],
  ])('is yellow and says what to do for the file content %j', (text, detail) => {
    expect(checkManifest({ file, text }, expected)).toMatchObject({
      state: 'yellow',
      detail: expect.stringContaining(detail),
      mend: 'run scripts/install.sh again, then restart the daemon',
    });
  });
});
