import { describe, expect, it } from 'vitest';
import { checkTransport } from '../../../src/cli/doctor/codex-checks.js';

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
      '--add-dir in extra_args is for codex exec only',
    ],
  ] as const)(
    'says of %s (required: %s) with %j that it is %s',
    (transport, appServerRequired, extraArgs, state, detail) => {
      expect(checkTransport({ transport, appServerRequired, extraArgs })).toMatchObject({
        id: 'transport',
        state,
        detail: expect.stringContaining(detail),
      });
    },
  );
});
