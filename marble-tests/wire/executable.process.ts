import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  constants,
  cpSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { copyBuilt } from '../../scripts/lib/copy-built.mjs';
import { startPlugin, turnParams, withTools } from '../../scripts/lib/host.mjs';
import { executable, fakeCodex, openLab, realCodex } from '../support/lab.js';
import { isAlive, until } from '../support/processes.js';

const run = async (file: string, args: string[], env: Record<string, string>) => {
  const { exitCode, stdout, stderr } = await execa(file, args, {
    env,
    extendEnv: false,
    reject: false,
    stripFinalNewline: false,
  });
  return { code: exitCode, stdout, stderr };
};

describe('the executable', () => {
  it('is a launcher with its bundles beside it', () => {
    const names = readdirSync(path.dirname(executable)).toSorted();
    expect(names.filter((name) => !/^(about|main|say|cli)-[\w-]+\.cjs$/.test(name))).toEqual([
      'about.cjs',
      'cache',
      'cli.cjs',
      'config.schema.json',
      'install.cjs',
      'launcher.cjs',
      'main.cjs',
      'mcp-host.cjs',
      'package.json',
      'plexum-openai-provider-plugin',
      'say.cjs',
    ]);
    expect(readFileSync(executable, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
    expect(statSync(executable).mode & 0o111).toBe(0o111);
  });

  it('prints its manifest with the models of the config', async () => {
    await using lab = await openLab();
    lab.configure({ supported_models: ['codex', 'gpt-5.5'] });
    const { code, stdout, stderr } = await run(executable, ['manifest'], lab.env);

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({
      name: 'plexum-openai-provider',
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      activation: 'lazy',
      executable: 'plexum-openai-provider-plugin',
      contracts: { provider: { models: ['codex', 'gpt-5.5'] } },
    });
  });

  it('prints the default manifest, and why, when the config cannot be read', async () => {
    await using lab = await openLab();
    lab.configure('{');
    const { code, stdout, stderr } = await run(executable, ['manifest'], lab.env);

    expect(code).toBe(0);
    expect(JSON.parse(stdout).contracts.provider.models).toEqual(['codex']);
    expect(stderr).toContain('config.json is not JSON');
  });

  it.each([
    [['--help'], 'manifest'],
    [['-h'], 'manifest'],
    [['manifest', '--help'], 'manifest'],
    [['mcp-host', '--help'], '--agent-id ID'],
  ])('prints its help for %j', async (args, words) => {
    await using lab = await openLab();
    const { code, stdout } = await run(executable, args, lab.env);
    expect(code).toBe(0);
    expect(stdout).toContain(words);
  });

  it.each([['--version'], ['-V']])('prints its version for %s', async (flag) => {
    await using lab = await openLab();
    expect(await run(executable, [flag], lab.env)).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      stderr: '',
    });
  });

  it.each([
    [['--version']],
    [['--help']],
    [['manifest']],
    [['timeline', '--help']],
    [['doctor', '--no-app-server']],
    [['say', 'hi']],
  ])('says that the output of %j is lost on a full disk, with exit 1', async (args) => {
    await using lab = await openLab();
    const full = ['-c', 'cd && exec "$0" "$@" > /dev/full', executable, ...args];
    expect(await run('/bin/sh', full, lab.env)).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^plexum-openai-provider-plugin: cannot write: ENOSPC.*\n$/),
    });
  });

  it('says that the output is lost also when the command itself fails', async () => {
    await using lab = await openLab();
    lab.configure({ binary: '/absent' });
    const full = ['-c', 'exec "$0" doctor --json >/dev/full', executable];
    const { code, stderr } = await run('/bin/sh', full, lab.env);

    expect((await run(executable, ['doctor', '--json'], lab.env)).code).toBe(1);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^plexum-openai-provider-plugin: cannot write: ENOSPC.*\n$/),
    });
  });

  it.each([[['serve']], [['--nope']], [['manifest', 'more']]])(
    'refuses %j with exit 2',
    async (args) => {
      await using lab = await openLab();
      expect(await run(executable, args, lab.env)).toEqual({
        code: 2,
        stdout: '',
        stderr: expect.stringContaining('see --help'),
      });
    },
  );

  it('keeps the code that V8 compiled beside itself, and does without where it cannot', async () => {
    await using lab = await openLab();
    const dist = lab.at('dist');
    const cache = path.join(dist, 'cache');
    copyBuilt(path.dirname(executable), dist);
    const start = () => run(path.join(dist, path.basename(executable)), ['say', '--help'], lab.env);
    const bytes = () =>
      readdirSync(cache)
        .filter((name) => /^say-[0-9a-f]{12}-/.test(name) && name.includes(process.version))
        .map((name) => statSync(path.join(cache, name)).size);

    const said = await start();
    expect(said).toMatchObject({ code: 0, stderr: '' });
    // Of another V8, torn, and empty.
    for (const [at, name] of readdirSync(cache).entries())
      writeFileSync(path.join(cache, name), Buffer.alloc(at * 100, 7));
    expect(await start()).toEqual(said);
    expect(bytes()).toEqual([expect.toSatisfy((size) => size > 1_000)]);
    // As a disk that lost power leaves it, at which V8 crashes.
    for (const name of readdirSync(cache)) {
      const code = readFileSync(path.join(cache, name));
      writeFileSync(path.join(cache, name), code.fill(0, code.length / 4));
    }
    expect(await start()).toEqual(said);
    for (const name of readdirSync(cache)) {
      rmSync(path.join(cache, name));
      execFileSync('mkfifo', [path.join(cache, name)]);
    }
    expect(await start()).toEqual(said);
    rmSync(cache, { recursive: true });
    writeFileSync(cache, 'no folder');
    expect(await start()).toEqual(said);
    rmSync(cache);
    expect(
      await run(
        'node',
        ['--stack-size=900', path.join(dist, path.basename(executable)), 'say', '--help'],
        lab.env,
      ),
    ).toEqual(said);
    expect(readdirSync(dist)).not.toContain('cache');
    expect(await start()).toEqual(said);
    expect(statSync(cache).mode & 0o777).toBe(0o700);
  });

  it('runs no part of another build that has replaced its folder meanwhile', async () => {
    await using lab = await openLab();
    const dist = lab.at('dist');
    copyBuilt(path.dirname(executable), dist);
    const later = path.join(dist, 'say-say-turn.cjs');
    writeFileSync(later, readFileSync(later, 'utf8').replace(/.*/, '// 0123456789ab'));

    expect(
      await run(path.join(dist, path.basename(executable)), ['say', 'hi'], lab.env),
    ).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/say-turn\.cjs is of another build .*: start it again\n$/),
    });
  });

  it('runs a turn without the modules of Node that take longest to load', async () => {
    await using lab = await openLab();
    lab.configure({ binary: fakeCodex });
    const [hook, seen] = [lab.at('hook.cjs'), lab.at('seen')];
    writeFileSync(
      hook,
      `process.on('exit', () => require('fs').writeFileSync(${JSON.stringify(seen)}, process.moduleLoadList.join('\\n')));`,
    );
    await run(executable, ['say', '--workspace', lab.workspace, '[]'], {
      ...lab.env,
      NODE_OPTIONS: `--require ${hook}`,
    });
    const loaded = readFileSync(seen, 'utf8').split('\n');
    expect(loaded).toContain('NativeModule child_process');
    expect(loaded).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^NativeModule (crypto|http|zlib)$/)]),
    );
  });

  it('runs through a link, from a copy in a folder with spaces, and below any package.json', async () => {
    await using lab = await openLab();
    const copy = lab.at('a folder', 'dist');
    copyBuilt(path.dirname(executable), copy);
    mkdirSync(lab.at('bin'));
    symlinkSync(path.join(copy, path.basename(executable)), lab.at('bin/plugin'));
    const seen = [];
    for (const type of ['module', 'commonjs']) {
      writeFileSync(lab.at('a folder/package.json'), JSON.stringify({ type }));
      seen.push(await run(lab.at('bin/plugin'), ['manifest'], { ...lab.env, NODE_PATH: '' }));
    }
    expect(seen.map(({ code, stderr }) => ({ code, stderr }))).toEqual([
      { code: 0, stderr: '' },
      { code: 0, stderr: '' },
    ]);
  });
});

