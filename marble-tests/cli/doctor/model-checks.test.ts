import { describe, expect, it } from 'vitest';
import { checkModels, checkTransport } from '../../../src/cli/doctor/model-checks.js';

describe('checkModels', () => {
  const models = (supportedModels: string[], modelArgs: Record<string, string> = {}) => ({
    supportedModels,
    modelArgs,
  });

  it('lists the --model argument of every id', () => {
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
  ])('reports %j as %s when the login serves only the default model', (config, state) => {
    expect(checkModels(config, true)).toMatchObject({ state });
  });

  it('says what to do about a ChatGPT login', () => {
    expect(checkModels(models(['codex', 'gpt-5.5', 'x']), true).mend).toMatch(
      /^gpt-5.5, x: a ChatGPT login serves only its default model.*API key/,
    );
  });

  it.each(['--help', '-m', ' x', '\u001b[2J', 'a'.repeat(300)])('is red for the id %j', (id) => {
    expect(checkModels(models(['codex', id]), false)).toMatchObject({
      state: 'red',
      detail: expect.stringContaining('looks like a flag'),
      mend: expect.any(String),
    });
    expect(checkModels(models(['codex'], { mine: id }), false)).toMatchObject({ state: 'red' });
  });

  it('is yellow when the manifest shows no model', () => {
    expect(checkModels(models([]), false)).toMatchObject({
      state: 'yellow',
      mend: expect.stringContaining('["codex"]'),
    });
  });
});

describe('checkTransport', () => {
  it.each([
    ['exec', false, [], 'green', 'exec: a process'],
    ['exec', false, ['--add-dir', '/'], 'green', 'exec: a process'],
    ['app-server', false, ['-c', 'a=b'], 'green', 'codex exec runs a turn when it cannot start'],
    ['app-server', true, [], 'green', 'turns fail when it cannot start'],
    [
      'app-server',
      false,
      ['--add-dir', '/'],
      'yellow',
      '--add-dir in extra_args is for codex exec only',
    ],
  ] as const)(
    'reports transport %s (required: %s) with extra_args %j as %s: %s',
    (transport, appServerRequired, extraArgs, state, detail) => {
      expect(checkTransport({ transport, appServerRequired, extraArgs })).toMatchObject({
        id: 'transport',
        state,
        detail: expect.stringContaining(detail),
      });
    },
  );
});
