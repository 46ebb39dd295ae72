import { describe, expect, it } from 'vitest';
import { modelFlag } from '../../../src/codex/exec/model-flag.js';

const modelArgs: Record<string, string> = {
  fast: 'gpt-5-mini',
  default: '',
  sly: '--search',
  codex: 'gpt-5',
};

describe('modelFlag of a list of arguments', () => {
  it.each<[list: string[], model: string | undefined, args: string[] | undefined]>([
    [[], undefined, undefined],
    [['-c', 'a="b"'], undefined, ['-c', 'a="b"']],
    [['-m', 'gpt-5.5', '-c', 'a=1'], 'gpt-5.5', ['-c', 'a=1']],
    [['--model=gpt-5.5'], 'gpt-5.5', undefined],
    [['-c', 'model="gpt-5.5"'], 'gpt-5.5', undefined],
    [['--config=model=gpt-5.5', '--search'], 'gpt-5.5', ['--search']],
    [['-m', 'one', '-m', 'two'], 'two', undefined],
  ])('maps %j to the model %j and the arguments %j', (list, model, args) => {
    expect(modelFlag('mine', { mine: list })).toEqual({
      model,
      ...(args === undefined ? {} : { args }),
    });
  });

  it.each([[['-m', '--search']], [['-c', 'model=" x"']]])('refuses the model of %j', (list) => {
    expect(modelFlag('mine', { mine: list })).toHaveProperty('refused');
  });
});

describe('modelFlag', () => {
  it.each([
    ['', undefined],
    ['codex', undefined],
    ['fast', 'gpt-5-mini'],
    ['default', undefined],
    ['gpt-5.5', 'gpt-5.5'],
    ['o3 (high)', 'o3 (high)'],
    ['modèle/x:1', 'modèle/x:1'],
    ['constructor', 'constructor'],
    ['toString', 'toString'],
    ['__proto__', '__proto__'],
  ])('maps %j to the model %j', (id, model) => {
    expect(modelFlag(id, modelArgs)).toEqual({ model });
  });

  it.each([
    '-m',
    '--search',
    '-',
    ' gpt',
    '\tgpt',
    'gpt\n--search',
    'gpt\n',
    'gpt\r',
    'gpt\0',
    'gpt\uD83D',
    '\u00a0gpt',
    'sly',
  ])('refuses %j', (id) => {
    expect(modelFlag(id, modelArgs)).toMatchObject({
      refused: expect.stringContaining(JSON.stringify(id)),
    });
  });

  it('maps an id that is also a key of Object.prototype', () => {
    expect(modelFlag('constructor', { constructor: 'gpt-5' })).toEqual({ model: 'gpt-5' });
  });
});

it('modelFlag refuses an id of more than 256 characters', () => {
  expect(modelFlag('x'.repeat(200_000), {})).toHaveProperty('refused');
  expect(modelFlag('x'.repeat(256), {})).toEqual({ model: 'x'.repeat(256) });
});
