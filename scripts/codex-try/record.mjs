// Runs a situation by `codex exec` and by the app-server of one version, and writes down what came.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startAppServer } from './app-client.mjs';
import { openHome } from './home.mjs';

/**
 * @typedef {import('./situations.mjs').Situation} Situation
 * @typedef {{ lines: string[], records: unknown[], exit: string, stderr: string, model?: string }}
 * Recording `lines` is what came on stdout; `records` is the rollout; `model` is that of the last
 * request
 */

/** Milliseconds after which a situation has no end. */
const LIMIT_MS = 60_000;
const FREE = ['--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox'];

/** @typedef {import('./home.mjs').Home} Home */

/** The records of the threads, the oldest first. @param {Home} home */
const recordsOf = ({ at }) => {
  const sessions = at('codex/sessions');
  if (!existsSync(sessions)) return [];
  return readdirSync(sessions, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .flatMap((name) => readFileSync(path.join(sessions, name), 'utf8').split('\n'))
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
};

/** @param {Home} home @param {Situation} situation @param {() => unknown} interrupt */
const whenStarted = async ({ at }, { interruptAt }, interrupt) => {
  if (interruptAt === undefined) return;
  while (!existsSync(at(path.join('workspace', interruptAt)))) await sleep(20);
  await interrupt();
};

/**
 * @param {string} file @param {Home} home @param {Situation} situation @returns
 * {Promise<Omit<Recording, 'records'>>}
 */
const byExec = async (file, home, situation) => {
  const { models = ['gpt-5.5'], config = [] } = situation;
  const overrides = config.flatMap((one) => ['-c', one]);
  let said = { lines: /** @type {string[]} */ ([]), exit: '', stderr: '' };
  for (const [nth, model] of models.entries()) {
    const thread = /"thread_id":"([^"]+)"/.exec(said.lines.join('\n'))?.[1] ?? '';
    const args = [
      ...['exec', '--json', ...FREE, ...overrides, ...(model === undefined ? [] : ['-m', model])],
      ...(nth === 0 ? [] : ['resume', thread]),
      '-',
    ];
    const child = spawn(file, args, { cwd: home.at('workspace'), env: home.env });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => (stdout += String(chunk)));
    child.stderr.on('data', (chunk) => (stderr += String(chunk)));
    child.stdin.end(`turn ${nth}`);
    void whenStarted(home, situation, () => child.kill('SIGINT'));
    const [code, signal] = await once(child, 'close');
    const lines = stdout.split('\n').filter((line) => line !== '');
    said = { lines: [...said.lines, ...lines], exit: `code=${code} signal=${signal}`, stderr };
  }
  return said;
};

/**
 * @param {string} file @param {Home} home @param {Situation} situation @returns
 * {Promise<Omit<Recording, 'records'>>}
 */
const byAppServer = async (file, home, situation) => {
  const { models = ['gpt-5.5'], config = [] } = situation;
  const cwd = home.at('workspace');
  const args = config.flatMap((one) => ['-c', one]);
  const server = await startAppServer(file, { cwd, env: home.env, args });
  let exit = 'completed';
  try {
    const policy = { cwd, approvalPolicy: 'never', sandbox: 'danger-full-access' };
    const { thread } = await server.request('thread/start', policy);
    for (const [nth, model] of models.entries()) {
      const at = server.frames.length;
      const { turn } = await server.request('turn/start', {
        threadId: thread.id,
        input: [{ type: 'text', text: `turn ${nth}` }],
        ...(model === undefined ? {} : { model }),
      });
      const ids = { threadId: thread.id, turnId: turn.id };
      void whenStarted(home, situation, () => server.request('turn/interrupt', ids));
      const isEnd = (/** @type {any} */ one) =>
        one.method === 'turn/completed' && one.params.threadId === thread.id;
      exit = (await server.frame(isEnd, at))['params'].turn.status;
    }
  } catch (error) {
    exit = String(error);
  } finally {
    await server.stop();
  }
  return { lines: server.frames.map((one) => JSON.stringify(one)), exit, stderr: '' };
};

export const TRANSPORTS = /** @type {const} */ (['exec', 'app-server']);

/**
 * @param {string} file the native codex @param {typeof TRANSPORTS[number]} transport @param
 * {Situation} situation @returns {Promise<Recording>}
 */
export const record = async (file, transport, situation) => {
  const home = await openHome(situation.reply);
  const late = setTimeout(() => void home.endAll(), LIMIT_MS);
  try {
    const said = await (transport === 'exec' ? byExec : byAppServer)(file, home, situation);
    const model = home.model.requests.at(-1)?.model;
    return { ...said, records: recordsOf(home), ...(model === undefined ? {} : { model }) };
  } finally {
    clearTimeout(late);
    await home.close();
  }
};
