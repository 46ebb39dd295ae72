import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { turnParams } from '../../scripts/lib/host.mjs';
import type { ModelRequest } from '../../scripts/lib/model-server.mjs';
import { codexCan } from '../../src/codex/versions.js';
import {
  codexVersion,
  type Lab,
  openLab,
  type Plugin,
  realCodex,
  transport,
} from '../support/lab.js';

const history = [
  { role: 'user', content: 'my cat is called Tuna' },
  { role: 'assistant', content: [{ type: 'text', text: 'noted' }, { type: 'hologram' }] },
];
const sessionFile = (lab: Lab): string => path.join(lab.workspace, '.plexum-codex-session');
const threadOf = (lab: Lab): string => readFileSync(sessionFile(lab), 'utf8');
/** `role: text` of each item that the model was sent. */
const sent = (request: ModelRequest | undefined): string[] =>
  (request?.input ?? []).flatMap(({ role, content }) =>
    Array.isArray(content) ? content.map((part) => `${role}: ${part?.text ?? ''}`) : [],
  );
const of = (request: ModelRequest | undefined, word: string): string[] =>
  sent(request).filter((text) => text.includes(word));

const turn = async (plugin: Plugin, lab: Lab, text: string, request: object = {}) => {
  const from = lab.model.requests.length;
  const params = turnParams(lab.workspace, text);
  const messages = [...history, { role: 'user', content: text }];
  const end = await plugin.stream({ ...params, request: { messages, ...request } }).ended;
  return { end: end['event'] ?? end, request: lab.model.requests[from] };
};
/** Blocks every prompt, or none. */
const blockPrompts = (lab: Lab, isBlocked: boolean): void => {
  const hook = { type: 'command', command: 'cat > /dev/null; echo not today >&2; exit 2' };
  writeFileSync(
    lab.at('codex/hooks.json'),
    JSON.stringify({ hooks: isBlocked ? { UserPromptSubmit: [{ hooks: [hook] }] } : {} }),
  );
};
const seeds = (plugin: Plugin) =>
  plugin.logs.filter(({ data }) => /begins with earlier messages/.test(data.msg));

describe('a thread that is lost', () => {
  it('is replaced by one that has the earlier messages of the request, once', async () => {
    await using lab = await openLab(() => [{ text: 'ok' }]);
    const plugin = await lab.start();
    const first = await turn(plugin, lab, 'one');
    expect(of(first.request, 'Tuna')).toEqual([]);
    const lost = threadOf(lab);
    for (const name of readdirSync(lab.at('codex'), { recursive: true, encoding: 'utf8' }))
      if (/rollout-.*\.jsonl$/.test(name)) rmSync(lab.at('codex', name));
    writeFileSync(sessionFile(lab), '01a1fb58-5a98-7973-8b0a-074f22270974');

    const second = await turn(plugin, lab, 'two');
    expect(second.end).toMatchObject({ type: 'message_end', stop_reason: 'end_turn' });
    expect(threadOf(lab)).not.toBe(lost);
    expect(of(second.request, 'Tuna')).toHaveLength(1);
    expect(of(second.request, 'noted')).toHaveLength(1);
    if (transport === 'app-server')
      expect(sent(second.request).slice(-3)).toEqual([
        'user: my cat is called Tuna',
        'assistant: noted',
        'user: two',
      ]);
    else
      expect(sent(second.request).at(-1)).toMatch(
        /: user\]\nmy cat is called Tuna\n\n\[.*: assistant\]\nnoted\n\n\[.*\n\nThe user says now:\n\ntwo$/s,
      );
    expect(seeds(plugin)).toMatchObject([
      { level: 'info', data: { messages: 2, left_out: 0, skipped: 1 } },
    ]);

    const third = await turn(plugin, lab, 'three');
    expect(of(third.request, 'Tuna')).toHaveLength(1);
    expect(seeds(plugin)).toHaveLength(1);
  });
});

