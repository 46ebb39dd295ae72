import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { execa, execaSync } from 'execa';
import { describe, expect, it } from 'vitest';
import { turnParams } from '../../scripts/lib/host.mjs';
import { codexCan } from '../../src/codex/versions.js';
import {
  codexVersion,
  executable,
  fakeCodex,
  type Lab,
  openLab,
  type Reply,
  realCodex,
} from '../support/lab.js';
import { isAlive, processesOf, until } from '../support/processes.js';

/** A version that no test knows. */
const LATER = '0.999.0';

const PLUGIN = 'profile/plugins/plexum-openai-provider';
const SESSION = '.plexum-codex-session';

/** Calls the doctor's tool when it is asked for, and says what it gave back. */
const obedient: Reply = (request) => {
  const outputs = request.input
    .filter(({ type }) => type?.endsWith('_call_output'))
    .map(({ output }) => JSON.stringify(output));
  if (outputs.length > 0) return [{ text: outputs.join() }];
  const isAsked = JSON.stringify(request.input).includes('doctor_probe once');
  return isAsked
    ? [{ call: { name: 'doctor_probe', namespace: 'mcp__plexum_host_doctor', arguments: {} } }]
    : [{ text: 'ready' }];
};

const run = (lab: Lab, args: readonly string[], env: Record<string, string> = {}) =>
  execa(executable, ['doctor', ...args], {
    env: { ...lab.env, ...env },
    extendEnv: false,
    reject: false,
    cwd: lab.dir,
  });

interface Notice {
  readonly state: string;
  readonly detail: string;
  readonly mend?: string;
}

/** Runs it with --json: the exit code, and the checks by id. */
const diagnose = async (
  lab: Lab,
  args: readonly string[] = [],
  env: Record<string, string> = {},
) => {
  const { stdout, stderr, exitCode } = await run(lab, ['--json', ...args], env);
  expect(stderr).toBe('');
  const { ok, checks } = JSON.parse(stdout);
  expect(exitCode).toBe(ok === true ? 0 : 1);
  const by: Record<string, Notice> = Object.fromEntries(
    checks.map((check: Notice & { id: string }) => [check.id, check]),
  );
  return {
    exitCode,
    by,
    reds: checks.filter(({ state }: Notice) => state === 'red').map(({ id }: { id: string }) => id),
  };
};

const logIn = (
  lab: Lab,
  auth: object = { auth_mode: 'apikey', OPENAI_API_KEY: 'sk-abcdefghijklmnopqrstuvwxyz0123' },
): void => {
  writeFileSync(lab.at('codex/auth.json'), JSON.stringify(auth));
};

const jwt = (claims: object): string =>
  [{ alg: 'none' }, claims, 'x']
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
const token = jwt({
  exp: 4_000_000_000,
  'https://api.openai.com/auth': { chatgpt_plan_type: 'pro', chatgpt_account_id: 'a' },
});
const chatGpt = {
  auth_mode: 'chatgpt',
  OPENAI_API_KEY: null,
  tokens: { id_token: token, access_token: token, refresh_token: 'r', account_id: 'a' },
  last_refresh: '2100-01-01T00:00:00Z',
};

/** What an installation puts where the daemon looks. */
const install = (lab: Lab): void => {
  writeFileSync(lab.at('profile/plexum.json'), '{"plugins":{"allow":["plexum-openai-provider"]}}');
  writeFileSync(
    lab.at(PLUGIN, 'manifest.json'),
    execaSync(executable, ['manifest'], { env: lab.env, extendEnv: false }).stdout,
  );
};

/** One turn, so that the workspace has a thread; its rollout. */
const withThread = async (lab: Lab): Promise<string> => {
  const plugin = await lab.start();
  await plugin.stream(turnParams(lab.workspace, 'hello', 'gpt-5.5')).response;
  await plugin.stop();
  const [rollout = ''] = readdirSync(lab.at('codex/sessions'), {
    recursive: true,
    encoding: 'utf8',
  }).filter((name) => name.endsWith('.jsonl'));
  return lab.at('codex/sessions', rollout);
};

