import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { concat, NEVER, of, type Subscription } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { RefusedError } from '../../src/library/exchange.js';
import { ConfigError, prepare } from '../../src/library/prepare.js';
import { configFile, pluginDir } from '../../src/plexum/profile.js';
import { invalidParams } from '../../src/plexum/rpc-error.js';

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
    [[], 'expected an object, got \\[\\]'],
    [{ deadlines: 5 }, 'deadlines: expected an object, got 5'],
    [{ extra_args: [] }, 'the key "extra_args" is not known; known keys are binary, extraArgs, '],
    [{ idle: 3 }, 'the key "idle" is not known; known keys are binary, '],
    [{ deadlines: { idel: 3 } }, 'deadlines: the key "idel" is not known; known keys are firstE'],
  ])('refuses the config %j of a program without types', (config, words) => {
    expect(() => prepare('hi', { env: { PLEXUM_PROFILE_ROOT: '/absent' }, config })).toThrow(
      new RegExp(`^the option "config": ${words}`),
    );
  });

  it('refuses an option that it does not know, and names it', () => {
    const options: object = { env: { PLEXUM_PROFILE_ROOT: '/absent' }, cwd: '/srv/agents/ada' };

    expect(() => prepare('hi', options)).toThrow(
      new RefusedError(
        invalidParams(
          'codex: the options: the key "cwd" is not known; known keys are workspace, model, newThread, config, cancel$, signal, endOnSignals, log, env, ports, agentId, images, outputSchema, tools, executable',
        ),
      ),
    );
  });

  it('keeps the settings of the profile that the options do not give, or give as undefined', () => {
    const profile = mkdtempSync(path.join(tmpdir(), 'prepare-'));
    const env = { PLEXUM_PROFILE_ROOT: profile };
    mkdirSync(pluginDir(env), { recursive: true });
    const text = JSON.stringify({ grace_ms: 7, turn_timeout_ms: 8, idle_timeout_ms: 9 });
    writeFileSync(configFile(env), text);
    const config: object = { binary: undefined, graceMs: undefined, deadlines: { idle: 3 } };

    expect(prepare('hi', { env, config }).ports).toMatchObject({
      graceMs: 7,
      deadlines: { turn: 8, idle: 3 },
    });
    rmSync(profile, { recursive: true });
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