describe('a thread of another model provider', () => {
  it.each<[what: string, keepsOld: boolean]>([
    ['is still configured', true],
    ['is gone', false],
  ])(
    'goes on, or is replaced by one that has the earlier messages, when the old one %s',
    async (_what, keepsOld) => {
      await using lab = await openLab(() => [{ text: 'ok' }]);
      await using later = await openLab(() => [{ text: 'ok' }]);
      const provider = (name: string, { model }: Lab): string =>
        model.configToml.replace(/loopback/g, name);
      const table = (toml: string): string =>
        toml.slice(toml.indexOf('[model_providers'), toml.indexOf('[features]'));
      const plugin = await lab.start();
      await turn(plugin, lab, 'turn-one');
      const thread = threadOf(lab);

      const next = provider('later', later);
      writeFileSync(
        lab.at('codex/config.toml'),
        keepsOld ? `${next}${table(lab.model.configToml)}` : next,
      );
      const second = await turn(plugin, lab, 'turn-two');
      expect(second.end).toMatchObject({ type: 'message_end', stop_reason: 'end_turn' });
      expect(lab.model.requests).toHaveLength(1);
      const [request] = later.model.requests;
      const isReplaced = codexCan(codexVersion, 'threadHasProvider');
      expect(threadOf(lab) !== thread).toBe(isReplaced);
      expect(of(request, 'Tuna')).toHaveLength(isReplaced ? 1 : 0);
      expect(of(request, 'turn-one')).toHaveLength(isReplaced ? 0 : 1);

      const third = await turn(plugin, lab, 'three');
      expect(third.end).toMatchObject({ type: 'message_end', stop_reason: 'end_turn' });
      expect(of(later.model.requests[1], 'turn-two')).toHaveLength(1);
      expect(plugin.logs.filter(({ level }) => level === 'warning')).toMatchObject(
        isReplaced ? [{ data: { msg: expect.stringContaining('another model provider') } }] : [],
      );
    },
  );

  it('goes on, or is replaced, when config.toml no longer names one', async () => {
    await using lab = await openLab(() => [{ text: 'ok' }]);
    await using later = await openLab(() => [{ text: 'ok' }]);
    writeFileSync(lab.at('codex/auth.json'), JSON.stringify({ OPENAI_API_KEY: 'sk-test' }));
    const plugin = await lab.start();
    await turn(plugin, lab, 'turn-one');
    const thread = threadOf(lab);

    const { configToml } = lab.model;
    const ownUrl = `openai_base_url = "${later.model.url}"`;
    writeFileSync(
      lab.at('codex/config.toml'),
      configToml.replace('model_provider = "loopback"', ownUrl),
    );
    const second = await turn(plugin, lab, 'turn-two');
    expect(second.end).toMatchObject({ type: 'message_end', stop_reason: 'end_turn' });
    expect(lab.model.requests).toHaveLength(1);
    const replacement = threadOf(lab);
    expect(replacement !== thread).toBe(codexCan(codexVersion, 'threadHasProvider'));

    const third = await turn(plugin, lab, 'three');
    expect(third.end).toMatchObject({ type: 'message_end', stop_reason: 'end_turn' });
    expect(of(later.model.requests.at(-1), 'turn-two')).toHaveLength(1);
    expect(threadOf(lab)).toBe(replacement);
  });
});

describe('a thread whose context window is full', () => {
  it('is replaced at the next turn, also by another plugin, with "new_thread"', async () => {
    await using lab = await openLab((_request, nth) =>
      nth === 1
        ? [{ failed: { code: 'context_length_exceeded', message: 'too long' } }]
        : [{ text: 'ok' }],
    );
    lab.configure({ binary: realCodex, on_context_window: 'new_thread' });
    const plugin = await lab.start();
    await turn(plugin, lab, 'one');
    const full = threadOf(lab);
    const second = await turn(plugin, lab, 'turn-two');
    expect(second.end).toMatchObject({
      type: 'error',
      kind: 'context_window',
      message: expect.stringContaining('next turn of this workspace begins a new thread'),
    });
    await plugin.stop();

    const later = await lab.start();
    const third = await turn(later, lab, 'three');
    expect(third.end).toMatchObject({ type: 'message_end', stop_reason: 'end_turn' });
    expect(threadOf(lab)).not.toContain(full);
    expect(of(third.request, 'Tuna')).toHaveLength(1);
    expect(of(third.request, 'turn-two')).toEqual([]);
  });
});