describe('doctor', () => {
  it('is green for a working installation, prints no colors and leaves no files or processes', async () => {
    await using lab = await openLab(obedient);
    logIn(lab);
    install(lab);
    await withThread(lab);
    const before = readdirSync(lab.at(PLUGIN));
    const { stdout, stderr, exitCode } = await run(lab, [
      '--workspace',
      'workspace',
      '--turn',
      '--tools',
    ]);

    expect(stderr).toBe('');
    expect(
      stdout
        .split('\n')
        .filter((line) => /^\S/.test(line))
        .map((line) => line.replace(/:.*/, '')),
    ).toEqual([
      '✓ Node',
      '✓ config',
      '✓ codex',
      '✓ codex version',
      '✓ login',
      '✓ models',
      '✓ limits',
      '✓ hooks',
      '✓ transport',
      '✓ profile',
      '✓ folders',
      '✓ allow list',
      '✓ manifest',
      '✓ sockets',
      `✓ session ${lab.workspace}`,
      '✓ leftovers',
      '✓ drift',
      '✓ turn',
      '✓ tools',
      '19 green, 0 yellow, 0 red',
    ]);
    expect(stdout).toContain(`codex version: ${codexVersion} (`);
    expect(stdout).toContain('the answer begins: "ready"');
    expect(exitCode).toBe(0);
    expect(readdirSync(lab.at(PLUGIN))).toEqual(before);
    expect(readdirSync(lab.at('tmp'))).toEqual([]);
    expect(processesOf(lab.at('home'))).toEqual([]);
  });

  it('prints one JSON document', async () => {
    await using lab = await openLab();
    logIn(lab);
    const { stdout, exitCode } = await run(lab, ['--json']);

    expect(exitCode).toBe(0);
    const { ok, checks } = JSON.parse(stdout);
    expect(ok).toBe(true);
    expect(checks).toContainEqual({
      id: 'node',
      state: 'green',
      title: 'Node',
      detail: process.versions.node,
    });
    expect(checks.map(({ id }: { id: string }) => id)).toEqual([
      'node',
      'config',
      'codex',
      'codex-version',
      'login',
      'models',
      'limits',
      'hooks',
      'transport',
      'profile',
      'folders',
      'allow-list',
      'manifest',
      'sockets',
      'sessions',
      'leftovers',
      'drift',
    ]);
    expect(JSON.stringify(checks)).not.toContain('abcdefgh');
    expect(lab.model.requests).toEqual([]);
  });

  it('says why the app-server of the transport does not start', async () => {
    await using lab = await openLab();
    const broken = lab.at('broken-codex');
    writeFileSync(
      broken,
      `#!/bin/sh
case "$1" in
  --version) echo codex-cli 0.171.0 ;;
  app-server) echo "Error: it is broken" >&2; exit 3 ;;
esac
`,
      { mode: 0o755 },
    );
    lab.configure({ binary: broken, transport: 'app-server' });
    const { by } = await diagnose(lab);
    expect(by['transport']).toMatchObject({
      state: 'yellow',
      detail: expect.stringContaining(
        'it does not start here: codex app-server exited with code 3: Error: it is broken',
      ),
    });
    const spared = await diagnose(lab, ['--no-app-server']);
    expect(spared.by['transport']).toMatchObject({ state: 'green' });
  });

  it('prints its help and exits with 2 for unknown arguments', async () => {
    await using lab = await openLab();
    expect(await run(lab, ['--help'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('--workspace W'),
      stderr: '',
    });
    expect(await run(lab, ['--nope'])).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringMatching(/--nope.*see doctor --help/s),
    });
    expect(await run(lab, ['--workspace'])).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringContaining('--workspace'),
    });
    expect((await execa(executable, ['--help'])).stdout).toContain('doctor');
  });
});

