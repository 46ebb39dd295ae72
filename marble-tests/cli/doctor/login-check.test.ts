import { describe, expect, it } from 'vitest';
import {
  checkLogin,
  chosenProvider,
  loginOf,
  servesDefaultOnly,
} from '../../../src/cli/doctor/login-check.js';

const said = (code: number | null, text: string, expired = false) => ({ code, text, expired });
const ours = { hasKey: false };

describe('checkLogin', () => {
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
  ])('reports the answer %j as login %s, %s: %s', (answer, login, state, detail) => {
    expect(loginOf(answer)).toBe(login);
    expect(checkLogin(answer, ours)).toMatchObject({
      id: 'login',
      state,
      detail: expect.stringContaining(detail),
    });
  });

  it('is yellow without a login for another provider, and green with CODEX_API_KEY', () => {
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

  it('redacts keys', () => {
    expect(JSON.stringify(checkLogin(said(1, 'bad key sk-abcdefghijklmnop'), ours))).not.toContain(
      'abcdefgh',
    );
  });
});

describe('servesDefaultOnly', () => {
  it.each([
    ['chatgpt', ours, true],
    ['chatgpt', { hasKey: true }, false],
    ['chatgpt', { hasKey: false, provider: 'azure' }, false],
    ['api-key', ours, false],
    ['none', ours, false],
  ] as const)('returns for the login %s and %j: %j', (login, needs, only) => {
    expect(servesDefaultOnly(login, needs)).toBe(only);
  });
});

describe('chosenProvider', () => {
  it.each([
    [[], '', undefined],
    [[], 'model_provider = "azure"\n[model_providers.azure]\n', 'azure'],
    [[], "model = 'x'\n  model_provider='my-one'", 'my-one'],
    [[], 'model_provider = "openai"', undefined],
    [[], '# model_provider = "azure"', undefined],
    [[], '[profiles.x]\nmodel_provider = "azure"', undefined],
    [['-c', 'model_provider="other"'], 'model_provider = "azure"', 'other'],
    [['-cmodel_provider=other'], '', 'other'],
    [['-c', 'model_provider=other', '-c', 'x="model_provider=azure"'], '', 'other'],
    [[], 'model_instructions = """\nmodel_provider = "azure"\n"""', undefined],
    [['--config=model_provider=openai'], 'model_provider = "azure"', undefined],
  ])('reads extra_args %j and config.toml %j as the provider %j', (args, toml, provider) => {
    expect(chosenProvider(args, toml)).toBe(provider);
  });
});
