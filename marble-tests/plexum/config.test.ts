import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { left, right } from 'fp-ts/lib/Either.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configRows, defaultConfig, loadConfig, parseConfig } from '../../src/plexum/config.js';

const MS = 'expected whole milliseconds from 1 to 2147483647';
const FILE = '/p/config.json';
const parsed = (value: unknown) => parseConfig(FILE, JSON.stringify(value));

describe('parseConfig', () => {
  it('reads every key', () => {
    const value = {
      $schema: './config.schema.json',
      binary: '/opt/codex',
      extra_args: ['-c', 'a=b'],
      supported_models: ['codex', 'fast'],
      model_args: { fast: 'gpt-5.5-mini', high: ['-c', 'a="b"'] },
      transport: 'app-server',
      app_server_required: true,
      app_server_idle_ms: 8,
      bridge: 'stdio',
      bridge_required: true,
      tool_timeout_ms: 1_000,
      first_event_timeout_ms: 1,
      idle_timeout_ms: 0,
      command_timeout_ms: 3,
      reconnect_timeout_ms: 2,
      turn_timeout_ms: 4,
      grace_ms: 5,
      max_concurrent_turns: 6,
      max_line_bytes: 7,
      history: 'always',
      history_max_chars: 8,
      on_context_window: 'new_thread',
      system: 'developer',
      record_dir: '/r',
    };
    expect(parsed(value), 'give a new key a value above that is not its default').toEqual(
      right({
        config: {
          binary: '/opt/codex',
          extraArgs: ['-c', 'a=b'],
          supportedModels: ['codex', 'fast'],
          modelArgs: { fast: 'gpt-5.5-mini', high: ['-c', 'a="b"'] },
          transport: 'app-server',
          appServerRequired: true,
          appServerIdleMs: 8,
          bridge: 'stdio',
          bridgeRequired: true,
          toolTimeoutMs: 1_000,
          deadlines: { firstEvent: 1, idle: 0, command: 3, reconnect: 2, turn: 4 },
          graceMs: 5,
          maxConcurrentTurns: 6,
          maxLineBytes: 7,
          history: 'always',
          historyMaxChars: 8,
          onContextWindow: 'new_thread',
          system: 'developer',
          recordDir: '/r',
        },
        warnings: [],
      }),
    );
  });

  it('uses the defaults of CONFIG.md for absent keys', () => {
    const deadlines = {
      firstEvent: 120_000,
      idle: 600_000,
      command: 3_600_000,
      reconnect: 30_000,
      turn: 0,
    };
    const transport = { transport: 'exec', appServerRequired: false, appServerIdleMs: 600_000 };
    const bridge = {
      ...transport,
      bridge: 'http',
      bridgeRequired: false,
      toolTimeoutMs: 600_000,
      deadlines,
      graceMs: 5_000,
      maxLineBytes: 134_217_728,
      history: 'lost',
      historyMaxChars: 100_000,
      onContextWindow: 'error',
      system: 'ignore',
    };
    expect(parsed({}), 'add a new key with its default').toEqual(
      right({
        config: {
          binary: 'codex',
          extraArgs: [],
          supportedModels: ['codex'],
          modelArgs: {},
          ...bridge,
        },
        warnings: [],
      }),
    );
    expect(parsed({ binary: 'x' })).toEqual(
      right({ config: { ...defaultConfig, binary: 'x' }, warnings: [] }),
    );
  });

  it.each([
    ['records', '/p/records'],
    ['./a/../b', '/p/b'],
    ['/r/x', '/r/x'],
  ])('resolves record_dir %j against the folder of the file', (record_dir, recordDir) => {
    expect(parsed({ record_dir })).toEqual(
      right({ config: { ...defaultConfig, recordDir }, warnings: [] }),
    );
  });

  it.each([[''], ['~/records'], ['a\0b'], [5], [true]])(
    'refuses the record_dir %j',
    (record_dir) => {
      expect(parsed({ record_dir })).toEqual(
        left(
          `/p/config.json: record_dir: expected path of a folder ("~" is not expanded), got ${JSON.stringify(record_dir)}`,
        ),
      );
    },
  );

  it('accepts a byte order mark', () => {
    expect(parseConfig(FILE, '\uFEFF{"binary": "x"}')).toEqual(
      right({ config: { ...defaultConfig, binary: 'x' }, warnings: [] }),
    );
  });

  it('warns about each unknown key and ignores it', () => {
    const known = ['$schema', ...configRows.map(({ key }) => key)].join(', ');
    expect(parsed({ binray: 'x', timeout: 5, binary: 'y' })).toEqual(
      right({
        config: { ...defaultConfig, binary: 'y' },
        warnings: [
          `${FILE}: the key "binray" is not known and is ignored; known keys are ${known}`,
          `${FILE}: the key "timeout" is not known and is ignored; known keys are ${known}`,
        ],
      }),
    );
  });

  it('warns about keys named like built-in properties', () => {
    const read = parseConfig(FILE, '{"__proto__": 1, "constructor": 2, "toString": 3}');
    expect(read).toMatchObject({ right: { config: defaultConfig } });
    expect(read).toHaveProperty('right.warnings.length', 3);
  });

  it('warns that a mapping of "codex" is ignored', () => {
    expect(parsed({ model_args: { codex: 'gpt-5.5' } })).toEqual(
      right({
        config: { ...defaultConfig, modelArgs: { codex: 'gpt-5.5' } },
        warnings: [
          `${FILE}: model_args.codex is ignored, "codex" is always codex's own choice of model`,
        ],
      }),
    );
  });

  it.each([
    ['binary', { binary: 5 }, 'binary: expected string, got 5'],
    ['binary', { binary: null }, 'binary: expected string, got null'],
    ['extra_args', { extra_args: '-c a=b' }, 'extra_args: expected array of strings, got "-c a=b"'],
    ['extra_args', { extra_args: ['-c', 5] }, 'extra_args.1: expected string, got 5'],
    [
      'supported_models',
      { supported_models: { a: 1 } },
      'supported_models: expected array of strings, got {"a":1}',
    ],
    [
      'model_args',
      { model_args: ['a'] },
      'model_args: expected object with string values, or with arrays of strings, got ["a"]',
    ],
    [
      'model_args',
      { model_args: { fast: 5 } },
      'model_args.fast: expected string or array of strings, got 5',
    ],
    [
      'model_args',
      { model_args: { fast: ['-c', 5] } },
      'model_args.fast.1: expected string, got 5',
    ],
    [
      'model_args',
      { model_args: { fast: ['-c', '--'] } },
      'model_args.fast: "--" and "" would take the place of the prompt',
    ],
    [
      'extra_args',
      { extra_args: ['--json', '-m'] },
      'extra_args: "-m" has no value; write it as the next argument, or remove "-m"',
    ],
    [
      'model_args',
      { model_args: { fast: 'gpt', high: ['hello'] } },
      'model_args.high: "hello" would take the place of the prompt: it is no flag, and no flag before it takes it; remove it, or write its flag before it',
    ],
    ['$schema', { $schema: true }, '$schema: expected string, got true'],
    ['transport', { transport: 'tcp' }, 'transport: expected "exec" or "app-server", got "tcp"'],
    ['bridge', { bridge: 'tcp' }, 'bridge: expected "http" or "stdio", got "tcp"'],
    ['bridge_required', { bridge_required: 'yes' }, 'bridge_required: expected boolean, got "yes"'],
    ['tool_timeout_ms', { tool_timeout_ms: 0 }, `tool_timeout_ms: ${MS}, got 0`],
    ['tool_timeout_ms', { tool_timeout_ms: -1 }, `tool_timeout_ms: ${MS}, got -1`],
    ['tool_timeout_ms', { tool_timeout_ms: 1.5 }, `tool_timeout_ms: ${MS}, got 1.5`],
    ['tool_timeout_ms', { tool_timeout_ms: 2 ** 31 }, `tool_timeout_ms: ${MS}, got 2147483648`],
    [
      'max_concurrent_turns',
      { max_concurrent_turns: 0 },
      'max_concurrent_turns: expected whole turns from 1 to 1000, got 0',
    ],
    [
      'max_line_bytes',
      { max_line_bytes: 2 ** 30 },
      'max_line_bytes: expected whole bytes from 1 to 536870888, got 1073741824',
    ],
    [
      'idle_timeout_ms',
      { idle_timeout_ms: -1 },
      'idle_timeout_ms: expected whole milliseconds from 0 to 2147483647, got -1',
    ],
    ['tool_timeout_ms', { tool_timeout_ms: '10' }, `tool_timeout_ms: ${MS}, got "10"`],
  ])('names file, key and expected type of an invalid %s', (_key, value, message) => {
    expect(parsed(value)).toEqual(left(`${FILE}: ${message}`));
  });

  it.each([
    ['"--"', '--', '"--" and "" would take the place of the prompt'],
    ['an empty argument', '', '"--" and "" would take the place of the prompt'],
    ['NUL', 'a\0b', 'argument 2 has a NUL character; remove it'],
    [
      'half a character',
      '-c=a\uD83D',
      'argument 2 has half a character (a lone surrogate); remove it',
    ],
  ])('refuses %s in extra_args and in model_args', (_what, arg, message) => {
    expect(parsed({ extra_args: ['-v', arg] })).toEqual(left(`${FILE}: extra_args: ${message}`));
    expect(parsed({ model_args: { high: ['-v', arg] } })).toEqual(
      left(`${FILE}: model_args.high: ${message}`),
    );
  });

  it('takes a line break in an argument: TOML has them', () => {
    expect(parsed({ extra_args: ['-c', 'a="""\nb"""'] })).toMatchObject({ _tag: 'Right' });
  });

  it('refuses a binary that no path can be', () => {
    expect(parsed({ binary: '/a\0b' })).toEqual(
      left(`${FILE}: binary: has a NUL character; remove it`),
    );
  });

  it('warns about an empty id in supported_models', () => {
    expect(parsed({ supported_models: ['codex', ''] })).toMatchObject({
      right: {
        warnings: [`${FILE}: supported_models has an empty id, which no model has; remove it`],
      },
    });
  });

  it.each([
    ['an array', '[]', 'expected an object, got an array'],
    ['null', 'null', 'expected an object, got null'],
    ['a string', '"codex"', 'expected an object, got "codex"'],
    ['a number', '5', 'expected an object, got 5'],
  ])('refuses %s', (_what, text, message) => {
    expect(parseConfig(FILE, text)).toEqual(left(`${FILE}: ${message}`));
  });

  it.each([
    ['an empty file', ''],
    ['a comment', '{} // all defaults'],
    ['a trailing comma', '{"binary": "x",}'],
    ['half a file', '{"binary": "'],
    ['a second byte order mark', '\uFEFF\uFEFF{}'],
  ])('names the file that is not JSON: %s', (_what, text) => {
    expect(parseConfig(FILE, text)).toMatchObject({
      left: expect.stringMatching(/^\/p\/config\.json is not JSON: ./),
    });
  });
});

