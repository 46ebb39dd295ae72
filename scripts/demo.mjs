// Three turns of the real codex through the built plugin, seen as the daemon sees them; the third
// calls a tool of the daemon. See demo.sh.
import { access, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startPlugin, turnParams, withTools } from './lib/host.mjs';
import { echo, outputsSince, startModelServer } from './lib/model-server.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { live: { type: 'boolean', default: false } },
});
const prompts = [
  positionals[0] ?? 'Hello! My favourite colour is teal.',
  'What did I say before?',
  'Look up the colour teal.',
];
const { live } = values;

/** A tool that this demo's daemon runs itself. */
const lookUp = {
  name: 'look_up_colour',
  description: "Looks a colour up in the daemon's own table.",
  inputSchema: {
    type: 'object',
    properties: { name: { type: 'string' } },
    required: ['name'],
    additionalProperties: false,
  },
};
const colours = new Map([
  ['teal', '#008080'],
  ['coral', '#ff7f50'],
]);

/**
 * The embedded model: it calls the tool when it has one, and says what came of it.
 * @param {import('./lib/model-server.mjs').ModelRequest} request
 */
const reply = (request) => {
  if (!JSON.stringify(request.tools).includes(lookUp.name)) return echo(request);
  const [result] = outputsSince(request);
  return result === undefined
    ? [
        {
          call: {
            namespace: 'mcp__plexum_host_demo_agent',
            name: lookUp.name,
            arguments: { name: 'teal' },
          },
        },
      ]
    : [{ text: `The daemon's tool says: ${/#\w+/.exec(result)?.[0]}.`, deltas: 6, pauseMs: 20 }];
};

/** @param {'1' | '2' | '36'} code @param {string} text */
const styled = (code, text) => (process.stdout.isTTY ? `\u001B[${code}m${text}\u001B[0m` : text);
const quiet = '2';
/** @param {string} text */
const say = (text) => process.stdout.write(`${text}\n`);

/** The operator's own codex, else the dev dependency. */
const findCodex = async () => {
  const onPath = (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .map((dir) => path.join(dir, 'codex'));
  for (const file of live ? onPath : [])
    if (
      await access(file).then(
        () => true,
        () => false,
      )
    )
      return file;
  return path.join(root, 'node_modules/@openai/codex/bin/codex.js');
};

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
  const binary = await findCodex();
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
    styled(
      quiet,
      `model   ${model === undefined ? "your codex's own login" : `embedded, on ${model.url}`}`,
    ),
  );
  say(
    styled(
      quiet,
      `codex   ${path.relative(root, binary).startsWith('..') ? binary : path.relative(root, binary)}`,
    ),
  );
  say(styled(quiet, 'plugin  dist/plexum-openai-provider-plugin, started as a daemon would'));

  let started = 0;
  const stamp = () => styled(quiet, `${String(Date.now() - started).padStart(6)} ms  `);
  plugin = await startPlugin(path.join(root, 'dist/plexum-openai-provider-plugin'), {
    env: { ...definedEnv(), ...home, PLEXUM_PROFILE_ROOT: at('profile') },
    cwd: temporary,
    onEvent: ({ type, ...event }) => say(`${stamp()}${type.padEnd(15)} ${shown(event)}`),
    onTool: ({ name, arguments: args }) => {
      const found = colours.get(args.name) ?? 'not in the table';
      say(`${stamp()}${styled('1', 'tool/execute')}    ${name} ${JSON.stringify(args)} → ${found}`);
      return { content: [{ type: 'text', text: found }] };
    },
    onLog: ({ level, data }) => {
      if (level !== 'debug') say(`${stamp()}${styled(quiet, `log ${level}: ${data.msg}`)}`);
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

/** @param {Record<string, unknown>} event */
function shown(event) {
  if (typeof event['text'] === 'string') return styled('36', JSON.stringify(event['text']));
  return styled(
    quiet,
    Object.entries(event)
      .map(([key, value]) => `${key} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
      .join('  '),
  );
}

function definedEnv() {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, value]],
    ),
  );
}
