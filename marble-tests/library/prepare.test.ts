import { concat, NEVER, of, type Subscription } from 'rxjs';
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

  it.each<[config: object, words: string]>([
    [{ binary: 7 }, 'binary: expected string, got 7'],
    [{ graceMs: -1 }, 'graceMs: expected'],
    [{ deadlines: { idle: 'long' } }, 'idle: expected'],
  ])('refuses the config %j of a program without types', (config, words) => {
    expect(() => prepare('hi', { env: { PLEXUM_PROFILE_ROOT: '/absent' }, config })).toThrow(
      new RegExp(`^the option "config": ${words}`),
    );
  });

  it('takes a setting that is undefined as one that is not given', () => {
    const config: object = { binary: undefined, extraArgs: undefined };

    expect(() => prepare('hi', { env: { PLEXUM_PROFILE_ROOT: '/absent' }, config })).not.toThrow();
  });

  it('keeps each turn to max_concurrent_turns of its own config, whichever came first', () => {
    const env = { PLEXUM_PROFILE_ROOT: '/absent' };
    const begun: string[] = [];
    const begin = (workspace: string, maxConcurrentTurns: number): Subscription =>
      prepare('hi', { env, workspace, config: { maxConcurrentTurns } })
        .ports.inOrder(workspace, NEVER, concat(of(workspace), NEVER))
        .subscribe({
          next: (name) => begun.push(name),
          error: (error: unknown) => expect.unreachable(String(error)),
        });
    const turns = [begin('/one', 1), begin('/two', 1), begin('/three', 2), begin('/four', 2)];

    expect(begun).toEqual(['/one', '/three']);
    for (const turn of turns) turn.unsubscribe();
  });
});
