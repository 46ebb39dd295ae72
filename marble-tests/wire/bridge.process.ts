import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { copyBuilt } from '../../scripts/lib/copy-built.mjs';
import { startPlugin, turnParams, withTools } from '../../scripts/lib/host.mjs';
import type { ModelRequest, Step } from '../../scripts/lib/model-server.mjs';
import { codexCan } from '../../src/codex/versions.js';
import { signalProcess } from '../../src/process/process-tree.js';
import { calls, inFront, namespaceIn, outputs, text, tool, turnWith } from '../support/bridge.js';
import {
  codeModels,
  codexVersion,
  executable,
  type Lab,
  openLab,
  realCodex,
  transport,
} from '../support/lab.js';
import { isAlive, portsOf, processesOf, until } from '../support/processes.js';

const models = ['gpt-5.5', ...codeModels];
const ways = ['http', 'stdio'].flatMap((bridge) => models.map((model) => ({ bridge, model })));

const relaysOf = (lab: Lab): number[] =>
  processesOf(lab.at('home')).flatMap(({ pid, args }) => (args[2] === 'mcp-host' ? [pid] : []));

describe.each(ways)('codex with $model over $bridge', ({ bridge, model }) => {
  it('offers the tool in its first request, calls it at the host, and receives the result', async () => {
    await using lab = await openLab(
      calls({ name: 'look_up', arguments: { word: 'teal', n: [1, null] } }),
    );
    lab.configure({ binary: realCodex, bridge, bridge_required: true });
    const asked: unknown[] = [];
    const plugin = await lab.start({}, (call) => {
      asked.push(call);
      return text('a colour');
    });
    const before = readFileSync(lab.at('codex/config.toml'), 'utf8');
    const turn = plugin.stream(turnWith(lab, [tool('look_up'), tool('other')], model));

    expect((await turn.response)['result'].outcome).toBe('completed');
    expect(inFront(lab.model.requests[0])).toContain('the tool look_up');
    expect(asked).toEqual([
      expect.objectContaining({
        agent_id: 'demo-agent',
        name: 'look_up',
        arguments: { word: 'teal', n: [1, null] },
        _meta: expect.objectContaining({ agent_id: 'demo-agent' }),
      }),
    ]);
    expect(outputs(lab.model.requests[1])).toEqual([expect.stringContaining('a colour')]);
    expect(readFileSync(lab.at('codex/config.toml'), 'utf8')).toBe(before);
    // The app-server runs on, and has its record.
    expect(readdirSync(lab.at('profile/plugins/plexum-openai-provider'))).toEqual([
      'config.json',
      ...(transport === 'app-server' ? ['turns'] : []),
    ]);
    expect(plugin.logs.filter(({ level }) => level === 'warning')).toEqual([]);
    expect(plugin.frames.filter(({ method }) => method === 'notifications/cancelled')).toEqual([]);
  });

  it('accepts other tools in each turn, and keeps the token out of the shell’s environment', async () => {
    await using lab = await openLab((request) =>
      outputs(request).length > 0
        ? [{ text: 'done' }]
        : [{ call: { name: 'exec_command', arguments: { cmd: 'env > seen' } } }],
    );
    lab.configure({ binary: realCodex, bridge });
    const plugin = await lab.start();
    await plugin.stream(turnWith(lab, [tool('first_tool')], model)).response;
    const afterFirst = lab.model.requests.length;
    await plugin.stream(turnWith(lab, [tool('second_tool')], model)).response;
    const afterSecond = lab.model.requests.length;
    await plugin.stream(turnParams(lab.workspace, 'go', model)).response;

    // In code mode the tools are items of the input, and those of earlier turns stay in the thread.
    const items = (nth: number) =>
      lab.model.requests[nth]?.input.filter((item) => 'tools' in item) ?? [];
    const offered = (nth: number, before: number): string =>
      JSON.stringify([
        lab.model.requests[nth]?.tools,
        items(nth).slice(nth === 0 ? 0 : items(before).length),
      ]);
    expect(offered(0, 0)).toContain('first_tool');
    expect(offered(afterFirst, 0)).toContain('second_tool');
    expect(offered(afterFirst, 0)).not.toContain('first_tool');
    expect(offered(afterSecond, afterFirst)).not.toContain('plexum_host');
    if (existsSync(lab.at('workspace/seen')))
      expect(readFileSync(lab.at('workspace/seen'), 'utf8')).not.toMatch(/PLEXUM_MCP_\w+=\S/);
  });
});

