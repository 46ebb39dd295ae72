// Row "start": from the start of a process of the built plugin to what it was started for, and Node
// with nothing to do; and the memory of the plugin that waits, beside Node that waits.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { started } from './children.mjs';
import { writeProfile } from './profile.mjs';
import { inTurns } from './rounds.mjs';
import { canMeasureTrees } from './tree-memory.mjs';

/** @typedef {{ measure: string, aim: number, ours: number[], peer: number[] }} Start */

/** The first line of a host. */
export const INITIALIZE = `${JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'bench', version: '0' },
  },
})}\n`;

/** Milliseconds until a process that was initialized rests. */
const REST_MS = 2_500;
/** Rounds of the memory, which hardly differs between them. */
const IDLE_ROUNDS = 3;

/** @param {number} pid @returns {number} MiB */
const residentMiB = (pid) =>
  Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) / 1024;

/**
 * A profile with a codex, in the package that npm and codex's installer unpack, that writes a byte
 * to a FIFO when it runs a turn, and fails.
 * @param {string} dir
 */
const profileIn = async (dir) => {
  const fifo = path.join(dir, 'spawned');
  const { status } = spawnSync('mkfifo', [fifo]);
  if (status !== 0) throw new Error('mkfifo is missing');
  const about = { layoutVersion: 1, version: '0.171.0', entrypoint: 'bin/codex' };
  const binary = path.join(dir, 'codex', about.entrypoint);
  const script = `[ "$1" = --version ] && exec echo "codex-cli 0.171.0"\necho > '${fifo}'\nexit 1\n`;
  await mkdir(path.dirname(binary), { recursive: true });
  await writeFile(path.join(dir, 'codex/codex-package.json'), JSON.stringify(about));
  await writeFile(binary, `#!/bin/sh\n${script}`, { mode: 0o755 });
  await writeProfile(path.join(dir, 'profile'), { binary });
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: dir,
    CODEX_HOME: path.join(dir, '.codex'),
    PLEXUM_PROFILE_ROOT: path.join(dir, 'profile'),
  };
  return { env, fifo };
};

/**
 * @param {{ root: string, temporary: string, rounds: number }} options
 * @returns {Promise<Start[]>}
 */
export const measureStart = async ({ root, temporary, rounds }) => {
  const dir = path.join(temporary, 'start');
  await mkdir(dir);
  const { env, fifo } = await profileIn(dir);
  // Both directions: the open does not wait for a writer, and no writer is the last one.
  const spawned = new Socket({ fd: openSync(fifo, 'r+'), readable: true, writable: false });
  const executable = path.join(root, 'dist/plexum-openai-provider-plugin');

  const run = (/** @type {string[]} */ args) => {
    const begin = performance.now();
    const child = spawn(process.execPath, args, { cwd: dir, env, stdio: 'pipe' });
    started(child);
    child.stderr.resume();
    return { child, begin };
  };
  const toExit = async (/** @type {string[]} */ ...args) => {
    const { child, begin } = run(args);
    child.stdout.resume();
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`node ${args.join(' ')} exited with ${code}`);
    return performance.now() - begin;
  };
  const toReply = async () => {
    const { child, begin } = run([executable]);
    child.stdin.write(INITIALIZE);
    await once(child.stdout, 'data');
    const ms = performance.now() - begin;
    child.stdin.end();
    child.stdout.resume();
    await once(child, 'exit');
    return ms;
  };
  const toCodex = async () => {
    const { child, begin } = run([executable, 'say', 'hello']);
    child.stdout.resume();
    await once(spawned, 'data');
    const ms = performance.now() - begin;
    await once(child, 'exit');
    return ms;
  };
  /** @param {string[]} args @param {string} text */
  const idle = async (args, text) => {
    const { child } = run(args);
    child.stdout.resume();
    child.stdin.write(text);
    await sleep(REST_MS);
    const memory = residentMiB(child.pid ?? 0);
    child.stdin.end();
    await once(child, 'exit');
    return memory;
  };

  const sides = [
    { measure: 'node -e 0', aim: NaN, once: () => toExit('-e', '0') },
    { measure: 'initialize, ms', aim: 1.6, once: toReply },
    { measure: '--version, ms', aim: 1.15, once: () => toExit(executable, '--version') },
    { measure: 'manifest, ms', aim: 1.15, once: () => toExit(executable, 'manifest') },
    { measure: '--help, ms', aim: 1.15, once: () => toExit(executable, '--help') },
    { measure: 'say to codex, ms', aim: 1.8, once: toCodex },
  ].map((side) => ({ ...side, all: /** @type {number[]} */ ([]) }));
  // The first starts fill the file cache.
  for (const side of sides) await side.once();
  for (let round = 0; round < rounds; round += 1)
    for (const side of inTurns(sides, round)) side.all.push(await side.once());
  spawned.destroy();
  const [node, ...own] = sides;
  const times = own.map(({ measure, aim, all }) => ({
    measure,
    aim,
    ours: all,
    peer: node?.all ?? [],
  }));
  if (!canMeasureTrees) return times;
  // 60 MB beside a Node 20 that waits.
  /** @type {Start} */ const memory = { measure: 'idle, MiB', aim: 1.45, ours: [], peer: [] };
  for (let round = 0; round < Math.min(rounds, IDLE_ROUNDS); round += 1) {
    const both = [idle([executable], INITIALIZE), idle(['-e', 'process.stdin.resume()'], '')];
    const [ours = NaN, peer = NaN] = await Promise.all(both);
    memory.ours.push(ours);
    memory.peer.push(peer);
  }
  return [...times, memory];
};
