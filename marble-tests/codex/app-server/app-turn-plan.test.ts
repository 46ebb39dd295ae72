import { describe, expect, it } from 'vitest';
import { appTurnPlan } from '../../../src/codex/app-server/app-turn-plan.js';
import { ModelArgsError } from '../../../src/codex/app-server/thread-args.js';

const planOf = (modelArgs: readonly string[]) =>
  appTurnPlan(
    {
      threadId: 'T1',
      model: undefined,
      modelArgs,
      outputSchema: { type: 'object' },
      images: [],
      workspace: '/nowhere',
      prompt: 'hi',
    },
    {
      version: '0.171.0',
      args: { args: [], sandbox: 'read-only', config: { bypass_hook_trust: true } },
      home: '/nowhere/codex',
      settings: {},
      extraArgs: ['-s', 'read-only'],
      restored: { service_tier: 'default', model_reasoning_summary: 'none' },
      log: () => undefined,
    },
  );

describe('appTurnPlan', () => {
  it('has the settings of the model id before those that go back', () => {
    const args = ['-c', 'service_tier="flex"', '-c', 'model_reasoning_effort="high"'];
    expect(planOf(args)).toMatchObject({
      sandbox: 'read-only',
      config: {
        service_tier: 'flex',
        model_reasoning_summary: 'none',
        model_reasoning_effort: 'high',
        bypass_hook_trust: true,
      },
      outputSchema: { type: 'object' },
    });
  });

  it('has the sandbox of the model id instead of the one for all threads', () => {
    expect(planOf(['--sandbox', 'workspace-write']).sandbox).toBe('workspace-write');
  });

  it('throws for an argument of codex exec, which it names', () => {
    expect(() => planOf(['-c', 'a=1', '-p', 'mine'])).toThrow(
      new ModelArgsError(
        '-p mine in model_args is for codex exec only: take it out of model_args, or set "transport": "exec"',
      ),
    );
  });
});