describe('doctor: codex', () => {
  it('is yellow for a bare name and says which path to write', async () => {
    await using lab = await openLab();
    logIn(lab);
    lab.configure({});
    const bin = path.join(path.dirname(path.dirname(realCodex)), '../../.bin');
    const { by, reds } = await diagnose(lab, [], { PATH: `${bin}:${lab.env['PATH'] ?? ''}` });
    expect(reds).toEqual([]);
    expect(by['codex']).toMatchObject({
      state: 'yellow',
      detail: expect.stringContaining('systemd'),
      mend: expect.stringContaining(
        `"binary" in ${lab.at(PLUGIN, 'config.json')} to "${path.join(bin, 'codex')}"`,
      ),
    });
  });

  it.each(['/nowhere/codex', 'no-such-codex'])(
    'is red when codex is not found: %s',
    async (binary) => {
      await using lab = await openLab();
      lab.configure({ binary });
      const { by, reds, exitCode } = await diagnose(lab, ['--turn']);
      expect([exitCode, reds]).toEqual([1, ['codex', 'turn']]);
      expect(by['codex']?.detail).toContain(binary);
      expect(by['turn']?.detail).toContain('binary: ');
    },
  );

  it.each([
    ['0.134.0', 'red', 'update it'],
    [LATER, 'yellow', 'doctor --turn --tools'],
  ])('reports version %s as %s', async (version, state, mend) => {
    await using lab = await openLab();
    lab.configure({ binary: fakeCodex });
    const { by } = await diagnose(lab, [], { FAKE_CODEX_VERSION: version });
    expect(by['codex-version']).toMatchObject({
      state,
      detail: expect.stringContaining(version),
      mend: expect.stringContaining(mend),
    });
  });

  it('is red for another program', async () => {
    await using lab = await openLab();
    lab.configure({ binary: '/bin/cat' });
    expect((await diagnose(lab)).reds).toEqual(['codex-version', 'login']);
  });
});

describe('doctor: login', () => {
  it('is red without a login, and yellow for another provider', async () => {
    await using lab = await openLab();
    expect((await diagnose(lab)).by['login']).toMatchObject({
      state: 'yellow',
      detail: expect.stringContaining('"loopback"'),
    });
    writeFileSync(lab.at('codex/config.toml'), '[features]\nplugins = false\n');
    const { by, reds } = await diagnose(lab);
    expect(reds).toEqual(['login']);
    expect(by['login']).toMatchObject({
      detail: 'codex is not logged in',
      mend: expect.stringContaining('codex login'),
    });
    expect(
      (await diagnose(lab, [], { CODEX_API_KEY: 'sk-abcdefgh12345' })).by['login'],
    ).toMatchObject({ state: 'green' });
  });

  it('shows the limits of a ChatGPT login, and warns that it serves only the default model', async () => {
    await using lab = await openLab();
    const window = {
      limit_window_seconds: 18_000,
      reset_after_seconds: 60,
      reset_at: 1_795_999_621,
    };
    // Also the list of models, for which codex would wait 3 s without a network.
    const server = createServer((request, response) =>
      request.url?.endsWith('/wham/usage') === true
        ? response.setHeader('content-type', 'application/json').end(
            JSON.stringify({
              plan_type: 'pro',
              rate_limit: {
                allowed: true,
                limit_reached: false,
                primary_window: { ...window, used_percent: 96 },
              },
            }),
          )
        : response.writeHead(404).end(),
    ).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    writeFileSync(
      lab.at('codex/config.toml'),
      `chatgpt_base_url = "http://127.0.0.1:${port}/backend-api/"\nopenai_base_url = "http://127.0.0.1:${port}/v1"\n[features]\nplugins = false\n`,
    );
    logIn(lab, chatGpt);
    lab.configure({ binary: realCodex, supported_models: ['codex', 'gpt-5.5', 'gpt-0'] });
    const { by, reds } = await diagnose(lab);
    server.close();
    expect(reds).toEqual([]);
    expect(by['limits']).toMatchObject({
      state: 'yellow',
      detail: 'login: ChatGPT, plan pro\nlimit (5 h): 96 % used, resets at 2026-11-30T00:47:01Z',
    });
    expect(by['models']?.detail).toContain('gpt-0 → --model gpt-0 (codex does not list it)');
    expect(by['login']).toMatchObject({
      state: 'green',
      detail: expect.stringContaining('ChatGPT'),
    });
    expect(by['models']).toMatchObject({
      state: 'yellow',
      mend: expect.stringContaining('gpt-5.5, gpt-0: a ChatGPT login serves only'),
    });

    logIn(lab);
    lab.configure({ binary: realCodex, supported_models: ['codex', 'gpt-5.5'] });
    expect((await diagnose(lab)).by['models']).toMatchObject({
      state: 'green',
      detail: expect.stringContaining('gpt-5.5 → --model gpt-5.5'),
    });
  });

  it('is red for a corrupt auth.json or config.toml', async () => {
    await using lab = await openLab();
    writeFileSync(lab.at('codex/auth.json'), '{broken');
    expect((await diagnose(lab)).by['login']).toMatchObject({
      state: 'red',
      detail: expect.stringContaining('key must be a string'),
    });
    writeFileSync(lab.at('codex/config.toml'), 'model = [');
    expect((await diagnose(lab)).by['login']).toMatchObject({
      state: 'red',
      detail: expect.stringContaining('unclosed array'),
    });
  });
});

