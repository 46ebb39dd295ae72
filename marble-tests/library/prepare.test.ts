import { describe, expect, it } from 'vitest';
import { ConfigError, prepare } from '../../src/library/prepare.js';

describe('prepare', () => {
  it('refuses a config of the options by the rules of config.json', () => {
    const env = { PLEXUM_PROFILE_ROOT: '/absent' };

    expect(() => prepare('hi', { env, config: { extraArgs: ['--json', '-m'] } })).toThrow(
      new ConfigError(
        'the option "config": extra_args: "-m" has no value; write it as the next argument, or remove "-m"',
      ),
    );
  });
});
