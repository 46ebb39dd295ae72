import { PassThrough } from 'node:stream';
import { setTimeout as sleep, setImmediate as turnOfTheLoop } from 'node:timers/promises';
import fc from 'fast-check';
import {
  concat,
  config,
  from,
  map,
  merge,
  NEVER,
  type Observable,
  of,
  take,
  takeWhile,
  throwError,
} from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TurnEvent } from '../../src/canonical/turn-event.js';
import { connectHost } from '../../src/plexum/host-connection.js';
import { manifest } from '../../src/plexum/manifest.js';
import type { Cancel, Exited, ProcessRun, ProcessSignal } from '../../src/process/run.js';
import { pluginServer } from '../../src/server/plugin-server.js';
import { createWorkspaceQueue } from '../../src/turn/workspace-queue.js';
import { holdsLater } from '../support/fuzz.js';
import { fakePorts, quietRun } from '../support/ports.js';
import { chunked, cuts } from './chunks.js';
import { faultsOf } from './grammar.js';
import { anyJson, deep, half, linesOf, list, mostly, shape, word } from './json-text.js';

const version = word('2.0');
const id = fc.constantFrom(
  '0',
  '1',
  '-1',
  '1.5',
  '"1"',
  '"a"',
  '""',
  '"__proto__"',
  '9007199254740992',
  '1e400',
  'null',
  'true',
  '{}',
);
const method = word(
  'plexum/manifest/read',
  'plexum/session/mutate',
  'plexum/host/tool/execute',
  'plexum/no/such',
  'initialize',
  'ping',
  'logging/setLevel',
  'tools/list',
  'tasks/get',
  '__proto__',
  '',
);
const meta = shape({
  progressToken: fc.constantFrom('0', '1', '"a"', '1.5'),
  'io.modelcontextprotocol/related-task': shape({ taskId: word('1') }),
});

const block = shape({
  type: word('text', 'image', 'tool_use', 'later'),
  text: word('now', 'later', 'never', 'fails', 'noise'),
  url: word('file:///a'),
});
const message = shape({
  role: word('user', 'assistant'),
  content: fc.oneof(word('now', 'later', 'never', 'fails', 'noise'), list(block)),
});
const tool = shape({ name: word('a', 'b', 'ü'), description: word('x'), inputSchema: anyJson });
const streamParams = shape({
  model_id: word('codex', '', '--oss'),
  agent: shape({ agent_id: word('ada'), workspace: word('/a', '/b', 'c') }),
  request: shape({
    messages: list(message, 3),
    tools: fc.oneof(fc.constant('[]'), list(tool, 2)),
    system: word('x'),
  }),
});
const mutateParams = shape({
  agent_id: word('ada'),
  workspace: word('/a'),
  mutations: list(shape({ block_id: word('x'), op: word('consume-light') })),
});
const initializeParams = shape({
  protocolVersion: word('2025-06-18', '1'),
  capabilities: shape({}),
  clientInfo: shape({ name: word('h'), version: word('0') }),
});

const cancel = shape({
  jsonrpc: version,
  method: word('notifications/cancelled'),
  params: shape({ requestId: id, reason: word('tired') }),
});
const request = fc.oneof(
  shape({ jsonrpc: version, id, method: word('plexum/provider/stream'), params: streamParams }),
  shape({ jsonrpc: version, id, method: word('plexum/session/mutate'), params: mutateParams }),
  shape({ jsonrpc: version, id, method: word('initialize'), params: initializeParams }),
  shape({
    jsonrpc: version,
    id,
    method: word('logging/setLevel'),
    params: shape({ level: word('debug', 'error', 'x') }),
  }),
  shape({
    jsonrpc: version,
    id,
    method,
    params: shape({ _meta: meta, name: word('x'), arguments: shape({}) }),
  }),
  shape({ jsonrpc: version, id, method }),
);
const notification = shape({
  jsonrpc: version,
  method: word('notifications/initialized', 'notifications/progress', 'notifications/later'),
  params: shape({
    _meta: meta,
    progressToken: fc.constantFrom('0', '1'),
    progress: fc.constant('1'),
  }),
});
/** A response: to one of the three open calls of the plugin, or to an unknown id. */
const response = fc.oneof(
  shape({
    jsonrpc: version,
    id: fc.constantFrom('0', '1', '2', '3', '"1"', '""', '1e400'),
    result: shape({ _meta: meta, content: list(block), task: shape({ taskId: word('1') }) }),
  }),
  shape({
    jsonrpc: version,
    id: fc.constantFrom('0', '1', '2', '3'),
    error: shape({
      code: fc.constantFrom('-32000', '1', '1.5', '1e400'),
      message: word('no'),
      data: shape({}),
    }),
  }),
);
const huge = fc
  .constantFrom(1, 3)
  .map(
    (mb) =>
      `{"jsonrpc":"2.0","id":"a","method":"plexum/provider/stream","params":{"x":"${'é'.repeat(mb * 500_000)}"}}`,
  );