describe('doctor: config and profile', () => {
  it('is red for a broken config, yellow for an unknown key, red for a flag as model', async () => {
    await using lab = await openLab();
    logIn(lab);
    lab.configure('{"binary": 5}');
    const bad = await diagnose(lab, ['--turn', '--tools']);
    expect(bad.by['turn']).toMatchObject({
      state: 'red',
      detail: expect.stringContaining('was not run'),
    });
    expect(bad.by['tools']).toMatchObject({
      state: 'red',
      detail: expect.stringContaining('was not run'),
    });
    expect(lab.model.requests).toEqual([]);
    expect(bad.by['config']).toMatchObject({
      state: 'red',
      detail: expect.stringContaining('binary: expected string, got 5'),
    });
    lab.configure({ binary: realCodex, binry: 'x' });
    expect((await diagnose(lab)).by['config']).toMatchObject({
      state: 'yellow',
      mend: expect.stringContaining('"binry"'),
    });
    lab.configure({ binary: realCodex, supported_models: ['codex', '--yolo'] });
    expect((await diagnose(lab)).reds).toEqual(['models']);
  });

  it('is red for a profile that cannot be written', async () => {
    await using lab = await openLab();
    logIn(lab);
    const { by } = await diagnose(lab, [], { PLEXUM_PROFILE_ROOT: '/proc' });
    expect(by['profile']).toMatchObject({
      state: 'red',
      detail: expect.stringMatching(/^\/proc: ENOENT.*\n\/proc\/plugins\/\S+: does not exist$/),
    });
    writeFileSync(lab.at('file'), '');
    expect(
      (await diagnose(lab, [], { PLEXUM_PROFILE_ROOT: lab.at('file') })).by['profile'],
    ).toMatchObject({
      state: 'red',
      detail: expect.stringContaining('is no folder'),
    });
    expect(existsSync(lab.at('absent'))).toBe(false);
    expect(
      (await diagnose(lab, [], { PLEXUM_PROFILE_ROOT: lab.at('absent') })).by['profile'],
    ).toMatchObject({ state: 'red' });
    expect(existsSync(lab.at('absent'))).toBe(false);
  });

  it('says which folders of codex and the plugin cannot be written, also as root, and leaves nothing', async () => {
    await using lab = await openLab();
    logIn(lab);
    install(lab);
    lab.configure({ binary: realCodex, record_dir: '/proc/records' });
    writeFileSync(lab.at('codex/sessions'), '');
    const args = ['--no-app-server'];
    const { by, reds } = await diagnose(lab, args, { TMPDIR: lab.at('absent/tmp') });
    expect(reds).toEqual(['folders']);
    expect(by['folders']?.detail.split('\n')).toEqual([
      `CODEX_HOME ${lab.at('codex')}: can be written`,
      expect.stringMatching(/^sessions \S+: does not exist: a part of its path is no folder$/),
      `TMPDIR ${lab.at('absent/tmp')}: can be written`,
      expect.stringMatching(/^record_dir \/proc\/records: cannot be made: \/proc: ENOENT/),
    ]);
    expect(by['folders']?.mend).toMatch(/^give CODEX_HOME .*\nset "record_dir" [^\n]*$/);
    expect(readdirSync(lab.at('codex')).filter((name) => name.startsWith('.doctor'))).toEqual([]);
    expect(existsSync(lab.at('absent'))).toBe(false);
  });

  it('is yellow when the plugin is not allowed or its manifest is outdated', async () => {
    await using lab = await openLab();
    logIn(lab);
    install(lab);
    lab.configure({ binary: realCodex, supported_models: ['codex', 'fast'] });
    writeFileSync(lab.at('profile/plexum.json'), '{"plugins":{"allow":["other"]}}');
    const { by, reds } = await diagnose(lab);
    expect(reds).toEqual([]);
    expect(by['allow-list']).toMatchObject({
      state: 'yellow',
      detail: expect.stringContaining(lab.at('profile/plexum.json')),
    });
    expect(by['manifest']).toMatchObject({
      state: 'yellow',
      detail: expect.stringContaining('["codex","fast"]'),
    });
    install(lab);
    const mended = await diagnose(lab);
    expect([mended.by['allow-list']?.state, mended.by['manifest']?.state]).toEqual([
      'green',
      'green',
    ]);
  });

  it('is red for a socket path that is too long only with the stdio bridge', async () => {
    await using lab = await openLab();
    logIn(lab);
    const root = lab.at('p'.repeat(100));
    mkdirSync(path.join(root, 'plugins/plexum-openai-provider'), { recursive: true });
    const configured = (config: object) => {
      writeFileSync(
        path.join(root, 'plugins/plexum-openai-provider/config.json'),
        JSON.stringify({ binary: realCodex, ...config }),
      );
    };
    configured({});
    const env = { PLEXUM_PROFILE_ROOT: root };
    expect((await diagnose(lab, [], env)).by['sockets']).toMatchObject({
      state: 'yellow',
      detail: expect.stringContaining('too long'),
    });
    configured({ bridge: 'stdio' });
    expect((await diagnose(lab, [], env)).reds).toEqual(['sockets']);
    expect(
      (await diagnose(lab, [], { ...env, XDG_RUNTIME_DIR: lab.at('tmp') })).by['sockets'],
    ).toMatchObject({ state: 'green' });
    expect(readdirSync(lab.at('tmp'))).toEqual([]);
  });
});

