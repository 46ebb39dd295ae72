import { describe, expect, it } from 'vitest';
import { settingsToRestore, threadArgs } from '../../../src/codex/app-server/thread-args.js';

describe('threadArgs', () => {
  it.each<[args: string[], settings: object]>([
    [[], { config: {} }],
    [['-c', 'model_reasoning_effort="high"'], { config: { model_reasoning_effort: 'high' } }],
    [['--config=a.b=5', '-c', 'c=[1,"x"]'], { config: { 'a.b': 5, c: [1, 'x'] } }],
    [['-c', 'a=no TOML'], { config: { a: 'no TOML' } }],
    [['--enable', 'x', '--disable=y'], { config: { 'features.x': true, 'features.y': false } }],
    [['-s', 'read-only'], { config: {}, sandbox: 'read-only' }],
    [['-c', 'sandbox_mode="read-only"'], { config: {}, sandbox: 'read-only' }],
    [
      ['-s', 'read-only', '-c', 'sandbox_mode="danger-full-access"'],
      { config: {}, sandbox: 'read-only' },
    ],
    [['-c', 'sandbox_mode=5'], { config: {}, unfit: '-c sandbox_mode=5' }],
    [['--full-auto'], { config: {}, sandbox: 'workspace-write' }],
    [['--yolo', '--json', '--color', 'never'], { config: {}, sandbox: 'danger-full-access' }],
    [['--dangerously-bypass-hook-trust'], { config: { bypass_hook_trust: true } }],
    [['-c', 'a=1', '-p', 'mine', '-c', 'b=1'], { config: { a: 1 }, unfit: '-p mine' }],
    [['--oss'], { config: {}, unfit: '--oss' }],
    [['-c', 'default_permissions="x"'], { config: {}, unfit: '-c default_permissions="x"' }],
  ])('translates %j', (args, settings) => {
    expect(threadArgs(args)).toEqual(settings);
  });
});

describe('settingsToRestore', () => {
  const tier = (value: string): string[] => ['-c', `service_tier="${value}"`];

  it('names no setting that no list has', () => {
    const modelArgs = { fast: 'x', high: ['-c', 'model_reasoning_effort="high"'] };
    expect(settingsToRestore(modelArgs, tier('flex'), { service_tier: 'flex' })).toEqual({});
  });

  it('names a setting that stands behind the model of a list', () => {
    const modelArgs = { a: ['-m', 'x', ...tier('fast')] };
    expect(settingsToRestore(modelArgs, [])).toEqual({ service_tier: 'default' });
  });

  it.each<[what: string, extraArgs: string[], settings: object, value: string]>([
    ["codex's default", [], {}, 'default'],
    ["the value of codex's config.toml", [], { service_tier: 'flex' }, 'flex'],
    ['the value of extra_args', ['--json', ...tier('fast')], { service_tier: 'flex' }, 'fast'],
  ])('names %s', (_what, extraArgs, settings, service_tier) => {
    expect(settingsToRestore({ a: tier('x') }, extraArgs, settings)).toEqual({ service_tier });
  });
});
