import fc from 'fast-check';
import { left, right } from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import type { ErrorKind } from '../../src/canonical/turn-event.js';
import { RpcError } from '../../src/plexum/rpc-error.js';
import { streamRequest } from '../../src/server/stream-request.js';
import { holds } from '../support/fuzz.js';

const request = { messages: [{ role: 'user', content: 'hi' }] };
const good = { model_id: 'codex', agent: { agent_id: 'ada', workspace: '/w' }, request };
const refusal = (message: string, kind: ErrorKind = 'invalid_request') =>
  left(new RpcError(-32602, message, kind));

const NO_WORKSPACE = 'codex: agent workspace required (host must supply AgentContext)';
const NO_TEXT = 'codex: no user text in request messages';

describe('streamRequest', () => {
  it('accepts the request of WIRE.md', () => {
    expect(streamRequest(good, {})).toEqual(
      right({
        agentId: 'ada',
        modelId: 'codex',
        model: undefined,
        workspace: '/w',
        text: 'hi',
        images: [],
        tools: [],
      }),
    );
  });

  it('has the arguments of a model id, and the schema of the answer', () => {
    const list = ['-c', 'model_reasoning_effort="high"'];
    const output_schema = { type: 'object', default: null };
    const asked = { ...good, model_id: 'high', request: { ...request, output_schema } };
    expect(streamRequest(asked, { high: list })).toMatchObject(
      right({ modelId: 'high', model: undefined, modelArgs: list, outputSchema: output_schema }),
    );
  });

  it('refuses a schema that is no object, and takes null for none', () => {
    const withSchema = (output_schema: unknown) =>
      streamRequest({ ...good, request: { ...request, output_schema } }, {});
    expect(withSchema([])).toEqual(
      refusal('codex: output_schema: expected a JSON Schema, which is an object, got an array'),
    );
    expect(withSchema(null)).toMatchObject(right({ text: 'hi' }));
  });

  it('reads images beside the text', () => {
    const image = { type: 'image', path: '/a.png', media_type: 'image/png' };
    const asked = {
      ...good,
      request: { messages: [{ role: 'user', content: [{ type: 'text', text: 'look' }, image] }] },
    };
    expect(streamRequest(asked, {})).toMatchObject(right({ text: 'look', images: [image] }));
  });

  it('ignores unknown fields everywhere', () => {
    const asked = {
      model_id: 'codex',
      priority: 5,
      agent: { agent_id: 'ada', workspace: '/w', session_id: 's', mood: [] },
      request: {
        tools: 'later',
        system: null,
        temperature: 1,
        messages: [
          {
            role: 'user',
            name: 5,
            content: [{ type: 'text', text: 'hi', cache: {} }, { type: 'hologram' }],
          },
        ],
      },
      _meta: { progressToken: 1 },
    };
    expect(streamRequest(asked, {})).toMatchObject(right({ agentId: 'ada', text: 'hi' }));
  });

  it.each([
    ['', undefined, 'codex'],
    ['codex', undefined, 'codex'],
    ['fast', 'gpt-5.5-mini', 'fast'],
    ['gpt-5.5', 'gpt-5.5', 'gpt-5.5'],
    ['toString', 'toString', 'toString'],
  ])('maps the model id %j to %j', (model_id, model, modelId) => {
    expect(streamRequest({ ...good, model_id }, { fast: 'gpt-5.5-mini' })).toMatchObject(
      right({ modelId, model }),
    );
  });

  it('accepts an absent model id and agent id', () => {
    expect(streamRequest({ agent: { workspace: '/w' }, request }, {})).toEqual(
      right({
        agentId: '',
        modelId: 'codex',
        model: undefined,
        workspace: '/w',
        text: 'hi',
        images: [],
        tools: [],
      }),
    );
  });

  it('normalizes the path of the workspace', () => {
    expect(streamRequest({ ...good, agent: { workspace: '/w//x/../' } }, {})).toMatchObject(
      right({ workspace: '/w' }),
    );
  });

  it.each([
    ['no agent', { model_id: 'codex', request }],
    ['an agent without a workspace', { ...good, agent: { agent_id: 'ada' } }],
    ['an empty workspace', { ...good, agent: { workspace: '' } }],
  ])('refuses %s', (_what, params) => {
    expect(streamRequest(params, {})).toEqual(refusal(NO_WORKSPACE));
  });

  it.each([
    ['w', 'must be an absolute path, got "w"'],
    ['./w', 'must be an absolute path, got "./w"'],
    ['~/w', 'must be an absolute path, got "~/w"'],
    ['/w\0', 'has a NUL character: "/w\\u0000"'],
    ['/w\uD83D', 'has half a character (a lone surrogate): "/w\\ud83d"'],
  ])('refuses the workspace %j, since it %s', (workspace, problem) => {
    expect(streamRequest({ ...good, agent: { workspace } }, {})).toEqual(
      refusal(`codex: the agent workspace ${problem}`),
    );
  });

  it('refuses a workspace that is longer than a path can be, and no other', () => {
    const workspace = `/${'数'.repeat(1_365)}`;
    const words = `has 4096 bytes, and a path has at most 4095: "/${'数'.repeat(198)}`;

    expect(streamRequest({ ...good, agent: { workspace } }, {})).toEqual(
      refusal(`codex: the agent workspace ${words}`),
    );
    const longest = workspace.slice(0, -1);
    expect(streamRequest({ ...good, agent: { workspace: longest } }, {})).toMatchObject(
      right({ workspace: longest }),
    );
  });

  it.each([
    ['no messages', []],
    ['no user message', [{ role: 'assistant', content: 'hi' }]],
    ['an empty user message', [{ role: 'user', content: '' }]],
    ['white space', [{ role: 'user', content: ' \n\t\u00a0' }]],
    ['only an image', [{ role: 'user', content: [{ type: 'image', path: '/a.png' }] }]],
    [
      'only a tool result in the last user message',
      [
        { role: 'user', content: 'hi' },
        { role: 'user', content: [{ type: 'tool_result' }] },
      ],
    ],
  ])('refuses %s', (_what, messages) => {
    expect(streamRequest({ ...good, request: { messages } }, {})).toEqual(refusal(NO_TEXT));
  });

  it('refuses a prompt over the limit in code points', () => {
    const asked = (content: string) =>
      streamRequest({ ...good, request: { messages: [{ role: 'user', content }] } }, {});
    expect(asked('💥'.repeat(1_048_576))).toHaveProperty('right');
    expect(asked('💥'.repeat(1_048_577))).toEqual(
      refusal(
        'codex: the prompt is longer than 1048576 characters, which is all that codex takes (shorten the prompt)',
        'prompt_too_large',
      ),
    );
  });

  it.each([
    ['-m', 'looks like a flag'],
    ['--dangerously-bypass-approvals-and-sandbox', 'looks like a flag'],
    [' gpt', 'begins with white space'],
    ['gpt\n5', 'has a line break or another control character'],
    ['gpt\0', 'has a NUL character'],
    ['gpt\uD83D', 'has half a character (a lone surrogate)'],
  ])('refuses the model id %j, since it %s', (model_id, problem) => {
    expect(streamRequest({ ...good, model_id }, {})).toEqual(
      refusal(
        `codex: the model id ${JSON.stringify(model_id)} ${problem}; use an id of supported_models or map it in model_args`,
      ),
    );
  });

  it('names the value of model_args that is refused', () => {
    expect(streamRequest({ ...good, model_id: 'fast' }, { fast: 'a\0b' })).toEqual(
      refusal(
        'codex: the model id "fast" is mapped to "a\\u0000b", which has a NUL character; correct model_args',
      ),
    );
  });

  it.each([
    ['nothing', undefined, 'codex: agent workspace required (host must supply AgentContext)'],
    ['null', null, 'codex: agent workspace required (host must supply AgentContext)'],
    [
      'a null agent',
      { ...good, agent: null },
      'codex: agent workspace required (host must supply AgentContext)',
    ],
    [
      'a null workspace',
      { ...good, agent: { workspace: null } },
      'codex: agent workspace required (host must supply AgentContext)',
    ],
    ['no request', { ...good, request: undefined }, 'codex: no user text in request messages'],
    [
      'null messages',
      { ...good, request: { messages: null } },
      'codex: no user text in request messages',
    ],
    [
      'null content',
      { ...good, request: { messages: [{ role: 'user', content: null }] } },
      'codex: no user text in request messages',
    ],
  ])('treats null as absent: %s', (_what, params, message) => {
    expect(streamRequest(params, {})).toEqual(refusal(message));
  });

  it('keeps the schemas of tools unchanged, with their nulls', () => {
    const inputSchema = { type: 'object', properties: { x: { default: null, enum: [null, 1] } } };
    const tools = [
      { name: 'a', description: null, inputSchema },
      { name: 'b', input_schema: inputSchema },
    ];
    expect(streamRequest({ ...good, request: { ...good.request, tools } }, {})).toMatchObject({
      right: {
        tools: [
          { name: 'a', inputSchema },
          { name: 'b', input_schema: inputSchema },
        ],
      },
    });
  });

  it('treats null fields of a block as absent', () => {
    const image = { type: 'image', url: null, data_base64: null, path: '/a.png', media_type: null };
    const content = [{ type: 'text', text: 'look' }, image];
    expect(
      streamRequest({ ...good, request: { messages: [{ role: 'user', content }] } }, {}),
    ).toMatchObject({
      right: { text: 'look', images: [{ type: 'image', path: '/a.png' }] },
    });
  });

  it.each([
    ['an array', [], 'codex: invalid params: '],
    [
      'a message without a role',
      { ...good, request: { messages: [{ content: 'hi' }] } },
      'codex: invalid params: request.messages.0.role: expected string, got nothing',
    ],
    [
      'a wrong model id',
      { ...good, model_id: 5 },
      'codex: invalid params: model_id: expected string, got 5',
    ],
    [
      'a wrong workspace',
      { ...good, agent: { workspace: 5 } },
      'codex: invalid params: agent.workspace: expected string, got 5',
    ],
    [
      'a text block without text',
      { ...good, request: { messages: [{ role: 'user', content: [{ type: 'text' }] }] } },
      'codex: invalid params: request.messages.0.content.0.text: expected string, got nothing',
    ],
  ])('names the problem of %s', (_what, params, message) => {
    const read = streamRequest(params, {});
    expect(read).toMatchObject({ left: { code: -32602, data: { kind: 'invalid_request' } } });
    expect(read).toHaveProperty('left.message', expect.stringContaining(message));
  });

  it('keeps refusals short', () => {
    const read = streamRequest({ ...good, model_id: ['a'.repeat(100_000)] }, {});
    expect(JSON.stringify(read).length).toBeLessThan(500);
  });

  it('never throws, whatever the params are', () => {
    const some = (value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
      fc.oneof({ weight: 3, arbitrary: value }, { weight: 1, arbitrary: fc.anything() });
    const block = some(
      fc.record(
        {
          type: some(fc.constantFrom('text', 'image', 'tool_use')),
          text: some(fc.string()),
          path: fc.anything(),
        },
        { requiredKeys: [] },
      ),
    );
    const message = some(
      fc.record(
        { role: some(fc.constant('user')), content: some(fc.array(block)) },
        { requiredKeys: [] },
      ),
    );
    const params = some(
      fc.record(
        {
          model_id: some(fc.string()),
          agent: some(
            fc.record(
              { agent_id: some(fc.string()), workspace: some(fc.constantFrom('/w', '')) },
              { requiredKeys: [] },
            ),
          ),
          request: some(fc.record({ messages: some(fc.array(message)) })),
        },
        { requiredKeys: [] },
      ),
    );
    holds(
      fc.property(fc.oneof(fc.anything(), params), (value) => {
        const read = streamRequest(value, {});
        expect('left' in read ? read.left : read.right).toBeDefined();
      }),
    );
  });
});