describe('doctor --workspace', () => {
  it('is red for each workspace with a corrupt session file or without its rollout', async () => {
    await using lab = await openLab();
    logIn(lab);
    const rollout = await withThread(lab);
    const threads = { torn: '01a1fb58-5a98', lost: '01a1fb58-5a98-7973-8b0a-074f22270974' };
    for (const [name, content] of Object.entries(threads)) {
      mkdirSync(lab.at(name));
      writeFileSync(lab.at(name, SESSION), content);
    }
    const all = ['workspace', 'torn', 'lost', 'absent'].map((name) => lab.at(name));
    const { by, reds } = await diagnose(
      lab,
      all.flatMap((each) => ['--workspace', each]),
    );
    expect(reds).toEqual([
      `session ${lab.at('torn')}`,
      `session ${lab.at('lost')}`,
      `session ${lab.at('absent')}`,
    ]);
    expect(by[`session ${lab.workspace}`]).toMatchObject({
      state: 'green',
      detail: expect.stringContaining(rollout),
    });
    expect(by[`session ${lab.at('torn')}`]?.detail).toContain('does not hold a thread id');
    expect(by[`session ${lab.at('lost')}`]?.detail).toContain(lab.at('codex'));
  });

  it('is yellow for a thread of another model provider than turns ask, where that is refused', async () => {
    await using lab = await openLab();
    logIn(lab);
    await withThread(lab);
    const toml = lab.at('codex/config.toml');
    writeFileSync(toml, readFileSync(toml, 'utf8').replaceAll('loopback', 'theirs'));
    const { by } = await diagnose(lab, ['--workspace', lab.workspace]);
    const isRefused = codexCan(codexVersion, 'threadHasProvider');
    expect(by[`session ${lab.workspace}`]).toMatchObject({
      state: isRefused ? 'yellow' : 'green',
      detail: expect.stringContaining(
        isRefused ? 'model provider "loopback", and turns ask theirs' : '',
      ),
    });
  });

  it('is yellow for a torn rollout or an undo journal, and changes no file', async () => {
    await using lab = await openLab();
    logIn(lab);
    const rollout = await withThread(lab);
    const whole = readFileSync(rollout, 'utf8');
    const id = `session ${lab.workspace}`;
    writeFileSync(rollout, `${whole}{"timest`);
    expect((await diagnose(lab, ['--workspace', lab.workspace])).by[id]).toMatchObject({
      state: 'yellow',
      detail: expect.stringContaining('of which 1 cannot be read'),
    });
    writeFileSync(rollout, whole);
    writeFileSync(`${rollout}.plexum-undo`, 'journal');
    expect((await diagnose(lab, ['--workspace', lab.workspace, '--mend'])).by[id]).toMatchObject({
      state: 'yellow',
      detail: expect.stringContaining('cut off'),
    });
    expect(readFileSync(rollout, 'utf8')).toBe(whole);
    expect(readFileSync(`${rollout}.plexum-undo`, 'utf8')).toBe('journal');
  });
});

