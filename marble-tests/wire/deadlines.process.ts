import { describe, expect, it } from 'vitest';
import { turnParams } from '../../scripts/lib/host.mjs';
import { openLab, realCodex, transport } from '../support/lab.js';
import { processesOf } from '../support/processes.js';

describe('an expired deadline ends the turn with an error that names it, and leaves no process', () => {
  it.each([
    [
      'idle',
      { idle_timeout_ms: 700 },
      { hang: true },
      'after 700 ms the turn was ended: it printed no event (idle_timeout_ms)',
    ],
    [
      'turn',
      { turn_timeout_ms: 900 },
      { hang: true },
      'after 900 ms the turn was ended: the turn went on (turn_timeout_ms)',
    ],
    [
      'command',
      { command_timeout_ms: 800, idle_timeout_ms: 60_000 },
      {
        call: {
          name: 'exec_command',
          arguments: { cmd: 'trap "" INT TERM; sleep 997 & sleep 998', yield_time_ms: 30_000 },
        },
      },
      'after 800 ms the turn was ended: a tool ran without an event (command_timeout_ms)',
    ],
  ])('for a turn of the real codex: %s', async (_name, limits, step, message) => {
    await using lab = await openLab(() => [step]);
    lab.configure({ binary: realCodex, grace_ms: 1_000, ...limits });
    const plugin = await lab.start();
    const turn = plugin.stream(turnParams(lab.workspace, 'go', 'gpt-5.5'));

    expect(await turn.ended).toEqual(
      expect.objectContaining({
        type: 'error',
        kind: 'timeout',
        retryable: true,
        message: `codex: ${message}`,
      }),
    );
    const left = processesOf(lab.at('home')).filter(({ pid }) => pid !== plugin.child.pid);
    expect(left.map(({ args }) => args[1])).toEqual(
      transport === 'app-server' ? ['app-server'] : [],
    );
    expect((await turn.response)['result'].outcome).toBe('failed');
  });
});
