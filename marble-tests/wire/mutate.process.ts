import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { turnParams } from '../../scripts/lib/host.mjs';
import { outputsSince, type Step } from '../../scripts/lib/model-server.mjs';
import type { Op } from '../../src/session/call-edits.js';
import { callLines } from '../../src/session/call-lines.js';
import { patchFile } from '../../src/session/patch-file.js';
import { patchLine } from '../../src/session/patch-line.js';
import { journalOf } from '../../src/session/undo-journal.js';
import { codexDoes } from '../support/codex-facts.js';
import { type Lab, openLab, type Plugin, realCodex, transport } from '../support/lab.js';
import { until } from '../support/processes.js';

const MODEL = 'gpt-5.5';
const exec = (cmd: string, call_id: string): Step => ({
  call: { name: 'exec_command', arguments: { cmd }, call_id },
});
/** The texts are no part of the commands: their sum is. */
const calls = [
  exec('echo ONE-SECRET-$((40+2))', 'call_1'),
  exec('echo TWO-SECRET-$((40+2))', 'call_2'),
];

/** A lab whose model makes two calls in the first turn; later ones hang until they are released. */
const openMutable = async (
  later: (turn: number) => readonly Step[] = (turn) => [{ text: `LATER-TEXT-${turn}` }],
) => {
  let turn = 0;
  let hanging = false;
  const releases: (() => void)[] = [];
  const lab = await openLab((request) => {
    if (outputsSince(request).length > 0) return [{ text: 'done' }];
    turn += 1;
    if (turn === 1) return calls;
    const steps = [...later(turn)];
    return hanging ? new Promise<Step[]>((resolve) => releases.push(() => resolve(steps))) : steps;
  });
  const rollout = (): string => {
    const files = readdirSync(lab.at('codex/sessions'), {
      recursive: true,
      encoding: 'utf8',
    }).filter((name) => name.endsWith('.jsonl'));
    return path.join(lab.at('codex/sessions'), files[0] ?? '');
  };
  /** Runs a turn that hangs, from the moment on when the model is asked. */
  const hang = async (plugin: Plugin, workspace = lab.workspace) => {
    hanging = true;
    const before = lab.model.requests.length;
    const hung = plugin.stream(turnParams(workspace, 'wait', MODEL));
    await until(() => lab.model.requests.length > before);
    hanging = false;
    return hung;
  };
  const turnOf = async (plugin: Plugin, text = 'go', workspace = lab.workspace) =>
    (await plugin.stream(turnParams(workspace, text, MODEL)).response)['result'].outcome;
  const release = (): void => {
    for (const each of releases.splice(0)) each();
  };
  return {
    lab,
    rollout,
    hang,
    turnOf,
    release,
    [Symbol.asyncDispose]: () => lab[Symbol.asyncDispose](),
  };
};

const both = [
  { block_id: 'call_1', op: 'consume-light' },
  { block_id: 'call_2', op: 'consume-heavy' },
];
const mutate = (plugin: Plugin, lab: Lab, mutations: unknown, id?: string) =>
  plugin.request(
    'plexum/session/mutate',
    { agent_id: 'demo-agent', workspace: lab.workspace, mutations },
    id,
  );
const warnings = (plugin: Plugin) =>
  plugin.logs.filter(({ level }) => level === 'warning').map(({ data }) => data);
const lastInput = (lab: Lab): string => JSON.stringify(lab.model.requests.at(-1)?.input);

/** Lines that are no JSON. */
const torn = (file: string): string[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, -1)
    .filter((line) => {
      try {
        JSON.parse(line);
        return false;
      } catch {
        return true;
      }
    });

