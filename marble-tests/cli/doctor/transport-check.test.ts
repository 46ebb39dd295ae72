import { describe, expect, it } from 'vitest';
import { checkTransport } from '../../../src/cli/doctor/transport-check.js';

describe('checkTransport', () => {
  it.each([
    ['exec', false, [], 'green', 'exec: a process'],
    ['exec', false, ['--add-dir', '/'], 'green', 'exec: a process'],
    ['app-server', false, ['-c', 'a=b'], 'green', 'codex exec runs a turn when it cannot start'],
    ['app-server', true, [], 'green', 'turns fail when it cannot start'],
    [
      'app-server',
      false,
      ['--add-dir', '/'],
      'yellow',
      '--add-dir / in extra_args is for codex exec only',
    ],
  ] as const)(
    'reports transport %s (required: %s) with extra_args %j as %s: %s',
    (transport, appServerRequired, extraArgs, state, detail) => {
      expect(
        checkTransport({ transport, appServerRequired, extraArgs, modelArgs: {} }),
      ).toMatchObject({
        id: 'transport',
        state,
        detail: expect.stringContaining(detail),
      });
    },
  );

  it.each([
    [false, 'yellow', 'codex exec runs a turn when it cannot start'],
    [true, 'red', 'turns fail when it cannot start'],
  ])('says why the app-server does not start (required: %s): %s', (required, state, words) => {
    const config = { appServerRequired: required, extraArgs: [], modelArgs: {} };
    const detail = `app-server: it does not start here: code 3; ${words} `.trim();
    expect(checkTransport({ ...config, transport: 'app-server' }, 'code 3')).toMatchObject({
      state,
      detail: expect.stringContaining(detail),
    });
  });

  it('names the arguments of a model id that only codex exec takes', () => {
    const config = {
      appServerRequired: false,
      extraArgs: [],
      modelArgs: { fast: 'x', high: ['-m', 'x', '-c', 'a=1'], mine: ['-p', 'mine'] },
    };
    expect(checkTransport({ ...config, transport: 'app-server' })).toMatchObject({
      state: 'yellow',
      detail: expect.stringMatching(/^-p mine in model_args\.mine: for codex exec only/),
    });
    expect(checkTransport({ ...config, transport: 'exec' })).toMatchObject({ state: 'green' });
  });
});