it('the executable without its bundles says what to do', async () => {
  await using lab = await openLab();
  cpSync(executable, lab.at('alone'));
  expect(await run(lab.at('alone'), ['manifest'], lab.env)).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^plexum-openai-provider-plugin: .*run scripts\/install\.sh/),
  });
});

describe('the server', () => {
  it('answers initialize as WIRE.md describes', async () => {
    await using lab = await openLab();
    const plugin = await lab.start();
    const { result } = plugin.frames[0] ?? {};

    expect(result).toMatchObject({
      serverInfo: { name: 'plexum-openai-provider', version: expect.any(String) },
      capabilities: {
        logging: {},
        experimental: { plexum: { wire: '1', contracts: { provider: { models: ['codex'] } } } },
      },
    });
    expect((await plugin.request('ping'))['result']).toEqual({});
    expect((await plugin.request('plexum/manifest/read'))['result'].executable).toBe(
      'plexum-openai-provider-plugin',
    );
    expect((await plugin.request('plexum/nothing'))['error'].code).toBe(-32601);
  });

  it('answers initialize once, before it loads what serves the other requests', async () => {
    await using lab = await openLab();
    const dist = lab.at('dist');
    copyBuilt(path.dirname(executable), dist);
    const initialize = JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: {
        protocolVersion: '2025-06-18',
        capabilities: {},
        clientInfo: { name: 'host', version: '0' },
      },
    });
    // The shell reads its line when the frame has come as well.
    const answer = async () => {
      const { stdout } = await execa(
        'sh',
        ['-c', 'read go; exec "$0"', path.join(dist, path.basename(executable))],
        { input: `go\n${initialize}\n`, env: lab.env, extendEnv: false, reject: false },
      );
      return stdout;
    };
    const whole = await answer();
    rmSync(path.join(dist, 'main-serve-stdio.cjs'));

    expect(await answer()).toBe(whole);
    expect(JSON.parse(whole)).toMatchObject({ id: 1, result: { protocolVersion: '2025-06-18' } });
  });

  it('fails initialize with the file and the redacted reason when the config is wrong', async () => {
    await using lab = await openLab();
    lab.configure({ extra_args: ['-c x.y=1', '--config api_key=sk-abcdefghijklmnop'] });
    const plugin = await lab.start();

    expect(plugin.frames[0]?.['error']).toEqual({
      code: -32603,
      message: `${lab.at('profile/plugins/plexum-openai-provider/config.json')}: extra_args: "--config api_key=[redacted]" is one argument; write two: "--config", "api_key=[redacted]"`,
      data: { kind: 'config' },
    });
    expect(
      (await plugin.stream(turnParams(lab.workspace, 'hello')).response)['error'].data,
    ).toEqual({ kind: 'config' });
  });

  it('logs a warning for an unknown key of the config', async () => {
    await using lab = await openLab();
    lab.configure({ binary: realCodex, modle_args: {} });
    const plugin = await lab.start();
    await plugin.request('ping');

    expect(plugin.logs).toEqual([
      expect.objectContaining({
        level: 'warning',
        data: { msg: expect.stringContaining('modle_args') },
      }),
    ]);
  });

  it('writes frames only, ignores noise, and exits with 0 at the end of stdin', async () => {
    await using lab = await openLab();
    const plugin = await lab.start();
    plugin.child.stdin.write(
      'noise\n[]\n{"jsonrpc":"2.0","id":"x"}\n\u2028\n{"jsonrpc":"2.0","id":1.5,"method":"ping"}\n',
    );
    expect((await plugin.request('ping', {}, 'still there'))['result']).toEqual({});

    expect(plugin.frames.every((frame) => frame['jsonrpc'] === '2.0')).toBe(true);
    expect(await plugin.stop()).toEqual({ code: 0, signal: null });
    expect(plugin.stderr()).toBe('');
  });

  it.each([['moved'], ['removed']])(
    'runs turns with tools after its folder was %s',
    async (what) => {
      await using lab = await openLab();
      const folder = lab.at('installed');
      copyBuilt(path.dirname(executable), folder);
      lab.configure({ binary: fakeCodex });
      const plugin = lab.adopt(
        await startPlugin(path.join(folder, path.basename(executable)), {
          env: lab.env,
          cwd: lab.dir,
        }),
      );
      if (what === 'moved') renameSync(folder, lab.at('elsewhere'));
      else {
        await plugin.request('ping', {});
        rmSync(folder, { recursive: true });
      }
      const script = JSON.stringify([{ out: [{ type: 'turn.completed' }] }]);
      const tools = [{ name: 'x', inputSchema: { type: 'object' } }];
      const { response } = plugin.stream(withTools(turnParams(lab.workspace, script), tools));
      expect((await response)['result'].outcome).toBe('completed');
      expect(plugin.logs.filter(({ level }) => level === 'warning')).toEqual([]);
    },
  );

  it('does not open an inspector for SIGUSR1', async () => {
    await using lab = await openLab();
    const plugin = await lab.start();
    for (let nth = 0; nth < 3; nth += 1) {
      plugin.child.kill('SIGUSR1');
      await plugin.request('ping');
    }

    expect(await plugin.stop()).toEqual({ code: 0, signal: null });
    expect(plugin.stderr()).toBe('');
  });

  it('rejects a turn that cannot start', async () => {
    await using lab = await openLab();
    const plugin = await lab.start();
    const refused = async (params: unknown) =>
      (await plugin.request('plexum/provider/stream', params))['error'];
    const request = { messages: [{ role: 'user', content: 'hello' }] };

    expect(await refused({ request })).toMatchObject({
      code: -32602,
      message: 'codex: agent workspace required (host must supply AgentContext)',
    });
    expect(await refused(turnParams(lab.workspace, []))).toMatchObject({
      code: -32602,
      message: 'codex: no user text in request messages',
    });
    expect(await refused(turnParams(lab.workspace, 'x'.repeat(1_048_577)))).toMatchObject({
      data: { kind: 'prompt_too_large' },
    });
    expect(await refused(turnParams(lab.workspace, 'hello', '--oss'))).toMatchObject({
      code: -32602,
      message: expect.stringContaining('looks like a flag'),
    });
    expect(
      await refused({ agent: { workspace: lab.workspace }, request: { messages: 'none' } }),
    ).toMatchObject({
      message: expect.stringContaining('request.messages'),
    });
    expect(
      plugin.frames.filter(({ method }) => method === 'notifications/plexum/provider/event'),
    ).toEqual([]);
  });
});