/** Leaves a rollout as a mutation that was killed in the middle of a write. */
const interrupt = async (file: string): Promise<void> => {
  const ops = new Map<string, Op>([
    ['call_1', 'consume-light'],
    ['call_2', 'consume-heavy'],
  ]);
  const lines = await lastValueFrom(callLines(file, new Set(ops.keys())).pipe(toArray()));
  const patches = lines.flatMap((line) => patchLine(line, ops).patch ?? []);
  expect(patches).toHaveLength(3);
  const before = readFileSync(file);
  const run = patchFile(file, patches);
  while (run.next().value !== 'patched');
  // What follows the marker of the last patch was not written: the old text there is no JSON.
  const { offset = 0, length = 0, text = Buffer.alloc(0) } = patches[2] ?? {};
  const written = text.indexOf('"', 1) + 1;
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, before, offset + written, length - written, offset + written);
  closeSync(descriptor);
  expect(torn(file)).toHaveLength(1);
  expect(existsSync(journalOf(file))).toBe(true);
};

describe('a thread whose mutation was killed', () => {
  it('is rolled back before the next turn, whose model sees the old text unchanged', async () => {
    await using place = await openMutable();
    const { lab } = place;
    const first = await lab.start();
    expect(await place.turnOf(first)).toBe('completed');
    await first.stop();
    const file = place.rollout();
    const old = readFileSync(file);
    await interrupt(file);

    const plugin = await lab.start();
    expect(await place.turnOf(plugin, 'and now?')).toBe('completed');
    expect(readFileSync(file).subarray(0, old.length).equals(old)).toBe(true);
    expect(readdirSync(path.dirname(file))).toEqual([path.basename(file)]);
    for (const text of ['ONE-SECRET-42', 'TWO-SECRET-42', 'TWO-SECRET-$((40+2))'])
      expect(lastInput(lab)).toContain(text);
    expect(lastInput(lab)).not.toContain('...(');
    expect(torn(file)).toEqual([]);
    expect(warnings(plugin)).toEqual([]);
  });

  it('is rolled back before the next mutation, which applies its patches again', async () => {
    await using place = await openMutable();
    const { lab } = place;
    const plugin = await lab.start();
    expect(await place.turnOf(plugin)).toBe('completed');
    const file = place.rollout();
    const old = readFileSync(file);
    await interrupt(file);

    expect(
      (await mutate(plugin, lab, [{ block_id: 'call_unknown', op: 'consume-heavy' }]))['result'],
    ).toEqual({ requested: 1, touched: 0 });
    expect(readFileSync(file).equals(old)).toBe(true);
    await interrupt(file);
    expect((await mutate(plugin, lab, both))['result']).toEqual({ requested: 2, touched: 2 });
    expect(readFileSync(file).length).toBe(old.length);
    expect(torn(file)).toEqual([]);
    expect(readdirSync(path.dirname(file))).toEqual([path.basename(file)]);

    expect(await place.turnOf(plugin, 'and now?')).toBe('completed');
    expect(lastInput(lab)).toContain('...(consumed)');
    expect(lastInput(lab)).toContain('...(tool called)');
    expect(lastInput(lab)).not.toMatch(/SECRET-42|TWO-SECRET/);
    expect(warnings(plugin)).toEqual([]);
  });

  it('stays as it is when its journal is incomplete, since no byte was changed before', async () => {
    await using place = await openMutable();
    const { lab } = place;
    const plugin = await lab.start();
    expect(await place.turnOf(plugin)).toBe('completed');
    const file = place.rollout();
    const old = readFileSync(file);
    writeFileSync(journalOf(file), '{"version":1,"size":12,"regions":[[0,4]]}\nXX');
    writeFileSync(`${journalOf(file)}.tmp`, '{"version"');

    expect(await place.turnOf(plugin, 'and now?')).toBe('completed');
    expect(readFileSync(file).subarray(0, old.length).equals(old)).toBe(true);
    expect(readdirSync(path.dirname(file))).toEqual([path.basename(file)]);
    expect(warnings(plugin)).toEqual([]);
  });
});

