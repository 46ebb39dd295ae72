// The first start of the built plugin, which writes the code that V8 compiled into dist/cache, for
// the Node that runs this: a turn of a codex that says one sentence, once for a host and once for
// `say`, so that the code of a turn is there too.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

const SAID = [
  { type: 'thread.started', thread_id: '01a1fb58-5f00-71b2-bdfb-9942064e1ca5' },
  { type: 'turn.started' },
  { type: 'item.completed', item: { id: 'item_0', type: 'agent_message', text: 'hello' } },
  { type: 'turn.completed', usage: { input_tokens: 1, output_tokens: 1 } },
];

/** @param {string} executable */
export const startFirst = async (executable) => {
  const dir = await mkdtemp(path.join(tmpdir(), 'plexum-build-'));
  try {
    const binary = path.join(dir, 'codex');
    const printed = SAID.map((event) => JSON.stringify(event)).join('\n');
    await writeFile(
      binary,
      `#!/bin/sh\n[ "$1" = --version ] && exec echo "codex-cli 0.171.0"\ncat > /dev/null\necho '${printed}'\n`,
      { mode: 0o755 },
    );
    const plugin = path.join(dir, 'plugins/plexum-openai-provider');
    await mkdir(plugin, { recursive: true });
    await writeFile(path.join(plugin, 'config.json'), JSON.stringify({ binary }));
    const env = {
      PATH: process.env['PATH'],
      HOME: dir,
      CODEX_HOME: path.join(dir, '.codex'),
      PLEXUM_PROFILE_ROOT: dir,
    };
    await serve(executable, dir, env);
    for (const args of [['manifest'], ['--help'], ['say', '--workspace', dir, 'hello']]) {
      const { status, stderr } = spawnSync(process.execPath, [executable, ...args], {
        env,
        encoding: 'utf8',
      });
      if (status !== 0) throw new Error(`the built plugin does not run: ${stderr}`);
    }
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
};

/**
 * One turn for a host.
 * @param {string} executable @param {string} dir @param {NodeJS.ProcessEnv} env
 */
const serve = async (executable, dir, env) => {
  const child = spawn(process.execPath, [executable], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const send = (
    /** @type {string | undefined} */ method,
    /** @type {unknown} */ params,
    /** @type {number} */ id,
  ) => child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
  send(
    'initialize',
    {
      protocolVersion: '2025-06-18',
      capabilities: {},
      clientInfo: { name: 'build', version: '0' },
    },
    1,
  );
  send(
    'plexum/provider/stream',
    {
      model_id: 'codex',
      agent: { agent_id: 'build', workspace: dir },
      request: { messages: [{ role: 'user', content: [{ type: 'text', text: 'hello' }] }] },
    },
    2,
  );
  let answers = '';
  child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
    answers += text;
    if (/"id":2\b/.test(answers)) child.stdin.end();
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`the built plugin ended with ${code}: ${answers}`);
};
