import { left, right } from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { turnProviders } from '../../../src/cli/doctor/turn-providers.js';

const config = { extraArgs: [], modelArgs: {} };
const says = (provider: unknown, version = '0.167.0') => ({
  version,
  config: right({ config: { model_provider: provider } }),
});

describe('turnProviders', () => {
  it('has the provider of the config of codex, which is openai where it names none', () => {
    expect(turnProviders(says('mine'), config)).toEqual(['mine']);
    expect(turnProviders(says(null), config)).toEqual(['openai']);
  });

  it('has the providers of model_args, too', () => {
    const modelArgs = {
      slow: 'gpt-5.5',
      other: ['-m', 'big', '-c', 'model_provider="theirs"'],
      deep: ['-c', 'model_reasoning_effort="high"'],
    };

    expect(turnProviders(says('mine'), { extraArgs: [], modelArgs })).toEqual(['mine', 'theirs']);
  });

  it('has none where codex goes on with a thread of any provider', () => {
    expect(turnProviders(says('mine', '0.166.0'), config)).toBeUndefined();
  });

  it('has none where it is not known which providers turns ask', () => {
    const refused = { version: '0.171.0', config: left('refused') };

    expect(turnProviders(undefined, config)).toBeUndefined();
    expect(turnProviders({ config: left('no codex') }, config)).toBeUndefined();
    expect(turnProviders(refused, config)).toBeUndefined();
    expect(turnProviders(says(5), config)).toBeUndefined();
  });

  it.each([
    [['-p', 'work']],
    [['--oss', '--local-provider', 'ollama']],
    [['--ignore-user-config']],
    [['--add-dir', '/data', '-c', 'model_provider="theirs"']],
  ])('has none where codex exec may ask another one than the app-server: %j', (args) => {
    const inExtraArgs = { extraArgs: args, modelArgs: {} };
    const inModelArgs = { extraArgs: [], modelArgs: { work: args } };

    expect(turnProviders(says('mine'), inExtraArgs)).toBeUndefined();
    expect(turnProviders(says('mine'), inModelArgs)).toBeUndefined();
  });
});
