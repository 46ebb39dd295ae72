import path from 'node:path';
import fc from 'fast-check';
import { isLeft } from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { type Config, defaultConfig, parseConfig } from '../../src/plexum/config.js';
import { streamRequest } from '../../src/server/stream-request.js';
import { holds } from '../support/fuzz.js';
import { anyJson, half, list, mostly, noise, shape, word } from './json-text.js';

const FILE = '/p/config.json';

const ms = fc.constantFrom(
  '0',
  '1',
  '600000',
  '2147483647',
  '2147483648',
  '-1',
  '1.5',
  '1e400',
  '-0',
  '"5"',
);
const config = shape({
  binary: word('codex', '/opt/codex', ''),
  extra_args: list(word('-c', 'a=b', '--', '', '--profile')),
  supported_models: list(word('codex')),
  model_args: shape({
    codex: word('x'),
    fast: word('gpt-5.5-mini'),
    high: list(word('-c', 'a=b', '--', '')),
    ['__proto__']: word('x'),
  }),
  transport: word('exec', 'app-server', '__proto__'),
  app_server_required: fc.constantFrom('true', 'false'),
  app_server_idle_ms: ms,
  bridge: word('http', 'stdio', 'constructor'),
  bridge_required: fc.constantFrom('true', 'false'),
  tool_timeout_ms: ms,
  first_event_timeout_ms: ms,
  idle_timeout_ms: ms,
  command_timeout_ms: ms,
  reconnect_timeout_ms: ms,
  turn_timeout_ms: ms,
  grace_ms: ms,
  max_concurrent_turns: fc.constantFrom('1', '8', '0', '1001'),
  max_line_bytes: fc.constantFrom('1', '1024', '134217728', '134217729'),
});
/** A config with few keys, so that it is valid more often. */
const small = fc.oneof(
  shape({ binary: word('codex'), extra_args: list(word('-c', 'a=b')) }),
  shape({
    model_args: shape({ fast: word('x') }),
    bridge: word('stdio'),
    grace_ms: fc.constantFrom('0', '5'),
  }),
  shape({
    max_concurrent_turns: fc.constantFrom('1', '8'),
    max_line_bytes: fc.constantFrom('1', '1024'),
  }),
  shape({
    reconnect_timeout_ms: fc.constantFrom('0', '5'),
    turn_timeout_ms: fc.constantFrom('0', '5'),
    bridge_required: fc.constant('true'),
    record_dir: fc.constantFrom('"records"', '"/r"'),
  }),
);
const text = fc.oneof(
  { weight: 4, arbitrary: config },
  { weight: 4, arbitrary: small },
  { weight: 2, arbitrary: mostly(anyJson) },
  { weight: 1, arbitrary: half(config).map((bytes) => bytes.toString('utf8')) },
  { weight: 1, arbitrary: noise.map((bytes) => bytes.toString('utf8')) },
  { weight: 1, arbitrary: config.map((json) => `\uFEFF${json}`) },
);

const isText = (value: unknown): boolean => typeof value === 'string';
const isMs = (value: unknown): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 31;
/** The keys whose values have the wrong type. */
const wrong = (read: Config): string[] => {
  const right: Record<keyof Config, boolean> = {
    binary: isText(read.binary),
    extraArgs:
      Array.isArray(read.extraArgs) &&
      read.extraArgs.every((arg) => isText(arg) && arg !== '' && arg !== '--'),
    supportedModels: Array.isArray(read.supportedModels) && read.supportedModels.every(isText),
    modelArgs: Object.values(read.modelArgs).every(
      (value) => isText(value) || (Array.isArray(value) && value.every(isText)),
    ),
    bridge: ['http', 'stdio'].includes(read.bridge),
    transport: ['exec', 'app-server'].includes(read.transport),
    appServerRequired: typeof read.appServerRequired === 'boolean',
    appServerIdleMs: isMs(read.appServerIdleMs),
    bridgeRequired: typeof read.bridgeRequired === 'boolean',
    toolTimeoutMs: isMs(read.toolTimeoutMs) && read.toolTimeoutMs > 0,
    deadlines:
      Object.keys(read.deadlines).length === 5 && Object.values(read.deadlines).every(isMs),
    graceMs: isMs(read.graceMs),
    maxLineBytes: Number.isInteger(read.maxLineBytes) && read.maxLineBytes > 0,
    maxConcurrentTurns:
      read.maxConcurrentTurns === undefined ||
      (Number.isInteger(read.maxConcurrentTurns) && read.maxConcurrentTurns > 0),
    history: ['lost', 'always', 'never'].includes(read.history),
    historyMaxChars: Number.isInteger(read.historyMaxChars) && read.historyMaxChars >= 0,
    onContextWindow: ['error', 'new_thread'].includes(read.onContextWindow),
    system: ['developer', 'ignore'].includes(read.system),
    recordDir: read.recordDir === undefined || path.isAbsolute(read.recordDir),
  };
  return Object.entries(right).flatMap(([key, ok]) => (ok ? [] : [key]));
};

describe('parseConfig, for any file', () => {
  it('returns a config with valid values, or one sentence that names the file', () => {
    holds(
      fc.property(text, (given) => {
        const read = parseConfig(FILE, given);
        if (isLeft(read)) {
          expect(read.left).toMatch(/^\/p\/config\.json\b.{4,}/);
          expect(read.left.length).toBeLessThan(1_000);
          return;
        }
        expect(wrong(read.right.config)).toEqual([]);
        expect(Object.keys(read.right.config)).toEqual(
          expect.arrayContaining(Object.keys(defaultConfig)),
        );
        expect(read.right.warnings.filter((warning) => !warning.startsWith(`${FILE}: `))).toEqual(
          [],
        );
      }),
    );
  });
});

const block = shape({
  type: word('text', 'image', 'tool_use'),
  text: word('hi', ' '),
  path: word('/a.png'),
  url: word('x'),
});
const params = shape({
  model_id: word('codex', 'fast', '--oss', '__proto__'),
  agent: shape({ agent_id: word('ada'), workspace: word('/w', 'w', '/a\0b', '') }),
  request: shape({
    messages: list(
      shape({ role: word('user', 'system'), content: fc.oneof(word('hi', ''), list(block)) }),
    ),
    tools: list(shape({ name: word('x') })),
  }),
});

describe('plexum/provider/stream, for any params', () => {
  it('starts a turn, or refuses with a reason', () => {
    holds(
      fc.property(
        mostly(params),
        fc.constantFrom({}, { fast: 'gpt-5.5-mini' }),
        (given, modelArgs) => {
          const asked = streamRequest(JSON.parse(given), modelArgs);
          if (isLeft(asked)) {
            expect(asked.left.message).toMatch(/^codex: .+/);
            return;
          }
          const {
            workspace,
            agentId,
            modelId,
            model = '',
            text: prompt,
            images,
            tools,
          } = asked.right;
          expect(
            [workspace, agentId, modelId, model, prompt].filter(
              (value) => typeof value !== 'string',
            ),
          ).toEqual([]);
          expect(workspace).toMatch(/^\/[^\0]*$/);
          expect(prompt.trim()).not.toBe('');
          expect([Array.isArray(images), Array.isArray(tools)]).toEqual([true, true]);
        },
      ),
    );
  });
});
