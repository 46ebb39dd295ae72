import { describe, expect, it } from 'vitest';
import type { ModelRequest, Step } from '../../scripts/lib/model-server.mjs';
import { calls, outputs, text, tool, turnWith } from '../support/bridge.js';
import { type Lab, openLab, realCodex } from '../support/lab.js';

const isCallOf = (name: string, method: unknown, params: { readonly name?: unknown }): boolean =>
  method === 'plexum/host/tool/execute' && params.name === name;

describe.each(['http', 'stdio'])('what a host answers, over %s', (bridge) => {
  const open = async (reply: (request: ModelRequest) => Step[]): Promise<Lab> => {
    const lab = await openLab(reply);
    lab.configure({ binary: realCodex, bridge, bridge_required: true, tool_timeout_ms: 60_000 });
    return lab;
  };

  it('passes 10 MB of arguments and of a result', async () => {
    await using lab = await open(
      calls({ name: 'large', arguments: { data: 'y'.repeat(10_000_000) } }),
    );
    const sizes: number[] = [];
    const plugin = await lab.start({}, ({ arguments: args }) => {
      sizes.push(args.data.length);
      return text('z'.repeat(10_000_000));
    });
    const { result } = await plugin.stream(turnWith(lab, [tool('large')])).response;

    expect(result.outcome).toBe('completed');
    expect(sizes).toEqual([10_000_000]);
    expect(outputs(lab.model.requests[1])).toEqual([expect.stringContaining('zzzz')]);
  });

  it.each([
    ['17 MiB of text', text('x'.repeat(17 * 1024 * 1024)), /\[cut: the result had \d+ bytes/],
    ['18 MB of Chinese', text('数'.repeat(6 * 1024 * 1024)), /\[cut: the result had \d+ bytes/],
    [
      '300,000 parts',
      { content: Array.from({ length: 300_000 }, () => ({ type: 'text', text: 'a part' })) },
      /a part/,
    ],
    [
      'a long error',
      { error: { code: -32000, message: 'x'.repeat(30 * 1024 * 1024) } },
      /the tool large failed: .*xxx/,
    ],
  ])('truncates %s for the model', async (_name, answer, seen) => {
    await using lab = await open(calls({ name: 'large', arguments: {} }));
    const plugin = await lab.start({}, () => answer);
    const { result } = await plugin.stream(turnWith(lab, [tool('large')])).response;
    expect(result.outcome).toBe('completed');
    expect(outputs(lab.model.requests[1])).toEqual([expect.stringMatching(seen)]);
  });

  it('returns the readable parts of malformed results to the model', async () => {
    const answers: readonly (readonly [frame: object, words: string])[] = [
      [{ result: null }, 'the answer is no object: null'],
      [{ result: null, error: { code: -32000, message: 'beside' } }, 'beside'],
      [{ error: 'only words' }, 'only words'],
      [{ error: { message: 'codeless' } }, 'codeless'],
      [{ error: { code: 'E1', message: 'coded' } }, 'coded'],
      [{ error: { code: -32000, message: null } }, '-32000'],
      [{ result: 'words' }, 'the answer is no object'],
      [{ result: [1] }, 'the answer is no object'],
      [{ result: { ...text('good'), _meta: null } }, 'good'],
    ];
    const names = answers.map((_, nth) => `odd_${nth}`);
    await using lab = await open(calls(...names.map((name) => ({ name, arguments: {} }))));
    const plugin = await lab.start({}, ({ name }) => {
      const { id } =
        plugin.frames.findLast(({ method, params }) => isCallOf(name, method, params)) ?? {};
      plugin.send({ jsonrpc: '2.0', id, ...answers[names.indexOf(name)]?.[0] });
      return undefined;
    });
    await plugin.stream(
      turnWith(
        lab,
        names.map((name) => tool(name)),
      ),
    ).response;
    expect(outputs(lab.model.requests[1])).toEqual(
      answers.map(([, words]) => expect.stringContaining(words)),
    );
  });

  it('ignores a second response of the host and a response to no request', async () => {
    await using lab = await open(calls({ name: 'twice', arguments: {} }));
    const plugin = await lab.start({}, () => {
      const id = plugin.frames.findLast(({ method }) => method === 'plexum/host/tool/execute')?.[
        'id'
      ];
      plugin.send({ jsonrpc: '2.0', id, result: text('the first') });
      plugin.send({ jsonrpc: '2.0', id: 999, result: text('for nobody') });
      return text('the second');
    });
    const { result } = await plugin.stream(turnWith(lab, [tool('twice')])).response;
    expect(result.outcome).toBe('completed');
    expect(outputs(lab.model.requests[1])).toEqual([expect.stringContaining('the first')]);
  });

  it('returns an error to the model and cancels the call when the host does not respond in time', async () => {
    await using lab = await open(calls({ name: 'silent', arguments: {} }));
    lab.configure({ binary: realCodex, bridge, tool_timeout_ms: 1_000 });
    const plugin = await lab.start();
    const { result } = await plugin.stream(turnWith(lab, [tool('silent')])).response;
    expect(result.outcome).toBe('completed');
    expect(outputs(lab.model.requests[1])).toEqual([
      expect.stringContaining('the tool silent failed: it did not answer within 1000 ms'),
    ]);
    expect(plugin.frames.filter(({ method }) => method === 'notifications/cancelled')).toHaveLength(
      1,
    );
  });

  it('passes on progress of the host and waits for the result', async () => {
    await using lab = await open(calls({ name: 'slow', arguments: {} }));
    const plugin = await lab.start({}, ({ _meta: { progressToken } }) => {
      for (const progress of [1, 2, 3])
        plugin.send({
          jsonrpc: '2.0',
          method: 'notifications/progress',
          params: { progressToken, progress },
        });
      return text('arrived');
    });
    const { result } = await plugin.stream(turnWith(lab, [tool('slow')])).response;
    expect(result.outcome).toBe('completed');
    expect(outputs(lab.model.requests[1])).toEqual([expect.stringContaining('arrived')]);
  });

  it('turns a result that codex cannot read into an error that the model can read', async () => {
    await using lab = await open(
      calls({ name: 'deep', arguments: {} }, { name: 'half', arguments: {} }),
    );
    const plugin = await lab.start({}, ({ name }) => {
      let deep: unknown = 1;
      for (let i = 0; i < 200; i += 1) deep = [deep];
      return name === 'deep'
        ? { content: [], structuredContent: { deep } }
        : text('half a \uD83D character');
    });
    const { result } = await plugin.stream(turnWith(lab, [tool('deep'), tool('half')])).response;
    expect(result.outcome).toBe('completed');
    expect(outputs(lab.model.requests[1])).toEqual([
      expect.stringContaining('nested deeper'),
      expect.stringContaining('half a \uFFFD character'),
    ]);
  });
});
