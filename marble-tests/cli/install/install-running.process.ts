import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { copyBuilt } from '../../../scripts/lib/copy-built.mjs';
import { startPlugin, turnParams, withTools } from '../../../scripts/lib/host.mjs';
import { outputsSince } from '../../../scripts/lib/model-server.mjs';
import { pidNamespace } from '../../../src/process/process-identity.js';
import { checkout, installer, run } from '../../support/install.js';
import { executable as built, type Lab, openLab, realCodex } from '../../support/lab.js';
import { processesOf } from '../../support/processes.js';

const NAME = 'plexum-openai-provider-plugin';
const tools = [{ name: 'look_up', description: 'looks it up', inputSchema: { type: 'object' } }];
const call = { call: { namespace: 'mcp__plexum_host_demo_agent', name: 'look_up', arguments: {} } };

/** A lab whose model calls the tool once in each turn, when `gate` lets it. */
const openBridgeLab = async (gate: () => Promise<unknown>): Promise<Lab> =>
  openLab(async (request) => {
    await gate();
    return outputsSince(request).length > 0 ? [{ text: 'done' }] : [call];
  });

/** The plugin as the daemon starts it from a profile, and a turn with a tool. */
const startIn = async (lab: Lab, executable: string, profile: string) => {
  const calls: unknown[] = [];
  const onTool = ({ name }: Record<string, unknown>) => {
    calls.push(name);
    return { content: [{ type: 'text', text: 'found' }] };
  };
  const plugin = lab.adopt(
    await startPlugin(executable, {
      env: { ...lab.env, PLEXUM_PROFILE_ROOT: profile },
      cwd: lab.dir,
      onTool,
    }),
  );
  return {
    plugin,
    calls,
    turn: () => plugin.stream(withTools(turnParams(lab.workspace, 'go', 'gpt-5.5'), tools)),
  };
};

const relaysOf = (lab: Lab): string[] =>
  processesOf(lab.at('home')).flatMap(({ args }) =>
    args[2] === 'mcp-host' ? [args[1] ?? ''] : [],
  );

/** The largest pid of Linux. */
const MAX_PID = 4_194_304;