describe('a codex that cannot run is an error event that says what to do', () => {
  const failing = async (
    configure: (lab: Awaited<ReturnType<typeof openLab>>) => object,
    env: Record<string, string> = {},
  ) => {
    await using lab = await openLab();
    lab.configure(configure(lab));
    const turn = (await lab.start(env)).stream(turnParams(lab.workspace, 'hello'));
    expect((await turn.response)['result']).toEqual({ outcome: 'failed', events: 2 });
    return turn.events[1]?.['event'];
  };

  it('when it is not on PATH', async () => {
    const bare = { PATH: path.dirname(process.execPath) };
    expect(await failing(() => ({ binary: 'codex-that-is-nowhere' }), bare)).toMatchObject({
      kind: 'binary',
      retryable: false,
      message: expect.stringMatching(
        /no codex binary "codex-that-is-nowhere" on PATH .*absolute path \(under systemd PATH is short\)/,
      ),
    });
  });

  it('when it is not executable', async () => {
    const error = await failing((lab) => {
      writeFileSync(lab.at('codex-file'), '');
      chmodSync(lab.at('codex-file'), 0o644);
      return { binary: lab.at('codex-file') };
    });
    expect(error).toMatchObject({
      kind: 'binary',
      message: expect.stringContaining('is not executable (chmod +x'),
    });
  });

  it('when it is no program', async () => {
    const error = await failing((lab) => {
      writeFileSync(lab.at('codex-file'), '#!/nowhere/interpreter\n', { mode: 0o755 });
      return { binary: lab.at('codex-file') };
    });
    expect(error).toMatchObject({
      kind: 'binary',
      message: expect.stringContaining('could not be started'),
    });
  });

  it('when it is too old', async () => {
    expect(
      await failing(() => ({ binary: fakeCodex }), { FAKE_CODEX_VERSION: '0.134.9' }),
    ).toMatchObject({
      kind: 'binary',
      message: expect.stringMatching(
        /is codex 0\.134\.9, and this plugin needs 0\.135\.0 or newer/,
      ),
    });
  });

  it('when the workspace cannot be created', async () => {
    await using lab = await openLab();
    writeFileSync(lab.at('file'), '');
    const plugin = await lab.start();
    const errors = ['file', 'file/below'].map(async (name) => {
      const turn = plugin.stream(turnParams(lab.at(name), 'hello'));
      await turn.response;
      return turn.events[1]?.['event'];
    });
    expect(await Promise.all(errors)).toMatchObject([
      { kind: 'config', message: expect.stringContaining(`${lab.at('file')} is no directory`) },
      { kind: 'config', message: expect.stringContaining(`${lab.at('file')} is no directory`) },
    ]);
  });

  it('when the config of codex is wrong', async () => {
    await using lab = await openLab();
    writeFileSync(lab.at('codex/config.toml'), 'sandbox_mode = "nope"');
    const turn = (await lab.start()).stream(turnParams(lab.workspace, 'hello'));
    await turn.response;
    expect(turn.events[1]?.['event']).toMatchObject({
      kind: 'config',
      message: expect.stringContaining('sandbox_mode'),
    });
  });
});