const bottomless = fc
  .tuple(
    fc.constantFrom(
      '"id":9,"result":',
      '"id":1,"result":{"content":',
      '"id":9,"error":',
      '"id":0,"error":{"message":',
      '"id":7,"method":"ping","params":{"a":',
      '"id":',
    ),
    deep,
  )
  .map(
    ([before, inner]) =>
      `{"jsonrpc":"2.0",${before}${inner}${'}'.repeat(before.split('{').length)}`,
  );
const frame = fc.oneof(
  { weight: 60, arbitrary: request },
  { weight: 30, arbitrary: cancel },
  { weight: 15, arbitrary: response },
  { weight: 10, arbitrary: notification },
  { weight: 5, arbitrary: list(request) },
  { weight: 10, arbitrary: mostly(anyJson) },
  { weight: 10, arbitrary: request.chain((text) => fc.constant(`${text}\n${text}`)) },
  { weight: 1, arbitrary: huge },
  { weight: 1, arbitrary: bottomless },
);

const exited = (given: Partial<Exited> = {}): Exited => ({
  type: 'exited',
  code: 0,
  signal: null,
  stderr: '',
  ...given,
});
const stdout = (text: string): ProcessSignal => ({ type: 'stdout', chunk: Buffer.from(text) });
const said: Readonly<Record<string, () => Observable<ProcessSignal>>> = {
  now: () => of(stdout('{"type":"turn.completed"}\n'), exited()),
  later: () => from(turnOfTheLoop(exited({ code: 1 }))),
  never: () => NEVER,
  fails: () => throwError(() => new Error('EIO')),
  noise: () =>
    concat(of(stdout('noise\n{"type":')), from(Promise.resolve(exited({ signal: 'SIGKILL' })))),
};
/** A codex that does what its prompt says, and exits on a cancel. */
const codex$ = ({ stdin }: ProcessRun, cancel$: Observable<Cancel>): Observable<ProcessSignal> =>
  merge(cancel$.pipe(map((cancelled) => exited({ cancelled }))), said[stdin]?.() ?? NEVER).pipe(
    takeWhile(({ type }) => type !== 'exited', true),
  );

/** The plugin between two streams, with three open calls to its host. */
const plugin = () => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const described = manifest('1.2.3', ['codex']);
  const host = connectHost(input, output, { manifest: described, warnings: ['careful'] });
  const { ports } = fakePorts({
    inOrder: createWorkspaceQueue(2),
    codexRun$: ({ prompt }) => of({ ...quietRun, stdin: prompt }),
    codex$,
    log: host.log,
  });
  const ends: unknown[] = [];
  pluginServer(host, ports, { manifest: described, modelArgs: {}, terminate$: NEVER }).subscribe({
    error: (error: unknown) => ends.push(error),
    complete: () => ends.push('complete'),
  });
  const answered = new Set<number>();
  const calls = [0, 1, 2].map((call) =>
    host
      .call$('plexum/host/tool/execute', {}, () => undefined)
      .pipe(take(2))
      .subscribe({
        error: () => answered.add(call),
        complete: () => answered.add(call),
      }),
  );
  let text = '';
  output.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  return {
    input,
    ends,
    calls,
    answered,
    /** The numbers for ids of turns as the wire has them: -7e-3, where JSON.parse has -0.007. */
    spelledIds: (): string[] =>
      [...text.matchAll(/"request_id":(-?\d[\d.eE+-]*)/g)].map(([, spelled = '']) => spelled),
    frames: (): unknown[] =>
      text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)])),
  };
};

type Fields = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const fieldsOf = (value: unknown): Fields => (isObject(value) ? value : {});
/**
 * An id as JSON text: a number is what JSON.parse makes of it, and of those beyond all numbers
 * there is one of each sign.
 */
const keyOf = (given: unknown): string | undefined => {
  if (typeof given === 'number' && Math.abs(given) === Infinity)
    return given > 0 ? '1e400' : '-1e400';
  return typeof given === 'string' || Number.isFinite(given) ? JSON.stringify(given) : undefined;
};
const count = (keys: readonly string[]): Map<string, number> =>
  keys.reduce((sums, key) => sums.set(key, (sums.get(key) ?? 0) + 1), new Map<string, number>());