describe('install.sh over a running plugin', () => {
  it('keeps the version of the running plugin and its relays; the next start runs the new one', async () => {
    const relays: string[][] = [];
    let arrived = (): void => undefined;
    let release = (): void => undefined;
    const first = new Promise<void>((resolve) => (arrived = resolve));
    const installed = new Promise<void>((resolve) => (release = resolve));
    await using lab = await openBridgeLab(async () => {
      relays.push(relaysOf(lab));
      arrived();
      await installed;
    });
    const { install, dir, executable, env, profile, at } = installer(lab);
    mkdirSync(dir, { recursive: true });
    writeFileSync(
      at('config.json'),
      JSON.stringify({ binary: realCodex, bridge: 'stdio', bridge_required: true }),
    );
    expect((await install()).code).toBe(0);
    const [old = ''] = readdirSync(at('versions'));
    const { plugin, calls, turn } = await startIn(lab, executable, profile);
    const open = turn();
    await first;
    expect((await install([], {}, checkout(lab, '9.0.0'))).code).toBe(0);
    expect((await install([], {}, checkout(lab, '9.0.1'))).code).toBe(0);
    release();

    expect((await open.response)['result']).toMatchObject({ outcome: 'completed' });
    expect((await turn().response)['result']).toMatchObject({ outcome: 'completed' });
    expect(calls).toEqual(['look_up', 'look_up']);
    expect(new Set(relays.flat())).toEqual(new Set([at('versions', old, NAME)]));
    expect((await run(executable, ['--version'], env)).stdout).toBe('9.0.1\n');

    await plugin.stop();
    expect((await install([], {}, checkout(lab, '9.0.2'))).code).toBe(0);
    expect(
      readdirSync(at('versions'))
        .map((name) => name.slice(0, 5))
        .toSorted(),
    ).toEqual(['9.0.1', '9.0.2']);
  });

  it('keeps what the running plugin needs when it is uninstalled', async () => {
    await using lab = await openBridgeLab(() => Promise.resolve());
    const { install, dir, executable, profile, at } = installer(lab);
    mkdirSync(dir, { recursive: true });
    writeFileSync(
      at('config.json'),
      JSON.stringify({ binary: realCodex, bridge: 'stdio', bridge_required: true }),
    );
    await install();
    const { plugin, calls, turn } = await startIn(lab, executable, profile);
    expect((await install(['--uninstall'])).stdout).toContain(
      'a process uses it; run this again when it has ended',
    );
    expect(existsSync(executable)).toBe(false);
    expect((await turn().response)['result']).toMatchObject({ outcome: 'completed' });
    expect(calls).toEqual(['look_up']);

    await plugin.stop();
    await install(['--uninstall']);
    expect(readdirSync(dir)).toEqual(['config.json']);
  });

  it('keeps the relay of a running plugin that was copied by hand', async () => {
    await using lab = await openBridgeLab(() => Promise.resolve());
    const { install, dir, executable, profile, at } = installer(lab);
    copyBuilt(path.dirname(built), dir);
    writeFileSync(
      at('config.json'),
      JSON.stringify({ binary: realCodex, bridge: 'stdio', bridge_required: true }),
    );
    const { calls, turn } = await startIn(lab, executable, profile);
    expect((await install()).code).toBe(0);
    expect((await turn().response)['result']).toMatchObject({ outcome: 'completed' });
    expect(calls).toEqual(['look_up']);
  });

  it('keeps a running plugin that is a binary of another make beside the new one', async () => {
    await using lab = await openLab();
    const { install, dir, executable, env, at } = installer(lab);
    mkdirSync(dir, { recursive: true });
    copyFileSync(process.execPath, executable, constants.COPYFILE_FICLONE);
    const binary = spawn(executable, ['-e', 'setInterval(() => {}, 1e6)'], {
      env: {},
      stdio: 'ignore',
    });
    onTestFinished(() => void binary.kill('SIGKILL'));
    await once(binary, 'spawn');
    expect(() => {
      writeFileSync(executable, '');
    }).toThrow('ETXTBSY');

    expect(await install()).toMatchObject({ code: 0, stderr: '' });
    expect([binary.exitCode, binary.signalCode]).toEqual([null, null]);
    expect((await run(executable, ['--version'], env)).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(readFileSync(at(`${NAME}.replaced`)).equals(readFileSync(process.execPath))).toBe(true);
    await install();
    expect(readdirSync(dir).filter((name) => name.includes('replaced'))).toEqual([
      `${NAME}.replaced`,
    ]);
  });

  it('gives a plugin that starts meanwhile one complete version', async () => {
    await using lab = await openLab();
    const { install, executable, env } = installer(lab);
    const checkouts = [checkout(lab, '9.0.0'), checkout(lab, '9.0.1')];
    await install([], {}, checkouts[0]);
    let isDone = false;
    const seen: unknown[] = [];
    const look = async (): Promise<void> => {
      while (!isDone) seen.push(await run(executable, ['--version'], env));
    };
    const looking = [look(), look()];
    for (let nth = 1; nth <= 8; nth += 1)
      expect((await install([], {}, checkouts[nth % 2])).code).toBe(0);
    isDone = true;
    await Promise.all(looking);
    const right = ['9.0.0\n', '9.0.1\n'].map((stdout) => ({ code: 0, stdout, stderr: '' }));
    expect(seen.length).toBeGreaterThan(0);
    for (const each of seen) expect(right).toContainEqual(each);
  });

  it('removes files of a killed installation, and none that another one is writing', async () => {
    await using lab = await openLab();
    const { install, dir, at } = installer(lab);
    mkdirSync(dir, { recursive: true });
    const namespace = /\d+/.exec(pidNamespace())?.[0] ?? '0';
    const temporary = (pid: number) => `manifest.json.${namespace}-${pid}.tmp`;
    // The pid of a process that has ended may be that of another one by now.
    for (const pid of [MAX_PID + 1, process.pid]) writeFileSync(at(temporary(pid)), 'half');
    await install();
    expect(readdirSync(dir).filter((name) => name.endsWith('.tmp'))).toEqual([
      temporary(process.pid),
    ]);
  });
});
