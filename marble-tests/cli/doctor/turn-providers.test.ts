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
    for (const profile of [
      { extraArgs: ['-p', 'work'], modelArgs: {} },
      { extraArgs: [], modelArgs: { work: ['--profile', 'work'] } },
    ])
      expect(turnProviders(says('mine'), profile)).toBeUndefined();
  });
});
