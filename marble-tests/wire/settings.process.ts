import { readdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { turnParams } from '../../scripts/lib/host.mjs';
import type { ModelRequest } from '../../scripts/lib/model-server.mjs';
import { openLab, realCodex, transport } from '../support/lab.js';

/** What a request asks of the model besides its input. */
const settingsOf = (request: ModelRequest | undefined) => {
  const { reasoning, service_tier, text }: Record<string, unknown> = { ...request };
  return { reasoning, service_tier, text };
};

describe('the arguments of a model id', () => {
  it('count for its turns only, also on a thread that goes on', async () => {
    await using lab = await openLab();
    const settings = ['reasoning_effort="high"', 'reasoning_summary="detailed"'];
    lab.configure({
      binary: realCodex,
      extra_args: ['-c', 'model_reasoning_effort="low"'],
      model_args: {
        high: [...settings.flatMap((each) => ['-c', `model_${each}`]), '-c', 'service_tier="flex"'],
        other: ['--model', 'gpt-5.4', '--json'],
      },
    });
    const plugin = await lab.start();
    const ids = ['codex', 'high', 'codex', 'other', 'codex'];
    for (const id of ids) await plugin.stream(turnParams(lab.workspace, id, id)).response;

    const asked = lab.model.requests.map(settingsOf);
    expect(lab.model.requests.map(({ model }) => model)).toEqual([
      'gpt-5.5',
      'gpt-5.5',
      'gpt-5.5',
      'gpt-5.4',
      'gpt-5.5',
    ]);
    expect(asked[0]).toMatchObject({ reasoning: { effort: 'low' } });
    expect(asked[1]).toMatchObject({ reasoning: { effort: 'high' } });
    expect([asked[2], asked[4]]).toEqual([asked[0], asked[0]]);
  });

  it('run its turns on exec, and fail them as config when only exec takes them', async () => {
    await using lab = await openLab();
    writeFileSync(lab.at('codex/mine.config.toml'), 'model = "gpt-5.4"\n');
    lab.configure({ binary: realCodex, model_args: { mine: ['-p', 'mine'] } });
    const plugin = await lab.start();
    const ends = [];
    for (const id of ['mine', 'codex'])
      ends.push(await plugin.stream(turnParams(lab.workspace, 'hi', id)).ended);

    const refusal = {
      type: 'error',
      kind: 'config',
      message: expect.stringContaining('-p mine in model_args'),
    };
    const end = { type: 'message_end', stop_reason: 'end_turn' };
    expect(ends).toMatchObject([transport === 'exec' ? end : refusal, end]);
    const models = transport === 'exec' ? ['gpt-5.4', 'gpt-5.5'] : ['gpt-5.5'];
    expect(lab.model.requests.map(({ model }) => model)).toEqual(models);
  });
});

describe('the schema of an answer', () => {
  it('reaches the model in a new and in a resumed thread, for one turn, and leaves no file', async () => {
    await using lab = await openLab(() => [{ text: '{"a":1}' }]);
    const plugin = await lab.start();
    const schema = { type: 'object', properties: { a: { type: 'number', default: null } } };
    for (const output_schema of [schema, undefined, schema]) {
      const params = turnParams(lab.workspace, 'hi');
      const request = { ...params.request, output_schema };
      await plugin.stream({ ...params, request }).response;
    }
    const bad = { ...turnParams(lab.workspace, 'hi').request, output_schema: 'object' };
    const refused = await plugin.stream({ ...turnParams(lab.workspace, 'hi'), request: bad })
      .response;

    const format = { format: expect.objectContaining({ type: 'json_schema', schema }) };
    expect(lab.model.requests.map((request) => settingsOf(request).text)).toEqual([
      expect.objectContaining(format),
      expect.not.objectContaining({ format: expect.anything() }),
      expect.objectContaining(format),
    ]);
    expect(refused['error'].message).toContain('output_schema: expected a JSON Schema');
    expect(readdirSync(lab.at('tmp')).filter((name) => name.startsWith('plexum'))).toEqual([]);
  });
});

describe('a compaction', () => {
  it('is told at the end of its turn, with the context after it', async () => {
    await using lab = await openLab((_request, nth) => [
      { text: 'ok' },
      { tokens: nth === 0 ? 200_000 : 500 },
    ]);
    writeFileSync(
      lab.at('codex/config.toml'),
      `model_auto_compact_token_limit = 100000\n${lab.model.configToml}`,
    );
    const plugin = await lab.start();
    const ends = [];
    for (const text of ['one', 'two', 'three'])
      ends.push(await plugin.stream(turnParams(lab.workspace, text)).ended);

    const window_tokens = 258_400;
    expect(ends.map(({ context, compacted }) => ({ context, compacted }))).toEqual([
      { context: { used_tokens: 200_020, window_tokens } },
      { context: { used_tokens: 520, window_tokens }, compacted: true },
      { context: { used_tokens: 520, window_tokens } },
    ]);
  });
});