/** The requests in the bytes, parsed independently of the plugin. */
const readFrames = (bytes: Buffer) => {
  const asked: string[] = [];
  const cancelled: string[] = [];
  const answers = new Set<unknown>();
  let nothing = 0;
  for (const line of bytes
    .toString('utf8')
    .split('\n')
    .map((each) => each.replace(/\r$/, ''))) {
    if (line === '') continue;
    let parsed: unknown;
    try {
      parsed = JSON.parse(line.replace(/^\uFEFF/, ''));
    } catch {
      nothing += 1;
      continue;
    }
    const { id: given, method: name, params, ...rest } = fieldsOf(parsed);
    const key = keyOf(given);
    if (name === 'notifications/cancelled')
      cancelled.push(keyOf(fieldsOf(params)['requestId']) ?? '');
    if (!isObject(parsed)) nothing += 1;
    else if (
      typeof name !== 'string' &&
      ('error' in rest || ('result' in rest && given !== undefined))
    )
      answers.add(given);
    else if (key !== undefined) asked.push(key);
  }
  return { asked, cancelled, answers, nothing };
};

const turnsOf = (frames: readonly Fields[], asked: readonly string[]): TurnEvent[][] => {
  const turns = new Map<string, TurnEvent[][]>();
  for (const { method: name, params } of frames) {
    if (name !== 'notifications/plexum/provider/event') continue;
    const { request_id, seq, event } = fieldsOf(params);
    const key = keyOf(request_id) ?? 'null';
    expect(asked).toContain(key);
    const before = turns.get(key) ?? [];
    turns.set(key, before);
    if (seq === 0) before.push([]);
    const turn = before.at(-1);
    expect(seq).toBe(turn?.length);
    if (isEvent(event)) turn?.push(event);
  }
  return [...turns.values()].flat();
};
const isEvent = (event: unknown): event is TurnEvent => typeof fieldsOf(event)['type'] === 'string';

const idle = async (): Promise<void> => {
  for (let i = 0; i < 4; i += 1) await turnOfTheLoop();
};

/** Errors that would have ended the process: uncaught errors and unhandled rejections. */
const uncaught: unknown[] = [];
const note = (error: unknown): void => void uncaught.push(error);
beforeEach(() => {
  config.onUnhandledError = note;
  process.on('unhandledRejection', note);
});
afterEach(() => {
  config.onUnhandledError = null;
  process.off('unhandledRejection', note);
});

describe('pluginServer, for any bytes of the host', () => {
  it('answers each request once, ends each turn once, and keeps running', async () => {
    await holdsLater(
      fc.asyncProperty(
        linesOf(frame, 12),
        half(request),
        cuts,
        fc.array(fc.boolean(), { maxLength: 12 }),
        async (lines, rest, shares, pauses) => {
          const { input, ends, calls, answered, frames, spelledIds } = plugin();
          for (const [i, chunk] of chunked(lines, shares).entries()) {
            input.write(chunk);
            if (pauses[i] === true) await turnOfTheLoop();
          }
          await idle();
          const { asked, cancelled, answers, nothing } = readFrames(lines);
          const send = (...sent: string[]): unknown =>
            input.write(sent.map((one) => `\n${one}\n`).join(''));

          // Pending requests are cancelled; then all ids are free again, and the plugin answers.
          const ids = [...new Set([...asked, ...spelledIds(), '"the last"'])];
          send(
            ...ids.map(
              (key) =>
                `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${key}}}`,
            ),
          );
          await idle();
          const before = frames().map(fieldsOf);
          send(...ids.map((key) => `{"jsonrpc":"2.0","id":${key},"method":"ping"}`));
          await idle();
          expect(frames().slice(before.length)).toEqual(
            ids.map((key): unknown => ({ jsonrpc: '2.0', id: JSON.parse(key), result: {} })),
          );

          const responses = count(
            before.flatMap((sent) => ('method' in sent ? [] : [keyOf(sent['id']) ?? 'null'])),
          );
          const cancels = count([...cancelled, ...ids]);
          for (const [key, times] of count(asked)) {
            const got = responses.get(key) ?? 0;
            expect(got, `responses to ${key}`).toBeLessThanOrEqual(times);
            expect(got, `responses to ${key}`).toBeGreaterThanOrEqual(
              times - (cancels.get(key) ?? 0),
            );
          }
          expect(
            [...responses.keys()].filter((key) => key !== 'null' && !asked.includes(key)),
          ).toEqual([]);
          expect(responses.get('null') ?? 0).toBeGreaterThanOrEqual(nothing);
          expect(before.filter((sent) => sent['jsonrpc'] !== '2.0')).toEqual([]);
          expect(turnsOf(before, asked).flatMap(faultsOf)).toEqual([]);
          expect([0, 1, 2].filter((call) => answers.has(call) && !answered.has(call))).toEqual([]);

          for (const call of calls) call.unsubscribe();
          input.end(rest);
          // The end is told after the last line, by a timer.
          for (let i = 0; i < 1_000 && ends.length === 0; i += 1) await sleep(1);
          expect(ends).toEqual(['complete']);
          // RxJS reports unhandled errors in a timer.
          await sleep(1);
          expect(uncaught.splice(0)).toEqual([]);
        },
      ),
    );
  });
});