it('a binary whose --version never ends is killed after its timeout with its whole process tree', async () => {
  await using lab = await openLab();
  writeFileSync(
    lab.at('shim'),
    `#!/bin/sh\n[ "$1" = --version ] && { sleep 3000 & echo $! >> ${lab.at('pids')}; wait; }\nexec ${fakeCodex} "$@"\n`,
    {
      mode: 0o755,
    },
  );
  lab.configure({ binary: lab.at('shim') });
  const turn = (await lab.start()).stream(
    turnParams(lab.workspace, JSON.stringify([{ out: [{ type: 'turn.completed' }] }])),
  );

  expect((await turn.response)['result']).toEqual({ outcome: 'completed', events: 2 });
  const pids = readFileSync(lab.at('pids'), 'utf8').trim().split('\n').map(Number);
  expect(pids.map(isAlive)).toEqual(pids.map(() => false));
});

describe('codex is started', () => {
  const told = async (
    config: object,
    before: (lab: Awaited<ReturnType<typeof openLab>>) => void = () => undefined,
  ) => {
    await using lab = await openLab();
    before(lab);
    lab.configure({ binary: fakeCodex, ...config });
    const turn = (await lab.start()).stream(
      turnParams(
        lab.workspace,
        JSON.stringify([{ tell: true }, { out: [{ type: 'turn.completed' }] }]),
        'gpt-5.5',
      ),
    );
    await turn.response;
    const { argv, cwd } = JSON.parse(turn.events[1]?.['event'].text);
    return { argv, inWorkspace: cwd === lab.workspace };
  };
  const ours = [
    '--json',
    '--skip-git-repo-check',
    '--dangerously-bypass-approvals-and-sandbox',
    '--model',
    'gpt-5.5',
  ];

  const bounded = ['-c', 'features.unbounded_connection_retries=false'];

  it('in the workspace, with the operator’s arguments before the prompt', async () => {
    expect(await told({ extra_args: ['-c', 'a="b c"'] })).toEqual({
      argv: ['exec', ...ours, '-c', 'a="b c"', ...bounded, '-'],
      inWorkspace: true,
    });
  });

  it('with every flag again on resume', async () => {
    const id = '01a1fb66-da72-74a1-b1d7-516b533534cb';
    const stored = (lab: Awaited<ReturnType<typeof openLab>>): void =>
      writeFileSync(lab.at('workspace/.plexum-codex-session'), `${id}\n`);
    expect(await told({ extra_args: ['-C', '/'] }, stored)).toEqual({
      argv: ['exec', '-C', '/', ...bounded, 'resume', id, ...ours, '-'],
      inWorkspace: true,
    });
  });
});