describe('the system text of a request', () => {
  it('is developer instructions with "developer", and each change reaches the thread', async () => {
    await using lab = await openLab(() => [{ text: 'ok' }]);
    writeFileSync(
      lab.at('codex/config.toml'),
      `developer_instructions = "of the operator"\n${lab.model.configToml}`,
    );
    lab.configure({ binary: realCodex, system: 'developer' });
    const plugin = await lab.start();
    const one = await turn(plugin, lab, 'one', { system: 'SYS be "brief"' });
    expect(of(one.request, 'SYS')).toEqual(['developer: of the operator\n\nSYS be "brief"']);
    const two = await turn(plugin, lab, 'two', { system: 'SYS be "brief"' });
    expect(of(two.request, 'SYS')).toHaveLength(1);
    const three = await turn(plugin, lab, 'three', { system: 'SYS be kind' });
    expect(of(three.request, 'SYS be kind')).toEqual([
      expect.stringMatching(transport === 'exec' ? /^user: .*three$/s : /^developer: /),
    ]);
    const four = await turn(plugin, lab, 'four', { system: 'SYS be kind' });
    expect(of(four.request, 'SYS be kind')).toHaveLength(1);
    const five = await turn(plugin, lab, 'five', {});
    expect(of(five.request, 'no longer apply')).toEqual([
      expect.stringMatching(transport === 'exec' ? /^user: .*five$/s : /^developer: /),
    ]);
    const six = await turn(plugin, lab, 'six', { system: '' });
    expect(of(six.request, 'no longer apply')).toHaveLength(1);
  });
});

describe('a prompt that codex has not recorded, or that was taken out of the thread', () => {
  it('comes again with the earlier messages and the instructions before it', async () => {
    await using lab = await openLab(() => [{ text: 'ok' }]);
    const extra_args = ['--dangerously-bypass-hook-trust'];
    lab.configure({ binary: realCodex, system: 'developer', history: 'always', extra_args });
    const plugin = await lab.start();
    const blocked = async (text: string, system: string) => {
      blockPrompts(lab, true);
      const { end } = await turn(plugin, lab, text, { system });
      // An older `codex exec` takes the flag, and runs no hook that is not trusted.
      if (transport === 'app-server' || codexCan(codexVersion, 'bypassesHookTrust'))
        expect(end['kind']).toBe('content_filtered');
      blockPrompts(lab, false);
    };
    await blocked('one', 'SYS-A');
    const two = await turn(plugin, lab, 'two', { system: 'SYS-A' });
    expect(of(two.request, 'Tuna')).toHaveLength(1);
    expect(of(two.request, 'SYS-A')).toHaveLength(1);
    await blocked('three', 'SYS-B');
    const four = await turn(plugin, lab, 'four', { system: 'SYS-B' });
    expect(of(four.request, 'Tuna')).toHaveLength(1);
    expect(of(four.request, 'SYS-B')).toHaveLength(1);
    const five = await turn(plugin, lab, 'five', { system: 'SYS-B' });
    expect(of(five.request, 'SYS-B')).toHaveLength(1);
  });

  it('stands in the thread once, with changed instructions, after a refused history', async () => {
    const encrypted = 'gAAAAABsomebody-elses';
    await using lab = await openLab((request) => {
      const all = JSON.stringify(request.input);
      if (all.includes('turn-two') && all.includes(encrypted)) {
        const message = `The encrypted content ${encrypted} could not be verified.`;
        return [{ status: 400, body: { error: { message, type: 'invalid_request_error' } } }];
      }
      return [{ reasoning: ['**Hm**'], encrypted }, { text: 'ok' }];
    });
    lab.configure({ binary: realCodex, system: 'developer' });
    const plugin = await lab.start();
    await turn(plugin, lab, 'turn-one');
    const two = await turn(plugin, lab, 'turn-two', { system: 'SYS-A' });
    expect(two.end).toMatchObject({ type: 'message_end', stop_reason: 'end_turn' });
    const sentLast = lab.model.requests.at(-1);
    expect(of(sentLast, 'turn-two')).toHaveLength(1);
    expect(of(sentLast, 'SYS-A')).toHaveLength(1);
  });
});