describe('the tools of a turn', () => {
  const offeredOf = (lab: Lab): string[] =>
    [...inFront(lab.model.requests[0]).matchAll(/"name":"([\w-]+)","description":"the tool/g)].map(
      ([, name = '']) => name,
    );

  it('are offered to the model, or the host receives a warning with the reason', async () => {
    await using lab = await openLab(() => [{ text: 'ok' }]);
    const plugin = await lab.start();
    const property = (schema: unknown) => ({
      inputSchema: { type: 'object', properties: { p: schema } },
    });
    let deep: object = { type: 'string' };
    for (let i = 0; i < 60; i += 1) deep = { type: 'object', properties: { a: deep } };
    const tools = [
      tool('plain'),
      tool('boolean_schema', property(true)),
      tool('reference', {
        inputSchema: {
          type: 'object',
          properties: { a: { $ref: '#/$defs/n' } },
          $defs: { n: { type: 'number' } },
        },
      }),
      tool('odd_type', property({ type: 5 })),
      tool('newer_tuple', property({ type: 'array', prefixItems: [{ type: 'string' }] })),
      tool('number', { inputSchema: 5 }),
      tool('older_tuple', property({ type: 'array', items: [{ type: 'string' }] })),
      tool('null_property', property(null)),
      tool('deep', property(deep)),
      'no tool at all',
      tool('last'),
    ];
    expect((await plugin.stream(turnWith(lab, tools)).response)['result'].outcome).toBe(
      'completed',
    );
    expect(offeredOf(lab).toSorted()).toEqual([
      'boolean_schema',
      'last',
      'newer_tuple',
      'odd_type',
      'plain',
      'reference',
    ]);
    expect(
      plugin.logs.filter(({ level }) => level === 'warning').map(({ data }) => data.tool),
    ).toEqual(['number', 'older_tuple', 'null_property', 'deep', '']);
  });

  it('are all offered when there are many, or the host receives a warning', async () => {
    await using lab = await openLab(() => [{ text: 'ok' }]);
    const plugin = await lab.start();
    await plugin.stream(
      turnWith(
        lab,
        Array.from({ length: 100 }, (_, i) => tool(`t${i}`)),
      ),
    ).response;
    const warned = plugin.logs
      .filter(({ level }) => level === 'warning')
      .map(({ data }) => data.msg);
    if (codexCan(codexVersion, 'directTools'))
      expect([offeredOf(lab).length, warned]).toEqual([100, []]);
    else
      expect([offeredOf(lab).length, warned]).toEqual([
        0,
        [expect.stringContaining('hides tools behind a search when there are 100')],
      ]);
  });
});

/** A lab whose tools come over `bridge`. */
const openOver = async (bridge: string, reply: (request: ModelRequest) => Step[]): Promise<Lab> => {
  const lab = await openLab(reply);
  lab.configure({ binary: realCodex, bridge, bridge_required: true, tool_timeout_ms: 60_000 });
  return lab;
};

describe('the bridge', () => {
  it.each([
    ['http', 'demo-agent'],
    ['stdio', '01a1fb83-ff35-7422-9e00-a5a8974b6993'],
    ['http', 'an agent/with.odd ünïcode'],
    ['stdio', 'x'.repeat(200)],
    ['http', ''],
  ])(
    'restores the names of the host’s tools, whatever names codex accepts, over %s for the agent %j',
    async (bridge, agentId) => {
      const names = [
        'with space',
        'with.dot',
        'ünïcode',
        'x'.repeat(200),
        'y'.repeat(64),
        'with_space',
        'short',
      ];
      const asked: unknown[] = [];
      await using lab = await openOver(bridge, (request) => {
        if (outputs(request).length > 0) return [{ text: 'done' }];
        const namespace = /"name":"(mcp__plexum_host_\w*)"/.exec(inFront(request))?.[1] ?? '';
        const offered = [
          ...inFront(request).matchAll(/"name":"([\w-]+)","description":"the tool/g),
        ].map(([, name = '']) => name);
        return offered.map((name) => ({ call: { namespace, name, arguments: {} } }));
      });
      const plugin = await lab.start({}, ({ agent_id, name }) => {
        asked.push([agent_id, name]);
        return text(name);
      });
      const all = names.map((name) => tool(name));
      expect(
        (await plugin.stream(turnWith(lab, all, 'gpt-5.5', agentId)).response)['result'].outcome,
      ).toBe('completed');
      expect(asked.toSorted()).toEqual(names.map((name) => [agentId, name]).toSorted());
    },
  );

  it.each([
    ['http', 'a command', '[mcp_servers.plexum-host-demo-agent]\ncommand = "/old/mcp-host"\n'],
    [
      'stdio',
      'an address',
      '[mcp_servers.plexum-host-demo-agent]\nurl = "http://127.0.0.1:9/mcp"\n',
    ],
    [
      'http',
      'an environment',
      '[mcp_servers.plexum-host-demo-agent]\ncommand = "x"\n[mcp_servers.plexum-host-demo-agent.env]\nPLEXUM_MCP_SOCKET = "/tmp/old"\n',
    ],
    [
      'stdio',
      'no leave to run',
      '[mcp_servers.plexum-host-demo-agent]\ncommand = "x"\nenabled = false\n',
    ],
  ])(
    'works over %s beside a server of the same name in config.toml, with %s',
    async (bridge, _name, entry) => {
      await using lab = await openOver(bridge, (request) => {
        if (outputs(request).length > 0) return [{ text: 'done' }];
        return [{ call: { namespace: namespaceIn(request), name: 'look_up', arguments: {} } }];
      });
      appendFileSync(lab.at('codex/config.toml'), entry);
      const plugin = await lab.start({}, () => text('a colour'));
      expect(
        (await plugin.stream(turnWith(lab, [tool('look_up')])).response)['result'].outcome,
      ).toBe('completed');
      expect(outputs(lab.model.requests[1])).toEqual([expect.stringContaining('a colour')]);
    },
  );
});

describe.each(['http', 'stdio'])('the bridge over %s', (bridge) => {
  const open = (reply: (request: ModelRequest) => Step[]) => openOver(bridge, reply);

  it('turns errors of the host and unknown tools into results that the model can read', async () => {
    await using lab = await open(
      calls(
        { name: 'polite', arguments: {} },
        { name: 'rude', arguments: {} },
        { name: 'odd', arguments: {} },
      ),
    );
    const plugin = await lab.start({}, ({ name }) => {
      if (name === 'polite') return { ...text('it failed politely'), isError: true };
      return name === 'rude'
        ? { error: { code: -32000, message: 'the host will not' } }
        : { content: 'nonsense' };
    });
    const { result } = await plugin.stream(
      turnWith(lab, [tool('polite'), tool('rude'), tool('odd')]),
    ).response;

    expect(result.outcome).toBe('completed');
    expect(outputs(lab.model.requests[1])).toEqual([
      expect.stringContaining('it failed politely'),
      expect.stringContaining('the host will not'),
      expect.stringContaining('no tool result'),
    ]);
  });

  it('passes images and structured content', async () => {
    const PNG =
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
    await using lab = await open(
      calls({ name: 'image', arguments: {} }, { name: 'shape', arguments: {} }),
    );
    const plugin = await lab.start({}, ({ name }) =>
      name === 'image'
        ? { content: [{ type: 'image', data: PNG, mimeType: 'image/png' }] }
        : { content: [], structuredContent: { answer: 42 } },
    );
    const { result } = await plugin.stream(turnWith(lab, [tool('image'), tool('shape')])).response;

    expect(result.outcome).toBe('completed');
    const [image, shape] = outputs(lab.model.requests[1]);
    expect(image).toContain(`data:image/png;base64,${PNG}`);
    expect(shape).toContain('42');
  });

  it('returns the results of twenty calls of one response', async () => {
    await using lab = await open(
      calls(...Array.from({ length: 20 }, (_, i) => ({ name: 'count', arguments: { i } }))),
    );
    const plugin = await lab.start({}, ({ arguments: args }) => text(`number ${args.i}.`));
    await plugin.stream(turnWith(lab, [tool('count')])).response;

    expect(outputs(lab.model.requests[1]).length).toBe(20);
    outputs(lab.model.requests[1]).forEach((output, i) => expect(output).toContain(`number ${i}.`));
  });

  it('separates the calls of eight concurrent agents on one port at most', async () => {
    const agents = Array.from({ length: 8 }, (_, i) => `agent${i}`);
    const reply = (request: ModelRequest): Step[] => {
      if (outputs(request).length > 0) return [{ text: 'done' }];
      const agent = /the tool of_(agent\d)/.exec(inFront(request))?.[1] ?? '';
      return [
        { call: { namespace: `mcp__plexum_host_${agent}`, name: `of_${agent}`, arguments: {} } },
      ];
    };
    await using lab = await open(reply);
    lab.configure({ binary: realCodex, bridge, max_concurrent_turns: agents.length });
    const asked: string[] = [];
    const ports: number[] = [];
    let answer = (): void => undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const plugin = await lab.start({}, async ({ agent_id, name }) => {
      asked.push(`${agent_id} ${name}`);
      if (asked.length === agents.length) {
        ports.push(...portsOf(plugin.child.pid ?? 0));
        answer();
      }
      await answered;
      return text('ok');
    });
    const turns = agents.map((agent) => {
      mkdirSync(lab.at(agent));
      return plugin.stream(
        withTools(turnParams(lab.at(agent), 'go', 'gpt-5.5'), [tool(`of_${agent}`)], agent),
      );
    });
    await Promise.all(turns.map(({ response }) => response));

    expect(asked.toSorted()).toEqual(agents.map((agent) => `${agent} of_${agent}`));
    expect(ports.length).toBe(bridge === 'http' ? 1 : 0);
    const seen = lab.model.requests.map(
      (request) =>
        new Set(
          [...JSON.stringify(request.tools).matchAll(/the tool of_agent\d/g)].map(([name]) => name),
        ).size,
    );
    expect(seen.every((count) => count === 1)).toBe(true);
  });

  it('cancels the open call at the host with the turn, and sends no late result', async () => {
    await using lab = await open(calls({ name: 'slow', arguments: {} }));
    let answer = (): void => undefined;
    let asked = false;
    const plugin = await lab.start({}, () => {
      asked = true;
      return new Promise((resolve) => (answer = () => resolve(text('late'))));
    });
    const turn = plugin.stream(turnWith(lab, [tool('slow')]));
    await until(() => asked);
    plugin.cancel(turn.id);
    expect(await turn.ended).toMatchObject({ stop_reason: 'cancelled' });
    await until(() => plugin.frames.some(({ method }) => method === 'notifications/cancelled'));
    answer();
    expect((await plugin.request('ping'))['result']).toEqual({});

    const request = plugin.frames.find(({ method }) => method === 'plexum/host/tool/execute');
    const cancelled = plugin.frames.find(({ method }) => method === 'notifications/cancelled');
    expect(cancelled?.['params'].requestId).toBe(request?.['id']);
    expect(turn.events.at(-1)?.['event'].type).toBe('message_end');
  });

  it('keeps the hosts that the operator excluded from a proxy', async () => {
    await using lab = await open(calls({ name: 'look_up', arguments: {} }));
    lab.configure({
      binary: realCodex,
      bridge,
      extra_args: [
        '-c',
        `model_providers.loopback.base_url="http://localhost:${lab.model.port}/v1"`,
      ],
    });
    const nowhere = {
      http_proxy: 'http://127.0.0.1:9',
      all_proxy: 'http://127.0.0.1:9',
      no_proxy: 'localhost',
    };
    const plugin = await lab.start(nowhere, () => text('a colour'));
    expect((await plugin.stream(turnWith(lab, [tool('look_up')])).response)['result'].outcome).toBe(
      'completed',
    );
    expect(outputs(lab.model.requests[1])).toEqual([expect.stringContaining('a colour')]);
  });

  it('closes with a plugin that is killed during a call', async () => {
    await using lab = await open(calls({ name: 'slow', arguments: {} }));
    let asked = false;
    const plugin = await lab.start({}, () => {
      asked = true;
      return undefined;
    });
    void plugin.stream(turnWith(lab, [tool('slow')]));
    await until(() => asked);
    const relays = relaysOf(lab);
    plugin.child.kill('SIGKILL');
    await plugin.exited;
    await until(() => relays.every((pid) => !isAlive(pid)));
    expect(relays.length).toBe(bridge === 'stdio' ? 1 : 0);
    // codex itself goes on: who kills a plugin leaves it behind.
    for (const { pid } of processesOf(lab.at('home'))) signalProcess(pid, 'SIGKILL');
    await until(() => processesOf(lab.at('home')).length === 0);
  });
});

it('a turn completes without the relay when the relay is killed during a call', async () => {
  await using lab = await openLab(calls({ name: 'slow', arguments: {} }));
  lab.configure({ binary: realCodex, bridge: 'stdio' });
  let asked = false;
  const plugin = await lab.start({}, () => {
    asked = true;
    return undefined;
  });
  const turn = plugin.stream(turnWith(lab, [tool('slow')]));
  await until(() => asked);
  expect(relaysOf(lab).map((pid) => signalProcess(pid, 'SIGKILL'))).toEqual([true]);
  expect((await turn.response)['result'].outcome).toBe('completed');
  expect(outputs(lab.model.requests[1])).toHaveLength(1);
  expect(plugin.frames.filter(({ method }) => method === 'notifications/cancelled')).toHaveLength(
    1,
  );
});

it.each([
  [false, 'completed'],
  [true, 'failed'],
])('a relay that codex cannot start, with bridge_required %s', async (required, outcome) => {
  await using lab = await openLab(() => [{ text: 'alone' }]);
  lab.configure({ binary: realCodex, bridge: 'stdio', bridge_required: required });
  copyBuilt(path.dirname(executable), lab.at('installed'));
  const plugin = lab.adopt(
    await startPlugin(lab.at('installed', path.basename(executable)), {
      env: lab.env,
      cwd: lab.dir,
    }),
  );
  writeFileSync(lab.at('installed', path.basename(executable)), 'process.exit(1);\n');
  const { result } = await plugin.stream(turnWith(lab, [tool('x')])).response;
  expect(result.outcome).toBe(outcome);
  const warned = plugin.logs.filter(({ level }) => level === 'warning').map(({ data }) => data.msg);
  expect(warned).toEqual(
    required ? [] : [expect.stringContaining('the turn continues without them')],
  );
  await plugin.stop();
});

/** A file where the folder of the sockets should be. */
const blockRun = (lab: Lab): void =>
  writeFileSync(lab.at('profile/plugins/plexum-openai-provider/run'), '');

describe('strangers on the port of the tools', () => {
  /** Opens idle connections to each port of a process as soon as the process listens there. */
  const strangersOf = (pid: number, count: number) => {
    const strangers = new Map<number, Socket[]>();
    const idle = (port: number): Socket =>
      createConnection(port, '127.0.0.1').on('error', () => undefined);
    const connecting = setInterval(() => {
      for (const port of portsOf(pid).filter((each) => !strangers.has(each)))
        strangers.set(
          port,
          Array.from({ length: count }, () => idle(port)),
        );
    }, 2);
    return {
      ports: () => strangers.size,
      [Symbol.dispose]: () => {
        clearInterval(connecting);
        for (const stranger of [...strangers.values()].flat()) stranger.destroy();
      },
    };
  };

  it('do not keep the tools from any of four turns, 200 idle ones on their port', async () => {
    await using lab = await openLab((request) =>
      calls({ name: 'look_up', arguments: {}, namespace: namespaceIn(request) })(request),
    );
    lab.configure({ binary: realCodex, bridge: 'http', max_concurrent_turns: 4 });
    const asked: unknown[] = [];
    const plugin = await lab.start({}, ({ agent_id }) => {
      asked.push(agent_id);
      return text('found');
    });
    using strangers = strangersOf(plugin.child.pid ?? 0, 200);
    const agents = ['a', 'b', 'c', 'd'];
    const turns = agents.map((agent) => {
      mkdirSync(lab.at(agent));
      return plugin.stream(
        withTools(turnParams(lab.at(agent), 'go', 'gpt-5.5'), [tool('look_up')], agent),
      );
    });
    const answers = await Promise.all(turns.map(({ response }) => response));

    expect(answers.map(({ result }) => result.outcome)).toEqual(agents.map(() => 'completed'));
    expect(asked.toSorted()).toEqual(agents);
    expect(strangers.ports()).toBe(1);
    expect(plugin.logs.filter(({ level }) => level === 'warning')).toEqual([]);
  });
});

describe('a bridge that cannot be set up', () => {
  const setUp = async (required: boolean) => {
    const lab = await openLab(() => [{ text: 'alone' }]);
    lab.configure({ binary: realCodex, bridge: 'stdio', bridge_required: required });
    const plugin = await lab.start({ PLEXUM_PROFILE_ROOT: lab.at('profile'), XDG_RUNTIME_DIR: '' });
    return { lab, plugin };
  };

  it('logs a warning that names the cause', async () => {
    const { lab, plugin } = await setUp(false);
    await using blocked = lab;
    blockRun(blocked);
    const { result } = await plugin.stream(turnWith(lab, [tool('x')])).response;
    expect(result.outcome).toBe('completed');
    expect(
      plugin.logs.filter(({ level }) => level === 'warning').map(({ data }) => data.msg),
    ).toEqual([expect.stringContaining('no place for a socket')]);
  });

  it('fails the turn when bridge_required is set', async () => {
    const { lab, plugin } = await setUp(true);
    await using blocked = lab;
    blockRun(blocked);
    const turn = plugin.stream(turnWith(lab, [tool('x')]));
    await turn.response;
    expect(turn.events.at(-1)?.['event']).toMatchObject({
      type: 'error',
      kind: 'mcp_startup',
      message: expect.stringContaining('no place for a socket'),
    });
    expect(lab.model.requests).toEqual([]);
  });
});