describe('loadConfig', () => {
  let dir = '';
  let file = '';
  beforeEach(() => {
    dir = mkdtempSync(path.join(tmpdir(), 'config-'));
    file = path.join(dir, 'config.json');
  });
  afterEach(() => {
    rmSync(dir, { recursive: true, force: true });
  });

  it('reads a file', () => {
    writeFileSync(file, '{"binary": "x"}\n');
    expect(loadConfig(file)).toEqual(
      right({ config: { ...defaultConfig, binary: 'x' }, warnings: [] }),
    );
  });

  it('returns the defaults without a warning when there is no file or no folder', () => {
    expect(loadConfig(file)).toEqual(right({ config: defaultConfig, warnings: [] }));
    expect(loadConfig(path.join(dir, 'absent', 'config.json'))).toEqual(
      right({ config: defaultConfig, warnings: [] }),
    );
  });

  it('throws with the name of a file that cannot be read, and the reason', () => {
    mkdirSync(file);
    expect(loadConfig(file)).toEqual(left(`${file} is not a file`));
    const fifo = path.join(dir, 'fifo');
    execFileSync('mkfifo', [fifo]);
    expect(loadConfig(fifo)).toEqual(left(`${fifo} is not a file`));
    expect(loadConfig(path.join(file, '\0'))).toHaveProperty('left');
  });

  it('throws for a file of more than 16 MiB, and does not read it', () => {
    writeFileSync(file, '{}');
    truncateSync(file, 3 * 1024 ** 3);
    expect(loadConfig(file)).toEqual(
      left(`${file} has 3221225472 bytes, and 16777216 are the most`),
    );
  });

  it('throws for a link to nothing: the defaults would have another sandbox', () => {
    symlinkSync(path.join(dir, 'absent'), file);
    expect(loadConfig(file)).toEqual(left(expect.stringContaining(`${file} cannot be read: `)));
  });
});

describe('extra_args', () => {
  it.each(['--', ''])('are refused with %j', (arg) => {
    expect(parseConfig('config.json', JSON.stringify({ extra_args: ['-c', arg] }))).toMatchObject({
      left: expect.stringContaining('extra_args'),
    });
  });

  it('with a profile cause a warning that its sandbox is ignored', () => {
    const warnings = (extra_args: string[]): unknown =>
      parseConfig('config.json', JSON.stringify({ extra_args }));
    expect(warnings(['-p', 'work'])).toMatchObject({
      right: { warnings: [expect.stringContaining('--sandbox')] },
    });
    for (const sandbox of [
      ['-s', 'read-only'],
      ['-c', 'sandbox_mode="read-only"'],
      ['-csandbox_mode=read-only'],
      ['--dangerously-bypass-approvals-and-sandbox'],
    ])
      expect(warnings(['-p', 'work', ...sandbox])).toMatchObject({ right: { warnings: [] } });
  });
});