describe('doctor --turn --tools', () => {
  it('is red with the kind of the error and what to do when the turn fails', async () => {
    await using lab = await openLab(() => [
      { status: 401, body: { error: { message: 'no such key' } } },
    ]);
    logIn(lab);
    const { by, reds } = await diagnose(lab, ['--turn', '--tools']);
    expect(reds).toEqual(['turn', 'tools']);
    expect(by['turn']).toMatchObject({
      detail: expect.stringMatching(/^auth: codex: .*401/),
      mend: expect.stringContaining('codex login'),
    });
    expect(readdirSync(lab.at('tmp'))).toEqual([]);
  });

  it.each(['http', 'stdio'])(
    'is green when the model calls its tool over %s, else red',
    async (bridge) => {
      let reply = obedient;
      await using lab = await openLab((...asked) => reply(...asked));
      logIn(lab);
      lab.configure({ binary: realCodex, bridge });
      expect((await diagnose(lab, ['--tools'])).by['tools']).toMatchObject({
        state: 'green',
        detail: expect.stringContaining(`over "${bridge}"`),
      });
      reply = () => [{ text: 'I would rather not' }];
      const { by, reds } = await diagnose(lab, ['--tools']);
      expect(reds).toEqual(['tools']);
      expect(by['tools']?.detail).toMatch(/called no tool.*rather not/s);
      expect(readdirSync(lab.at(PLUGIN))).toEqual(['config.json']);
    },
  );

  it('runs the first model of the manifest', async () => {
    await using lab = await openLab(obedient);
    logIn(lab);
    lab.configure({
      binary: realCodex,
      supported_models: ['fast'],
      model_args: { fast: 'gpt-5.5' },
    });
    expect((await diagnose(lab, ['--turn'])).by['turn']?.detail).toContain('model fast');
    expect(lab.model.requests.map(({ model }) => model)).toEqual(['gpt-5.5']);
  });

  it('cancels the turn on a signal and leaves no process', async () => {
    await using lab = await openLab(() => [{ hang: true }]);
    logIn(lab);
    const running = run(lab, ['--turn', '--tools', '--json']);
    await until(() => lab.model.requests.length > 0);
    running.kill('SIGINT');
    const { exitCode, stdout } = await running;
    const { checks } = JSON.parse(stdout);
    expect(exitCode).toBe(1);
    expect(
      checks
        .filter(({ state }: Notice) => state === 'red')
        .map(({ id, detail }: Notice & { id: string }) => [id, detail]),
    ).toEqual([
      ['turn', 'the turn was interrupted'],
      ['tools', 'the turn was interrupted'],
    ]);
    expect(lab.model.requests).toHaveLength(1);
    expect(processesOf(lab.at('home'))).toEqual([]);
    expect(readdirSync(lab.at('tmp'))).toEqual([]);
  });

  it('exits on a signal after its turn while nobody reads stdout', async () => {
    await using lab = await openLab(obedient);
    logIn(lab);
    const many = Array.from({ length: 2_000 }, (_, nth) => [
      '--workspace',
      lab.at(`absent-${nth}`),
    ]).flat();
    const child = spawn(executable, ['doctor', '--turn', '--json', ...many], {
      env: lab.env,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const ended = once(child, 'exit');
    await until(() => lab.model.requests.length > 0);
    await until(
      () => readdirSync(lab.at('tmp')).length === 0 && processesOf(lab.at('home')).length === 1,
    );
    await until(() => child.stdout.readableLength > 0);
    child.kill('SIGTERM');
    expect(await ended).toEqual([1, null]);
  });

  it('exits at once on a second signal and leaves no process', async () => {
    await using lab = await openLab(() => [
      {
        call: {
          name: 'exec_command',
          arguments: {
            cmd: 'trap "" INT TERM HUP; sleep 995 & echo started > $HOME/started; wait',
            yield_time_ms: 30_000,
          },
        },
      },
    ]);
    logIn(lab);
    lab.configure({ binary: realCodex, grace_ms: 600_000 });
    const running = run(lab, ['--turn', '--tools', '--json']);
    await until(() => existsSync(lab.at('home/started')));
    // Two that come together may be one.
    await until(() => !running.kill('SIGTERM') || running.exitCode !== null);
    expect(await running).toMatchObject({ exitCode: 130, stdout: '', stderr: '' });
    await until(() => processesOf(lab.at('home')).length === 0);
    expect(readdirSync(lab.at('tmp'))).toEqual([]);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'exits on %s while a codex command runs',
    async (signal) => {
      await using lab = await openLab();
      writeFileSync(
        lab.at('slow'),
        `#!/bin/sh\n[ "$1" = --version ] && echo codex-cli ${codexVersion} && exit\necho asked > "$HOME/asked"; exec sleep 996\n`,
        {
          mode: 0o755,
        },
      );
      lab.configure({ binary: lab.at('slow') });
      const running = run(lab, ['--json']);
      await until(() => existsSync(lab.at('home/asked')));
      running.kill(signal);
      expect(await running).toMatchObject({ exitCode: 130, stdout: '', stderr: '' });
      await until(() => processesOf(lab.at('home')).length === 0);
    },
  );
});

describe('doctor: orphans and unknown kinds', () => {
  it('counts the processes of a killed plugin and ends them only with --mend', async () => {
    const slow = {
      call: {
        name: 'exec_command',
        arguments: {
          // Leaves the session of codex, which ends its own tree when the plugin is killed.
          cmd: 'setsid sleep 993 & echo started > started; wait',
          yield_time_ms: 30_000,
        },
      },
    };
    await using lab = await openLab(() => [slow]);
    logIn(lab);
    const plugin = await lab.start();
    void plugin.stream(turnParams(lab.workspace, 'go', 'gpt-5.5'));
    await until(() => existsSync(lab.at('workspace/started')));
    expect((await diagnose(lab)).by['leftovers']).toMatchObject({ state: 'green' });
    plugin.child.kill('SIGKILL');
    await plugin.exited;
    await until(() => processesOf(lab.at('home')).length === 1);
    const left = processesOf(lab.at('home')).map(({ pid }) => pid);
    expect(left).toHaveLength(1);

    expect((await diagnose(lab)).by['leftovers']).toMatchObject({
      state: 'yellow',
      detail: expect.stringContaining('1 killed run'),
      mend: expect.stringContaining('--mend'),
    });
    expect(left.every(isAlive)).toBe(true);
    expect((await diagnose(lab, ['--mend'])).by['leftovers']).toMatchObject({
      state: 'green',
      detail: expect.stringMatching(/ended$/),
    });
    expect(left.some(isAlive)).toBe(false);
    expect(existsSync(lab.at(PLUGIN, 'turns'))).toBe(false);
  });

  it('lists unknown kinds, which the plugin logs once and counts by version', async () => {
    await using lab = await openLab();
    lab.configure({ binary: fakeCodex });
    const out = [
      { type: 'later.event' },
      { type: 'later.event' },
      { type: 'item.completed', item: { type: 'later_item' } },
      { type: 'turn.completed' },
    ];
    for (const told of [2, 2]) {
      const plugin = await lab.start({ FAKE_CODEX_VERSION: LATER });
      const params = turnParams(lab.workspace, JSON.stringify([{ out }]));
      await Promise.all([plugin.stream(params).response, plugin.stream(params).response]);
      await plugin.stop();
      const notices = plugin.logs.filter(({ level }) => level === 'notice').map(({ data }) => data);
      expect(notices).toHaveLength(told);
      expect(notices[0]).toMatchObject({
        kind: 'event later.event',
        codex: LATER,
        workspace: lab.workspace,
      });
    }
    expect(JSON.parse(readFileSync(lab.at(PLUGIN, 'drift.json'), 'utf8'))).toEqual({
      kinds: [
        { kind: 'event later.event', codex: LATER, count: 8 },
        { kind: 'item later_item', codex: LATER, count: 4 },
      ],
    });
    const { by } = await diagnose(lab, [], { FAKE_CODEX_VERSION: LATER });
    expect(by['drift']).toMatchObject({
      state: 'yellow',
      detail: expect.stringContaining(`event later.event: 8 times, codex ${LATER}`),
    });
  });

  it('finds no unknown kinds in a turn of the real codex', async () => {
    await using lab = await openLab(() => [{ reasoning: ['**a**'] }, { text: 'hello' }]);
    await withThread(lab);
    expect(existsSync(lab.at(PLUGIN, 'drift.json'))).toBe(false);
  });
});
