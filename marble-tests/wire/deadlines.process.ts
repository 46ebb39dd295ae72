import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { turnParams } from '../../scripts/lib/host.mjs';
import type { Step } from '../../scripts/lib/model-server.mjs';
import { codexCan } from '../../src/codex/versions.js';
import { codexVersion, openLab, realCodex, transport } from '../support/lab.js';
import { processesOf, until } from '../support/processes.js';

/** Without it, the plugin asks codex to give up by itself, as an older one always does. */
const UNBOUNDED = 'features.unbounded_connection_retries=true';

describe('an expired deadline ends the turn with an error that names it, and leaves no process', () => {
  it.each([
    [
      'idle',
      { idle_timeout_ms: 700 },
      { hang: true },
      'the turn was ended: it gave no sign of life for 700 ms (idle_timeout_ms)',
    ],
    [
      'turn',
      { turn_timeout_ms: 900 },
      { hang: true },
      'the turn was ended: it took longer than 900 ms (turn_timeout_ms)',
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
      'the turn was ended: it gave no sign of life for 800 ms while a tool ran (command_timeout_ms)',
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
    const left = (): (string | undefined)[] =>
      processesOf(lab.at('home')).flatMap(({ pid, args }) =>
        pid === plugin.child.pid ? [] : [args[1]],
      );
    if (transport === 'exec') expect(left()).toEqual([]);
    else {
      expect(left().filter((arg) => arg === '997' || arg === '998')).toEqual([]);
      // The app-server starts short programs of its own, such as lsb_release, also after the turn.
      await until(() => isDeepStrictEqual(left(), ['app-server']));
    }
    expect((await turn.response)['result'].outcome).toBe('failed');
  });
});

describe('a command that runs in the background, of which codex may say nothing any more', () => {
  const call = (cmd: string): Step => ({
    call: { name: 'exec_command', arguments: { cmd, yield_time_ms: 250 } },
  });

  it.each([
    [
      'lets the model be silent for longer than the idle limit',
      3_000,
      async (limit: number) => {
        await sleep(limit + 500);
        return [{ text: 'It still runs.' }];
      },
      { type: 'message_end' },
    ],
    [
      'leaves the idle limit to the model when it has gone',
      700,
      async (limit: number, workspace: string) => {
        await sleep(limit + 100);
        writeFileSync(path.join(workspace, 'over'), '');
        return [{ hang: true }];
      },
      {
        type: 'error',
        kind: 'timeout',
        message: expect.stringMatching(
          /^codex: the turn was ended: it gave no sign of life for \d+ ms \(idle_timeout_ms\)$/,
        ),
      },
    ],
  ])('%s', async (_what, shortest, last, ended) => {
    const endOf = async (idle_timeout_ms: number): Promise<unknown> => {
      let workspace = '';
      await using lab = await openLab((_request, nth) => {
        if (nth === 0) return [call('until [ -e over ]; do sleep 0.05; done')];
        return nth === 1 ? [{ text: 'It runs.' }, call('true')] : last(idle_timeout_ms, workspace);
      });
      ({ workspace } = lab);
      lab.configure({ binary: realCodex, grace_ms: 1_000, idle_timeout_ms });
      const plugin = await lab.start();
      const end = await plugin.stream(turnParams(workspace, 'go', 'gpt-5.5')).ended;
      // On a busy machine a healthy codex may need longer than the limit until it asks the last.
      return lab.model.requests.length > 2 ? end : await endOf(2 * idle_timeout_ms);
    };

    expect(await endOf(shortest)).toEqual(expect.objectContaining(ended));
  });
});

describe('a model that cannot be reached ends the turn with a retryable network error', () => {
  it.each([
    [
      'which names the limit when codex tries for ever',
      { reconnect_timeout_ms: 900, extra_args: ['-c', UNBOUNDED] },
      codexCan(codexVersion, 'endlessRetries'),
      /^codex: (the turn was ended: it only tried to reconnect for 900 ms \(reconnect_timeout_ms\); it said last: .*)?(Connection failed: error sending request|stream disconnected before completion: error sending request)/,
    ],
    [
      'which is that of codex when codex gives up by itself',
      {},
      false,
      /^codex: (Connection failed: error sending request|stream disconnected before completion: error sending request)/,
    ],
  ])('%s', async (_name, config, isOurs, message) => {
    await using lab = await openLab();
    // A free port could become that of another test; nobody gets this one by chance.
    writeFileSync(
      lab.at('codex/config.toml'),
      lab.model.configToml.replace(lab.model.url, 'http://127.0.0.1:9/v1'),
    );
    lab.configure({ binary: realCodex, grace_ms: 1_000, ...config });
    const plugin = await lab.start();
    const turn = plugin.stream(turnParams(lab.workspace, 'go', 'gpt-5.5'));

    expect(await turn.ended).toEqual(
      expect.objectContaining({
        type: 'error',
        kind: 'network',
        retryable: true,
        message: expect.stringMatching(message),
      }),
    );
    expect((await turn.response)['result'].outcome).toBe('failed');
    expect((await turn.ended).message.startsWith('codex: the turn was ended: ')).toBe(isOurs);
  });
});
