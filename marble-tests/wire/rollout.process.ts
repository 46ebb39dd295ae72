import {
  copyFileSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { turnParams, withTools } from '../../scripts/lib/host.mjs';
import { type ModelRequest, outputsSince, type Step } from '../../scripts/lib/model-server.mjs';
import { codeModels, type Lab, openLab, type Plugin, realCodex } from '../support/lab.js';
import { until } from '../support/processes.js';

/** A model in code mode calls a tool `exec` with JavaScript. */
const models = [
  {
    model: 'gpt-5.5',
    run: (cmd: string, call_id: string): Step => ({
      call: { name: 'exec_command', arguments: { cmd }, call_id },
    }),
  },
  ...codeModels.map((model) => ({
    model,
    run: (cmd: string, call_id: string): Step => ({
      custom: {
        name: 'exec',
        input: `text(JSON.stringify(await tools.exec_command(${JSON.stringify({ cmd })})))`,
        call_id,
      },
    }),
  })),
];

type OpenTurn = ReturnType<Plugin['stream']>;
const events = (turn: OpenTurn) => turn.events.map(({ event }) => event);
const toolEvents = (turn: OpenTurn) => events(turn).filter(({ type }) => type.startsWith('tool_'));
const sentOf = (request: ModelRequest | undefined): string => JSON.stringify(request?.input);

const rolloutOf = (lab: Lab): string => {
  const files = readdirSync(lab.at('codex/sessions'), { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.jsonl'),
  );
  return path.join(lab.at('codex/sessions'), files[0] ?? '');
};
const mutate = (plugin: Plugin, lab: Lab, mutations: unknown) =>
  plugin.request('plexum/session/mutate', {
    agent_id: 'demo-agent',
    workspace: lab.workspace,
    mutations,
  });
const warnings = (plugin: Plugin) =>
  plugin.logs.filter(({ level }) => level === 'warning').map(({ data }) => data.msg);

describe.each(models)('the tool calls of a turn with $model', ({ model, run }) => {
  it('are emitted in order with codex’s own ids before the terminal event, each in its own turn only', async () => {
    let turn = 0;
    await using lab = await openLab((request) =>
      outputsSince(request).length > 0
        ? [{ text: 'done' }]
        : ((turn += 1),
          [
            run(`echo FIRST-${turn}`, `call_${turn}a`),
            run(`echo SECOND-${turn}; exit 3`, `call_${turn}b`),
          ]),
    );
    const plugin = await lab.start();
    for (const nth of [1, 2]) {
      const asked = plugin.stream(turnParams(lab.workspace, 'go', model));
      expect((await asked.response)['result'].outcome).toBe('completed');
      const tools = toolEvents(asked);
      expect(tools.filter(({ type }) => type === 'tool_call_start').map(({ id }) => id)).toEqual([
        `call_${nth}a`,
        `call_${nth}b`,
      ]);
      expect(
        tools
          .filter(({ type }) => type === 'tool_result')
          .map(({ id, is_error }) => [id, is_error]),
      ).toEqual([
        [`call_${nth}a`, false],
        [`call_${nth}b`, model === 'gpt-5.5'],
      ]);
      for (const id of [`call_${nth}a`, `call_${nth}b`]) {
        expect(tools.filter((event) => event.id === id).map(({ type }) => type)).toEqual([
          'tool_call_start',
          'tool_call_delta',
          'tool_call_end',
          'tool_result',
        ]);
        expect(
          JSON.stringify(
            JSON.parse(
              tools.find((event) => event.id === id && event.type === 'tool_call_delta')?.arguments,
            ),
          ),
        ).toContain(`-${nth}`);
      }
      expect(tools.find(({ type }) => type === 'tool_result')?.output).toContain(`FIRST-${nth}`);
      expect(
        events(asked)
          .map(({ type }) => type)
          .at(-1),
      ).toBe('message_end');
      expect(events(asked).findIndex(({ type }) => type === 'tool_call_start')).toBeGreaterThan(0);
    }
    expect(warnings(plugin)).toEqual([]);
  });

  it('have equal usage in two equal turns, also after a restart and after a cancelled turn', async () => {
    let hang = false;
    await using lab = await openLab((request) => {
      if (outputsSince(request).length > 0) return hang ? [{ hang: true }] : [{ text: 'done' }];
      return [run('echo hello', `call_${lab.model.requests.length}`)];
    });
    const plugin = await lab.start();
    const usages: unknown[] = [];
    const turn = async (by: Plugin) => {
      const asked = by.stream(turnParams(lab.workspace, 'go', model));
      usages.push((await asked.ended)['usage']);
    };
    await turn(plugin);
    await turn(plugin);
    hang = true;
    const before = lab.model.requests.length;
    const cancelled = plugin.stream(turnParams(lab.workspace, 'go', model));
    await until(() => lab.model.requests.length >= before + 2);
    plugin.cancel(cancelled.id);
    const end = await cancelled.ended;
    hang = false;
    await plugin.stop();
    await turn(await lab.start());

    const oneCall = {
      input_tokens: 100,
      cached_input_tokens: 40,
      output_tokens: 20,
      reasoning_output_tokens: 8,
    };
    const twoCalls = {
      input_tokens: 200,
      cached_input_tokens: 80,
      output_tokens: 40,
      reasoning_output_tokens: 16,
    };
    expect(usages).toEqual([twoCalls, twoCalls, twoCalls]);
    expect(end).toMatchObject({ type: 'message_end', stop_reason: 'cancelled', usage: oneCall });
    expect(toolEvents(cancelled).at(-1)).toMatchObject({ type: 'tool_result' });
  });

  it('are replaced by the marker once consumed: the model of the next turn does not see the old text', async () => {
    let turn = 0;
    await using lab = await openLab((request) => {
      if (outputsSince(request).length > 0) return [{ text: 'done' }];
      turn += 1;
      return turn > 1
        ? [{ text: 'later' }]
        : [
            run('echo LIGHT-SECRET-$((40+2))', 'call_light'),
            run('echo HEAVY-SECRET-$((40+2))', 'call_heavy'),
            run('echo KEPT', 'call_kept'),
          ];
    });
    const plugin = await lab.start();
    await plugin.stream(turnParams(lab.workspace, 'go', model)).response;
    const file = rolloutOf(lab);
    const { size } = statSync(file);
    const asked = [
      { block_id: 'call_light', op: 'consume-light' },
      { block_id: 'call_heavy', op: 'consume-heavy' },
      { block_id: 'call_unknown', op: 'consume-heavy' },
      { block_id: 'call_kept', op: 'consume-everything' },
      'no mutation',
    ];
    expect((await mutate(plugin, lab, asked))['result']).toEqual({ requested: 5, touched: 2 });
    const once = readFileSync(file);
    expect(once.length).toBe(size);
    expect((await mutate(plugin, lab, asked))['result']).toEqual({ requested: 5, touched: 2 });
    expect(readFileSync(file).equals(once)).toBe(true);
    expect(readdirSync(path.dirname(file))).toEqual([path.basename(file)]);

    for (const question of ['and now?', 'and then?']) {
      expect(
        (await plugin.stream(turnParams(lab.workspace, question, model)).response)['result']
          .outcome,
      ).toBe('completed');
      const sent = sentOf(lab.model.requests.at(-1));
      expect(sent).toContain('...(consumed)');
      expect(sent).toContain('...(tool called)');
      expect(sent).toContain('KEPT');
      expect(sent).not.toContain('LIGHT-SECRET-42');
      expect(sent).not.toContain('HEAVY-SECRET');
      expect(sent).toContain('LIGHT-SECRET-$((40+2))');
    }
    expect(warnings(plugin)).toEqual([]);
  });
});

describe('the tool calls of a running turn', () => {
  const run = (cmd: string, call_id: string): Step => ({
    call: { name: 'exec_command', arguments: { cmd, yield_time_ms: 30_000 }, call_id },
  });

  it('are emitted while the tool still runs, and their results before the next message', async () => {
    await using lab = await openLab((request) =>
      outputsSince(request).length > 0
        ? [{ text: 'done' }]
        : [
            { text: 'now' },
            run('while [ ! -e seen ]; do sleep 0.05; done; echo SEEN', 'call_live'),
          ],
    );
    const plugin = await lab.start();
    const asked = plugin.stream(turnParams(lab.workspace, 'go', 'gpt-5.5'));
    await until(() => toolEvents(asked).some(({ type }) => type === 'tool_call_end'));
    expect(events(asked).map(({ type }) => type)).toEqual([
      'message_start',
      'text_delta',
      'tool_call_start',
      'tool_call_delta',
      'tool_call_end',
    ]);
    writeFileSync(lab.at('workspace/seen'), '');
    await asked.response;
    expect(
      events(asked)
        .map(({ type }) => type)
        .slice(5),
    ).toEqual(['tool_result', 'text_delta', 'message_end']);
    expect(toolEvents(asked).at(-1)?.output).toContain('SEEN');
    expect(warnings(plugin)).toEqual([]);
  });

  it('have their results before the end of a turn that is cancelled while they run', async () => {
    await using lab = await openLab(() => [run('sleep 600', 'call_a'), run('sleep 600', 'call_b')]);
    const plugin = await lab.start();
    const asked = plugin.stream(turnParams(lab.workspace, 'go', 'gpt-5.5'));
    await until(
      () => toolEvents(asked).filter(({ type }) => type === 'tool_call_end').length === 2,
    );
    plugin.cancel(asked.id);
    const end = await asked.ended;
    expect(end).toMatchObject({ type: 'message_end', stop_reason: 'cancelled' });
    expect(toolEvents(asked).map(({ type, id }) => [type, id])).toEqual([
      ['tool_call_start', 'call_a'],
      ['tool_call_delta', 'call_a'],
      ['tool_call_end', 'call_a'],
      ['tool_call_start', 'call_b'],
      ['tool_call_delta', 'call_b'],
      ['tool_call_end', 'call_b'],
      ['tool_result', 'call_a'],
      ['tool_result', 'call_b'],
    ]);
  });
});

describe('a rollout that is replaced while a turn runs', () => {
  it('is a warning, and the next turn has its tool calls', async () => {
    let turn = 0;
    let replace = (): void => undefined;
    await using lab = await openLab((request) => {
      if (outputsSince(request).length > 0) return [{ text: 'done' }];
      turn += 1;
      replace();
      return [
        {
          call: {
            name: 'exec_command',
            arguments: { cmd: 'echo hello' },
            call_id: `call_${turn}`,
          },
        },
      ];
    });
    const plugin = await lab.start();
    const idsOf = async (text: string): Promise<unknown[]> => {
      const asked = plugin.stream(turnParams(lab.workspace, text, 'gpt-5.5'));
      await asked.response;
      return toolEvents(asked)
        .filter(({ type }) => type === 'tool_result')
        .map(({ id }) => id);
    };
    expect(await idsOf('one')).toEqual(['call_1']);
    const file = rolloutOf(lab);
    replace = () => {
      copyFileSync(file, `${file}.copy`);
      renameSync(`${file}.copy`, file);
      replace = () => undefined;
    };
    expect(await idsOf('two')).toEqual([]);
    expect(warnings(plugin)).toEqual([expect.stringContaining('it was truncated or replaced')]);
    expect(await idsOf('three')).toEqual(['call_3']);
    expect(warnings(plugin)).toHaveLength(1);
  });
});

describe('mutate', () => {
  it('patches records that codex has compacted', async () => {
    let turn = 0;
    await using lab = await openLab((request) => {
      if (outputsSince(request).length > 0) return [{ text: 'done' }];
      turn += 1;
      return turn === 1
        ? [
            {
              call: {
                name: 'exec_command',
                arguments: { cmd: 'echo OLD-SECRET-$((40+2))' },
                call_id: 'call_old',
              },
            },
          ]
        : [{ text: 'summary' }];
    });
    lab.configure({ binary: realCodex, extra_args: ['-c', 'model_auto_compact_token_limit=150'] });
    const plugin = await lab.start();
    await plugin.stream(turnParams(lab.workspace, 'go', 'gpt-5.5')).response;
    await plugin.stream(turnParams(lab.workspace, 'more', 'gpt-5.5')).response;
    expect(readFileSync(rolloutOf(lab), 'utf8')).toContain('"type":"compacted"');
    expect(
      (await mutate(plugin, lab, [{ block_id: 'call_old', op: 'consume-heavy' }]))['result'],
    ).toEqual({ requested: 1, touched: 1 });
    expect(
      (await plugin.stream(turnParams(lab.workspace, 'again', 'gpt-5.5')).response)['result']
        .outcome,
    ).toBe('completed');
    expect(sentOf(lab.model.requests.at(-1))).not.toContain('OLD-SECRET');
    // codex itself may advise against compaction.
    expect(warnings(plugin).filter((msg) => msg !== 'codex warns')).toEqual([]);
  });

  it('waits for the running turn of its workspace and delays the next one', async () => {
    let release = (): void => undefined;
    await using lab = await openLab((request) => {
      if (outputsSince(request).length === 0)
        return [
          {
            call: {
              name: 'exec_command',
              arguments: { cmd: 'echo one' },
              call_id: `call_${lab.model.requests.length}`,
            },
          },
        ];
      return new Promise<Step[]>((resolve) => (release = () => resolve([{ text: 'done' }])));
    });
    const plugin = await lab.start();
    const order: string[] = [];
    const turn = plugin.stream(turnParams(lab.workspace, 'go', 'gpt-5.5'));
    void turn.ended.then(() => order.push('turn'));
    await until(() => lab.model.requests.length >= 2);
    const mutated = mutate(plugin, lab, [{ block_id: 'call_1', op: 'consume-light' }]);
    void mutated.then(() => order.push('mutated'));
    expect((await plugin.request('ping'))['result']).toEqual({});
    expect(order).toEqual([]);
    release();
    expect((await mutated)['result']).toEqual({ requested: 1, touched: 1 });
    expect(order).toEqual(['turn', 'mutated']);
  });

  it('touches no call in a workspace without a thread, or in a thread without a rollout', async () => {
    await using lab = await openLab(() => [{ text: 'hello' }]);
    const plugin = await lab.start();
    expect((await mutate(plugin, lab, [{ block_id: 'x', op: 'consume-light' }]))['result']).toEqual(
      { requested: 1, touched: 0 },
    );
    expect((await mutate(plugin, lab, []))['result']).toEqual({ requested: 0, touched: 0 });
    expect((await mutate(plugin, lab, null))['result']).toEqual({ requested: 0, touched: 0 });
  });

  it.each([
    ['workspace', { mutations: [] }],
    ['workspace', { workspace: 'here', mutations: [] }],
    ['mutations', { workspace: '/w', mutations: 'all' }],
  ])('rejects params with an invalid %s', async (key, params) => {
    await using lab = await openLab(() => [{ text: 'hello' }]);
    const plugin = await lab.start();
    expect((await plugin.request('plexum/session/mutate', params))['error']).toMatchObject({
      code: -32602,
      message: expect.stringContaining(key),
    });
  });
});

it('calls of the host’s tools are among the tool calls of the turn', async () => {
  await using lab = await openLab((request) =>
    outputsSince(request).length > 0
      ? [{ text: 'done' }]
      : [
          {
            call: {
              namespace: 'mcp__plexum_host_demo_agent',
              name: 'fail',
              arguments: { a: 1 },
              call_id: 'call_mcp',
            },
          },
        ],
  );
  const plugin = await lab.start({}, () => ({
    content: [{ type: 'text', text: 'it did not work' }],
    isError: true,
  }));
  const turn = plugin.stream(
    withTools(turnParams(lab.workspace, 'go', 'gpt-5.5'), [{ name: 'fail' }]),
  );
  await turn.response;
  expect(toolEvents(turn)).toEqual([
    {
      type: 'tool_call_start',
      id: 'call_mcp',
      name: 'fail',
      namespace: 'mcp__plexum_host_demo_agent',
    },
    { type: 'tool_call_delta', id: 'call_mcp', arguments: '{"a":1}' },
    { type: 'tool_call_end', id: 'call_mcp' },
    {
      type: 'tool_result',
      id: 'call_mcp',
      output: expect.stringContaining('it did not work'),
      is_error: true,
    },
  ]);
});