describe('a mutation that waits for a turn', () => {
  it('changes nothing and sends no response once cancelled, and does not delay the next turn', async () => {
    await using place = await openMutable();
    const { lab } = place;
    const plugin = await lab.start();
    expect(await place.turnOf(plugin)).toBe('completed');
    const hung = await place.hang(plugin);
    void mutate(plugin, lab, both, 'waiting');
    await plugin.request('ping');
    plugin.cancel('waiting');
    await plugin.request('ping');
    place.release();
    expect((await hung.response)['result'].outcome).toBe('completed');
    expect(await place.turnOf(plugin, 'and now?')).toBe('completed');

    expect(lastInput(lab)).toContain('ONE-SECRET-42');
    expect(lastInput(lab)).not.toContain('...(');
    expect(plugin.frames.filter(({ id }) => id === 'waiting')).toEqual([]);
    expect(warnings(plugin)).toEqual([]);
    expect((await mutate(plugin, lab, both))['result']).toEqual({ requested: 2, touched: 2 });
  });

  it('changes nothing when the host closes stdin, and lets the plugin exit', async () => {
    await using place = await openMutable();
    const { lab } = place;
    const plugin = await lab.start();
    expect(await place.turnOf(plugin)).toBe('completed');
    const file = place.rollout();
    const old = readFileSync(file);
    const hung = await place.hang(plugin);
    const waiting = mutate(plugin, lab, both, 'waiting');
    await plugin.request('ping');
    plugin.child.stdin.end();

    expect((await waiting)['error']).toMatchObject({
      code: -32603,
      message: expect.stringContaining('nothing was changed'),
    });
    expect((await hung.ended)['stop_reason']).toBe('cancelled');
    expect(await plugin.exited).toEqual({ code: 0, signal: null });
    expect(readFileSync(file).subarray(0, old.length).equals(old)).toBe(true);
    expect(readFileSync(file, 'utf8')).not.toContain('...(');
    expect(readdirSync(path.dirname(file))).toEqual([path.basename(file)]);
  });

  it('is refused when 32 mutations already wait', async () => {
    await using place = await openMutable();
    const { lab } = place;
    const plugin = await lab.start();
    expect(await place.turnOf(plugin)).toBe('completed');
    const hung = await place.hang(plugin);
    const waiting = Array.from({ length: 33 }, () => mutate(plugin, lab, both));
    const refused = await Promise.race(waiting);
    expect(refused['error']).toMatchObject({ code: -32000, data: { kind: 'overloaded' } });
    place.release();
    expect((await hung.response)['result'].outcome).toBe('completed');
    const answers = await Promise.all(waiting);
    expect(
      answers.filter(({ result }) => result !== undefined).map(({ result }) => result),
    ).toEqual(Array.from({ length: 32 }, () => ({ requested: 2, touched: 2 })));
  });
});

describe('mutations', () => {
  it('of one workspace are all applied when they arrive at once', async () => {
    await using place = await openMutable();
    const { lab } = place;
    const plugin = await lab.start();
    expect(await place.turnOf(plugin)).toBe('completed');
    const file = place.rollout();
    const { size } = statSync(file);
    const asked = [both.slice(0, 1), both.slice(1), both, both];
    const answers = await Promise.all(asked.map((mutations) => mutate(plugin, lab, mutations)));
    const turned = place.turnOf(plugin, 'and now?');
    expect(answers.map(({ result }) => result)).toEqual(
      asked.map(({ length }) => ({ requested: length, touched: length })),
    );
    expect(torn(file)).toEqual([]);
    expect(await turned).toBe('completed');
    expect(statSync(file).size).toBeGreaterThan(size);
    expect(lastInput(lab)).not.toMatch(/SECRET-42|TWO-SECRET/);
    expect(warnings(plugin)).toEqual([]);
  });

  it('start while a turn of another workspace runs', async () => {
    await using place = await openMutable();
    const { lab } = place;
    const plugin = await lab.start();
    expect(await place.turnOf(plugin)).toBe('completed');
    mkdirSync(lab.at('other'));
    const hung = await place.hang(plugin, lab.at('other'));
    expect((await mutate(plugin, lab, both))['result']).toEqual({ requested: 2, touched: 2 });
    expect(hung.events.filter(({ event }) => event.type === 'message_end')).toEqual([]);
    place.release();
    expect((await hung.response)['result'].outcome).toBe('completed');
    expect(warnings(plugin)).toEqual([]);
  });
});

