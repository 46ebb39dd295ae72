import { describe, expect, it } from 'vitest';
import { turnParams } from '../../scripts/lib/host.mjs';
import { fakeCodex, openLab, realCodex } from '../support/lab.js';
import { processesOf } from '../support/processes.js';

describe('a deadline ends the turn with an error that names it, and nothing is left', () => {
  it.each([
    ['idle', { idle_timeout_ms: 700 }, { hang: true }, 'after 700 ms the turn was ended: it printed no event (idle_timeout_ms)'],
    ['turn', { turn_timeout_ms: 900 }, { hang: true }, 'after 900 ms the turn was ended: the turn went on (turn_timeout_ms)'],
    [
      'command',
      { command_timeout_ms: 800, idle_timeout_ms: 60_000 },
      { call: { name: 'exec_command', arguments: { cmd: 'trap "" INT TERM; sleep 997 & sleep 998', yield_time_ms: 30_000 } } },
      'after 800 ms the turn was ended: a tool ran without an event (command_timeout_ms)',
    ],
  ])('of the real codex: %s', async (_name, limits, step, message) => {
    await using lab = await openLab(() => [step]);
    lab.configure({ binary: realCodex, grace_ms: 1_000, ...limits });
    const plugin = await lab.start();
    const turn = plugin.stream(turnParams(lab.workspace, 'go', 'gpt-5.5'));

    expect(await turn.ended).toEqual(expect.objectContaining({ type: 'error', kind: 'timeout', retryable: true, message: `codex: ${message}` }));
    expect(processesOf(lab.at('home')).filter(({ pid }) => pid !== plugin.child.pid)).toEqual([]);
    expect((await turn.response)['result'].outcome).toBe('failed');
  });

  it.each([
    [
      'first event',
      [{ wait: 1_000_000 }],
      { first_event_timeout_ms: 300 },
      'after 300 ms the turn was ended: it printed no event (first_event_timeout_ms)',
    ],
    [
      'idle, with what codex said last',
      [
        { out: ['{"type":"turn.started"}', '{"type":"error","message":"Reconnecting... 1/5 (no network)"}'] },
        { ignore: ['SIGINT'] },
        { wait: 1_000_000 },
      ],
      { idle_timeout_ms: 300, grace_ms: 100 },
      'after 300 ms the turn was ended: it printed no event (idle_timeout_ms); it said last: Reconnecting... 1/5 (no network)',
    ],
  ])('of a fake codex: %s', async (_name, steps, limits, message) => {
    await using lab = await openLab();
    lab.configure({ binary: fakeCodex, ...limits });
    const plugin = await lab.start();
    const turn = plugin.stream(turnParams(lab.workspace, JSON.stringify(steps)));
    expect(await turn.ended).toEqual(expect.objectContaining({ type: 'error', kind: 'timeout', message: `codex: ${message}` }));
  });

  it('does not wait for a codex that lives on after the end of its turn', async () => {
    await using lab = await openLab();
    lab.configure({ binary: fakeCodex });
    const plugin = await lab.start();
    const steps = [{ out: ['{"type":"turn.completed","usage":{"input_tokens":1,"output_tokens":1}}'] }, { wait: 1_000_000 }];
    const turn = plugin.stream(turnParams(lab.workspace, JSON.stringify(steps)));
    expect(await turn.ended).toMatchObject({ type: 'message_end', stop_reason: 'end_turn' });
  });
});