it('the plugin does not wait for a host that has exited', async () => {
  await using lab = await openLab();
  const plugin = await lab.start();
  plugin.child.stdout.destroy();
  plugin.send({ jsonrpc: '2.0', id: 'x', method: 'ping' });
  expect(await plugin.exited).toEqual({ code: 0, signal: null });
});

it('the plugin answers every request of a host that writes them all at once and closes stdin', async () => {
  await using lab = await openLab();
  lab.configure({ binary: fakeCodex });
  const plugin = lab.adopt(
    await startPlugin(executable, { env: lab.env, cwd: lab.dir, initialize: false }),
  );
  const answers = [
    plugin.request('initialize', {
      protocolVersion: '2025-06-18',
      capabilities: {},
      clientInfo: { name: 'host', version: '0' },
    }),
    plugin.request('plexum/manifest/read'),
    plugin.request('plexum/nothing'),
    plugin.stream(turnParams(lab.workspace, '[]')).response,
  ];
  plugin.child.stdin.end();

  expect(await Promise.all(answers)).toMatchObject([
    { result: { serverInfo: { name: 'plexum-openai-provider' } } },
    { result: { executable: 'plexum-openai-provider-plugin' } },
    { error: { code: -32601 } },
    { result: { outcome: 'cancelled', events: 2 } },
  ]);
  expect(await plugin.exited).toEqual({ code: 0, signal: null });
});