describe('codex', () => {
  /** A codex whose standard error is kept, with its own warnings. */
  const logged = (place: { readonly lab: Lab }) => {
    const { lab } = place;
    const script = lab.at('codex-logged');
    writeFileSync(script, `#!/bin/sh\nexec '${realCodex}' "$@" 2>>'${script}.log'\n`, {
      mode: 0o755,
    });
    lab.configure({ binary: script });
    return {
      said: () => (existsSync(`${script}.log`) ? readFileSync(`${script}.log`, 'utf8') : ''),
      start: () => lab.start({ RUST_LOG: 'warn' }),
    };
  };
  const COMPLAINT = /shrank|malformed|missing range|duplicate ordinal/i;
  /** What codex's index of threads holds, in its file and in what is not yet part of it. */
  const index = (lab: Lab): string =>
    ['', '-wal']
      .map((end) => lab.at(`codex/thread_history_1.sqlite${end}`))
      .reduce((all, file) => all + (existsSync(file) ? readFileSync(file, 'latin1') : ''), '');

  /** Whether codex keeps this thread in its index: the app-server of 0.150.1 does not. */
  const isIndexed = (rollout: string): boolean =>
    readFileSync(rollout, 'utf8').split('\n', 1)[0]?.includes('"history_mode":"paginated"') ===
    true;

  it('logs no warning after mutations and keeps its index up to date', async () => {
    await using place = await openMutable();
    const { said, start } = logged(place);
    const { lab } = place;
    const plugin = await start();
    expect(await place.turnOf(plugin)).toBe('completed');
    const hasIndex = isIndexed(place.rollout());
    if (transport === 'exec') expect(hasIndex).toBe(codexDoes('threadIndex'));
    for (const turn of [2, 3]) {
      expect((await mutate(plugin, lab, both))['result']).toEqual({ requested: 2, touched: 2 });
      expect(await place.turnOf(plugin, `question ${turn}`)).toBe('completed');
      // The app-server may write it after the end of the turn.
      if (hasIndex) await until(() => index(lab).includes(`LATER-TEXT-${turn}`));
    }
    expect(said()).not.toMatch(COMPLAINT);
    expect(plugin.logs.map(({ data }) => data.malformed ?? 0).filter((lines) => lines > 0)).toEqual(
      [],
    );
    expect(warnings(plugin)).toEqual([]);
  });

  it('logs a warning when the rollout of an indexed thread becomes shorter', async () => {
    await using place = await openMutable();
    const { said, start } = logged(place);
    const plugin = await start();
    expect(await place.turnOf(plugin)).toBe('completed');
    const file = place.rollout();
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('ONE-SECRET-42', ''));
    expect(await place.turnOf(plugin, 'and now?')).toBe('completed');
    expect(COMPLAINT.test(said())).toBe(isIndexed(file));
  });
});

it('a mutation waits for the turn of its thread in any workspace', async () => {
  let asked = false;
  let resolve: (steps: Step[]) => void = () => undefined;
  const promise = new Promise<Step[]>((each) => (resolve = each));
  await using lab = await openLab((request) => {
    if (outputsSince(request).length > 0) return [{ text: 'done' }];
    if (!JSON.stringify(request.input).includes('wait here'))
      return [{ call: { name: 'exec_command', arguments: { cmd: 'echo hi' }, call_id: 'call_1' } }];
    asked = true;
    return promise;
  });
  const plugin = await lab.start();
  await plugin.stream(turnParams(lab.workspace, 'go', 'gpt-5.5')).response;
  mkdirSync(lab.at('copy'));
  copyFileSync(lab.at('workspace/.plexum-codex-session'), lab.at('copy/.plexum-codex-session'));
  const turn = plugin.stream(turnParams(lab.workspace, 'wait here', 'gpt-5.5'));
  await until(() => asked);
  const order: string[] = [];
  const mutated = plugin
    .request('plexum/session/mutate', {
      agent_id: 'a',
      workspace: lab.at('copy'),
      mutations: [{ block_id: 'call_1', op: 'consume-light' }],
    })
    .then(() => order.push('mutated'));
  // The plugin has the mutation when it answers what came after it.
  await plugin.request('ping');
  resolve([{ text: 'later' }]);
  await turn.ended.then(() => order.push('turn ended'));
  await mutated;
  expect(order).toEqual(['turn ended', 'mutated']);
});
