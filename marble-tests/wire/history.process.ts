import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { turnParams } from '../../scripts/lib/host.mjs';
import { type ModelRequest, outputsSince, type Step } from '../../scripts/lib/model-server.mjs';
import { codexDoes } from '../support/codex-facts.js';
import { type Lab, openLab, type Plugin, realCodex } from '../support/lab.js';
import { zstdFrame } from '../support/zstd.js';

const sentOf = (request: ModelRequest | undefined): string => JSON.stringify(request?.input);
const warnings = (plugin: Plugin) =>
  plugin.logs.filter(({ level }) => level === 'warning').map(({ data }) => data);
const threadOf = (lab: Lab): string =>
  readFileSync(path.join(lab.workspace, '.plexum-codex-session'), 'utf8');
const rolloutsOf = (lab: Lab): string[] =>
  readdirSync(lab.at('codex'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /sessions\/.*rollout-.*\.jsonl(\.zst)?$/.test(name))
    .map((name) => lab.at('codex', name));

/** The refusal of the API, as it words it. */
const refusal = (message: string): Step[] => [
  { status: 400, body: { error: { message, type: 'invalid_request_error', param: null } } },
];
const ENCRYPTED = 'gAAAAABsomebody-elses';
const PICTURE =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** The API refuses a history that it cannot read, like the real one. */
const model = (request: ModelRequest): Step[] => {
  const sent = sentOf(request);
  if (sent.includes('BROKEN')) return refusal("Invalid 'input[3].status': unknown value.");
  if (sent.includes('turn-two') && sent.includes(ENCRYPTED))
    return refusal(`The encrypted content ${ENCRYPTED} could not be verified.`);
  if (sent.includes('turn-three') && sent.includes('call_lone'))
    return refusal('No tool output found for function call call_lone.');
  if (sent.includes(PICTURE))
    return refusal('The image data you provided does not represent a valid image.');
  if (outputsSince(request).length > 0) return [{ text: 'done' }];
  return sent.includes('"turn-go"') && !sent.includes('turn-two')
    ? [
        { reasoning: ['**Hm**'], encrypted: ENCRYPTED },
        { call: { name: 'exec_command', arguments: { cmd: 'echo hi' }, call_id: 'call_lone' } },
      ]
    : [{ text: 'done' }];
};

const turn = async (plugin: Plugin, lab: Lab, text: string) => {
  const from = lab.model.requests.length;
  const warned = warnings(plugin).length;
  const asked = plugin.stream(turnParams(lab.workspace, text));
  const end = await asked.ended;
  return {
    end,
    requests: lab.model.requests.slice(from),
    warned: warnings(plugin).slice(warned),
  };
};
/** Archives a thread as a person does; 0.135 has no command for it. */
const archive = (lab: Lab, thread: string, rollout: string): void => {
  if (!codexDoes('refusesArchived')) {
    const folder = lab.at('codex/archived_sessions');
    mkdirSync(folder, { recursive: true });
    renameSync(rollout, path.join(folder, path.basename(rollout)));
  } else execFileSync(realCodex, ['archive', thread], { env: lab.env, stdio: 'ignore' });
};

const went = { type: 'message_end', stop_reason: 'end_turn' };

describe('a thread whose history is refused', () => {
  it('goes on without the items that the API refuses, in the same turn and in later ones', async () => {
    await using lab = await openLab(model);
    const plugin = await lab.start();
    await turn(plugin, lab, 'turn-go');
    const thread = threadOf(lab);

    for (const [text, refused, gone] of [
      ['turn-two', 'encrypted', ENCRYPTED],
      ['turn-three', 'call', 'call_lone'],
    ] as const) {
      const { end, requests, warned } = await turn(plugin, lab, text);
      expect(end).toMatchObject({ ...went, thread_id: thread });
      expect(requests).toHaveLength(2);
      expect(sentOf(requests[0])).toContain(gone);
      expect(sentOf(requests[1])).not.toContain(gone);
      expect(sentOf(requests[1]).split(`"${text}"`)).toHaveLength(2);
      expect(warned).toMatchObject([{ refused, items: expect.any(Number) }]);
    }

    const [rollout = ''] = rolloutsOf(lab);
    const size = readFileSync(rollout).length;
    const marked = readFileSync(rollout, 'utf8').replace(
      /"content":\[\{"type":"input_text","text":"turn-go"\}\]/,
      `"content":[{"type":"input_text","text":"turn-go"},{"type":"input_image","image_url":"${PICTURE}"}]`,
    );
    expect(marked.length).toBeGreaterThan(size);
    writeFileSync(rollout, marked);
    const picture = await turn(plugin, lab, 'turn-four');
    expect(picture.end).toMatchObject({ ...went, thread_id: thread });
    expect(sentOf(picture.requests.at(-1))).not.toContain(PICTURE);
    expect(picture.warned).toMatchObject([{ refused: 'pictures', items: 1 }]);

    const later = await turn(plugin, lab, 'turn-five');
    expect(later).toMatchObject({ end: { ...went, thread_id: thread }, warned: [] });
    expect(later.requests).toHaveLength(1);
    expect(sentOf(later.requests[0])).toContain('"turn-four"');
  });

  it('is replaced by a new thread, with one warning, when no item of it can be named', async () => {
    await using lab = await openLab(model);
    const plugin = await lab.start();
    await turn(plugin, lab, 'turn-go');
    const thread = threadOf(lab);
    const [rollout = ''] = rolloutsOf(lab);
    writeFileSync(
      rollout,
      readFileSync(rollout, 'utf8').replaceAll('"text":"turn-go"', '"text":"BROKEN"'),
    );
    const { end, requests, warned } = await turn(plugin, lab, 'turn-two');

    expect(end).toMatchObject(went);
    expect(end['thread_id']).not.toBe(thread);
    expect(requests).toHaveLength(2);
    expect(warned).toMatchObject([{ thread_id: thread, message: expect.stringMatching(/status/) }]);
    expect(warned[0]?.msg).toContain('begins a new one');
    expect(threadOf(lab)).toBe(end['thread_id']);
  });
});

describe('a thread that codex has put away', () => {
  it('is replaced when its compressed rollout is damaged, and a mutation says so', async () => {
    await using lab = await openLab(model);
    lab.configure({ binary: realCodex, system: 'developer' });
    const plugin = await lab.start();
    await turn(plugin, lab, 'turn-one');
    const thread = threadOf(lab);
    const [rollout = ''] = rolloutsOf(lab);
    await plugin.stop();
    writeFileSync(`${rollout}.zst`, zstdFrame(readFileSync(rollout)).subarray(0, 100));
    rmSync(rollout);

    const next = await lab.start();
    const refused = await next.request('plexum/session/mutate', {
      workspace: lab.workspace,
      mutations: [{ block_id: 'call_a', op: 'consume-light' }],
    });
    expect(refused['error']).toMatchObject({
      message: expect.stringMatching(/^codex: .*\.zst is damaged: .*; put back a copy of it/),
      data: { kind: 'thread_lost' },
    });
    const { end, warned } = await turn(next, lab, 'turn-six');
    expect(end).toMatchObject({ ...went, thread_id: threadOf(lab) });
    expect(threadOf(lab)).not.toBe(thread);
    expect(warned).toMatchObject([{ msg: expect.stringContaining('begins a new one') }]);
  });

  it('goes on after its rollout was compressed, and after it was archived', async () => {
    await using lab = await openLab(model);
    const plugin = await lab.start();
    await turn(plugin, lab, 'turn-one');
    await plugin.stop();
    const thread = threadOf(lab);
    const [rollout = ''] = rolloutsOf(lab);
    writeFileSync(`${rollout}.zst`, zstdFrame(readFileSync(rollout)));
    rmSync(rollout);

    const next = await lab.start();
    const unpacked = await turn(next, lab, 'turn-six');
    expect(unpacked).toMatchObject({ end: { ...went, thread_id: thread }, warned: [] });
    expect(unpacked.end['usage']).toMatchObject({ input_tokens: 100 });
    expect(sentOf(unpacked.requests[0])).toContain('"turn-one"');
    expect(rolloutsOf(lab)).toEqual([rollout]);
    await next.stop();

    archive(lab, thread, rollout);
    const last = await lab.start();
    const archived = await turn(last, lab, 'turn-seven');
    expect(archived.end).toMatchObject({ ...went, thread_id: thread });
    expect(sentOf(archived.requests[0])).toContain('"turn-six"');
    expect(archived.warned.map(({ msg }) => msg)).toEqual(
      codexDoes('refusesArchived')
        ? [expect.stringContaining('archived; it has been unarchived')]
        : [],
    );
  });
});

it('refuses a picture that is none before the turn starts, and says which and what it is', async () => {
  await using lab = await openLab(model);
  const plugin = await lab.start();
  const asked = plugin.stream(
    turnParams(lab.workspace, [
      { type: 'text', text: 'look' },
      { type: 'image', data_base64: PICTURE.split(',')[1], media_type: 'image/png' },
      { type: 'image', data_base64: btoa('%PDF-1.7'), media_type: 'image/png' },
    ]),
  );
  expect((await asked.response)['error']).toMatchObject({
    code: -32602,
    message: expect.stringMatching(/picture 2 of the message.* is a PDF/),
    data: { kind: 'invalid_request' },
  });
  expect(asked.events).toEqual([]);
  expect(lab.model.requests).toEqual([]);
});
