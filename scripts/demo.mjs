// demo.sh: three turns of the real codex through the built plugin, as the daemon sees them. The
// third turn calls a tool of the daemon.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { definedEnv, findCodex, root } from './demo/codex.mjs';
import { colourOf, lookUp, reply } from './demo/model.mjs';
import { dim, fieldsOf, say, styled } from './demo/print.mjs';
import { buildSteps, runStep, stepText } from './lib/build-steps.mjs';
import { misused, readCommandLine } from './lib/command-line.mjs';
import { startPlugin, turnParams, withTools } from './lib/host.mjs';
import { startModelServer } from './lib/model-server.mjs';

const USAGE = `./scripts/demo.sh [--live] ["prompt"]

Runs three turns of the real codex through the plugin, as the daemon sees them. Builds the plugin when dist/ is missing or older than its sources.

  "prompt"  the text of the first turn
  --live    with your own codex and its login, instead of an embedded model on loopback
`;

const { values, positionals } = readCommandLine(USAGE, {
  allowPositionals: true,
  options: { live: { type: 'boolean', default: false } },
});
const [first, ...more] = positionals;
if (more.length > 0)
  misused(`one prompt is sent, and these are ${positionals.length}: put it in quotes`);
const prompts = [
  first ?? 'Hello! My favourite colour is teal.',
  'What did I say before?',
  'Look up the colour teal.',
];
const { live } = values;

for (const step of buildSteps(root)) {
  process.stderr.write(`demo: ${stepText(step)}\n`);
  const problem = runStep(root, step);
  if (problem === '') continue;
  process.stderr.write(`demo: ${problem}\n`);
  process.exit(1);
}

const temporary = await mkdtemp(path.join(tmpdir(), 'plexum-demo-'));
const at = (/** @type {string} */ name) => path.join(temporary, name);
const model = live ? undefined : await startModelServer({ reply });
/** @type {Awaited<ReturnType<typeof startPlugin>> | undefined} */
let plugin;
const leaving = new AbortController();

const cleanUp = async () => {
  if (leaving.signal.aborted) return;
  leaving.abort();
  await plugin?.stop();
  await model?.close();
  await rm(temporary, { recursive: true, force: true });
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => void cleanUp().then(() => process.exit(130)));
}

try {
  const binary = await findCodex(live);
  await Promise.all(
    [at('workspace'), at('home/.codex'), at('profile/plugins/plexum-openai-provider')].map((dir) =>
      mkdir(dir, { recursive: true }),
    ),
  );
  await writeFile(
    at('profile/plugins/plexum-openai-provider/config.json'),
    JSON.stringify({ binary }),
  );
  if (model !== undefined) await writeFile(at('home/.codex/config.toml'), model.configToml);
  const home = live ? {} : { HOME: at('home'), CODEX_HOME: at('home/.codex') };

  say(
    dim(`model   ${model === undefined ? "your codex's own login" : `embedded, on ${model.url}`}`),
  );
  say(
    dim(
      `codex   ${path.relative(root, binary).startsWith('..') ? binary : path.relative(root, binary)}`,
    ),
  );
  say(dim('plugin  dist/plexum-openai-provider-plugin, started as by the daemon'));

  let started = 0;
  const stamp = () => dim(`${String(Date.now() - started).padStart(6)} ms  `);
  plugin = await startPlugin(path.join(root, 'dist/plexum-openai-provider-plugin'), {
    env: { ...definedEnv(), ...home, PLEXUM_PROFILE_ROOT: at('profile') },
    cwd: temporary,
    onEvent: ({ type, ...event }) => say(`${stamp()}${type.padEnd(15)} ${fieldsOf(event)}`),
    onTool: ({ name, arguments: args }) => {
      const found = colourOf(args.name);
      say(`${stamp()}${styled('1', 'tool/execute')}    ${name} ${JSON.stringify(args)} → ${found}`);
      return { content: [{ type: 'text', text: found }] };
    },
    onLog: ({ level, data }) => {
      if (level !== 'debug') say(`${stamp()}${dim(`log ${level}: ${data.msg}`)}`);
    },
  });

  /** @type {string[]} */ const threads = [];
  let failed = false;
  for (const [nth, prompt] of prompts.entries()) {
    say(`\n${styled('1', `turn ${nth + 1}`)}  plexum/provider/stream  ${JSON.stringify(prompt)}`);
    started = Date.now();
    const params = turnParams(at('workspace'), prompt);
    const { result, error } = await plugin.stream(nth === 2 ? withTools(params, [lookUp]) : params)
      .response;
    say(`${stamp()}response        ${JSON.stringify(result ?? error)}`);
    failed ||= result?.outcome !== 'completed';
    const last = plugin.frames.findLast((frame) => frame.params?.event?.type === 'message_end');
    threads.push(last?.params.event.thread_id);
  }
  if (!leaving.signal.aborted) {
    const called = plugin.frames.some(({ method }) => method === 'plexum/host/tool/execute');
    const same = !failed && threads.every((thread) => thread === threads[0]);
    const summary = `\nAll turns ran on thread ${threads[0]}: each knew those before.${called ? ' The last one called a tool of this daemon.' : ''}`;
    say(same && (called || live) ? summary : '\nThe demo failed: see above.');
    process.exitCode = same && (called || live) ? 0 : 1;
  }
} catch (error) {
  if (!leaving.signal.aborted) throw error;
} finally {
  await cleanUp();
}
