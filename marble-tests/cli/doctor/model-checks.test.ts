import { right } from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { listedModels } from '../../../src/cli/doctor/listed-models.js';
import { checkModels, type ModelAccess } from '../../../src/cli/doctor/model-checks.js';
import type { ModelArgs } from '../../../src/codex/exec/model-flag.js';

const all: ModelAccess = { defaultOnly: false, isOpenAi: true };
const defaultOnly: ModelAccess = { ...all, defaultOnly: true };

describe('checkModels', () => {
  const models = (supportedModels: string[], modelArgs: ModelArgs = {}) => ({
    supportedModels,
    modelArgs,
  });

  it('lists the --model argument of every id', () => {
    expect(
      checkModels(
        models(['codex', 'gpt-5.5', 'fast'], { fast: 'gpt-5.5-mini', hidden: 'gpt-6', codex: 'x' }),
        all,
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
    expect(checkModels(config, defaultOnly)).toMatchObject({ state });
  });

  it('says what to do about a ChatGPT login', () => {
    expect(checkModels(models(['codex', 'gpt-5.5', 'x']), defaultOnly).mend).toMatch(
      /^gpt-5.5, x: a ChatGPT login serves only its default model.*API key/,
    );
  });

  it.each([
    ['--help', 'looks like a flag'],
    ['-m', 'looks like a flag'],
    [' x', 'begins with white space'],
    ['\u001b[2J', 'has a line break or another control character'],
    ['x\0', 'has a NUL character'],
    ['a'.repeat(300), 'is longer than 256 characters'],
  ])('is red for the id %j, which %s', (id, problem) => {
    expect(checkModels(models(['codex', id]), all)).toMatchObject({
      state: 'red',
      detail: expect.stringContaining(`refused, since it ${problem}`),
      mend: expect.any(String),
    });
    expect(checkModels(models(['codex'], { mine: id }), all)).toMatchObject({ state: 'red' });
  });

  it('is yellow when the manifest shows no model', () => {
    expect(checkModels(models([]), all)).toMatchObject({
      state: 'yellow',
      mend: expect.stringContaining('["codex"]'),
    });
  });

  it('shows the arguments of an id, without secrets', () => {
    const args = { high: ['-m', 'gpt-5.5', '-c', 'token="sk-abcdefghijklmnop"'] };
    expect(checkModels(models(['high'], args), all)).toMatchObject({
      state: 'green',
      detail: 'high → --model gpt-5.5 -c token="[redacted]"',
    });
  });

  const listed = listedModels(
    right({
      data: [
        { model: 'gpt-5.5', isDefault: true },
        { model: 'old', hidden: true },
      ],
    }),
  );

  it('names the ids whose model codex does not list', () => {
    const config = models(['codex', 'gpt-5.5', 'old', 'gone', 'fast'], { fast: 'gpt-0' });
    expect(checkModels(config, { ...all, listed })).toMatchObject({
      state: 'yellow',
      detail: [
        "codex → codex's own choice",
        'gpt-5.5 → --model gpt-5.5',
        'old → --model old',
        'gone → --model gone (codex does not list it)',
        'fast → --model gpt-0 (codex does not list it)',
        'codex lists gpt-5.5 (the default)',
      ].join('\n'),
      mend: expect.stringContaining('gone, fast: correct it in supported_models'),
    });
  });

  it('is green for the models of another provider', () => {
    const access = { ...all, isOpenAi: false, listed };
    expect(checkModels(models(['gone']), access)).toMatchObject({ state: 'green' });
  });
});