it('a signal that comes while the plugin loads ends it', async () => {
  await using lab = await openLab();
  const hook = lab.at('hook.cjs');
  // The launcher handles SIGQUIT last, and loads the plugin next.
  writeFileSync(
    hook,
    'process.on("newListener", function once(name) { if (name !== "SIGQUIT") return; process.off("newListener", once); process.kill(process.pid, "SIGTERM"); });',
  );
  const plugin = lab.adopt(
    await startPlugin(executable, {
      env: { ...lab.env, NODE_OPTIONS: `--require ${hook}` },
      cwd: lab.dir,
      initialize: false,
    }),
  );
  expect(await plugin.exited).toEqual({ code: 0, signal: null });
});

describe('a command that reads a pipe which nobody writes', () => {
  /** Opens the pipe once somebody reads it. */
  const writerOf = async (pipe: string): Promise<number> => {
    const opened: number[] = [];
    await until(() => {
      try {
        opened.push(openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK));
      } catch {
        // Nobody reads it yet.
      }
      return opened.length > 0;
    });
    return opened[0] ?? -1;
  };

  it.each([['say', '--schema'], ['say', '--tools'], ['timeline']])(
    'ends at a signal: %s %s',
    async (...args) => {
      await using lab = await openLab();
      const pipe = lab.at('pipe');
      execFileSync('mkfifo', [pipe]);
      const child = spawn(executable, [...args, pipe], { env: lab.env });
      const ended = once(child, 'exit');
      const writer = await writerOf(pipe);
      child.kill('SIGINT');

      expect((await ended).at(1)).toBe('SIGINT');
      closeSync(writer);
    },
  );
});
