import { isLeft } from 'fp-ts/lib/Either.js';
import { defer, delay, EMPTY, finalize, fromEvent, ignoreElements, merge, type Observable, share, take, takeUntil, tap } from 'rxjs';
import { removeDead } from './bridge/socket-dir.js';
import { endLeftovers } from './codex/exec/run-records.js';
import type { Log } from './log.js';
import { warmUp, nodePorts } from './node-ports.js';
import { defaultConfig, loadConfig } from './plexum/config.js';
import { connectHost } from './plexum/host-connection.js';
import { manifest } from './plexum/manifest.js';
import { EXECUTABLE, method } from './plexum/methods.js';
import { configFile, driftFile, recordsFolder, socketBases } from './plexum/profile.js';
import { pluginServer } from './server.js';
import about from '../package.json' with { type: 'json' };

const { version } = about;

const HELP = `${EXECUTABLE} ${version}: the OpenAI codex CLI as a model provider of the Plexum daemon

Usage: ${EXECUTABLE} [command]

Without a command it is the plugin: it speaks with the daemon over stdin and stdout until stdin is closed.

Commands:
  manifest         print manifest.json; its models are supported_models of config.json
  doctor           look at what a turn needs, and say what to mend (see doctor --help)
  mcp-host         the relay that codex starts to reach the daemon's tools (--socket, --agent-id)

Options:
  -h, --help       print this
  -V, --version    print the version

Its configuration is ${configFile(process.env)} (all keys are optional).
`;

/** Milliseconds that the turns have to end when the plugin must, and that the host then has to read the rest: together below 2 s. */
const SHUTDOWN_MS = 1_500;
const FLUSH_MS = 300;

const manifestJson = (): string => {
  const loaded = loadConfig(configFile(process.env));
  if (isLeft(loaded)) process.stderr.write(`${EXECUTABLE}: ${loaded.left}; the manifest shows the default models\n`);
  const { supportedModels } = isLeft(loaded) ? defaultConfig : loaded.right.config;
  return `${JSON.stringify(manifest(version, supportedModels), null, 2)}\n`;
};

/** The signals to end. Their handlers stay: without one a second signal would end the process at once, and leave codex behind. */
const signals$ = defer(() => {
  const names = ['SIGTERM', 'SIGINT', 'SIGHUP'];
  // The launcher's, which only exit.
  for (const name of names) process.removeAllListeners(name);
  return merge(...names.map((name) => fromEvent(process, name)));
}).pipe(share({ resetOnRefCountZero: false }));

/** The plugin server on stdio. Completes when it has to end and every turn has ended, or their time is over. */
const serve = (): Observable<never> =>
  defer(() => {
    const loaded = loadConfig(configFile(process.env));
    const { config, warnings } = isLeft(loaded) ? { config: defaultConfig, warnings: [] } : loaded.right;
    const bases = socketBases(process.env);
    const records = recordsFolder(process.env);
    const problem = isLeft(loaded) ? loaded.left : undefined;
    const described = manifest(version, config.supportedModels);
    const host = connectHost(process.stdin, process.stdout, { manifest: described, problem, warnings });
    const ports = nodePorts({
      config,
      env: process.env,
      log: host.log,
      ready$: host.ready$,
      callTool$: (call, onProgress) => host.call$(method.toolExecute, { ...call, _meta: { agent_id: call.agent_id } }, onProgress),
      relay: { command: process.execPath, args: [process.argv[1] ?? '', 'mcp-host'] },
      socketBases: bases,
      recordsFolder: records,
      driftFile: driftFile(process.env),
    });
    const end$ = merge(host.closed$, signals$).pipe(take(1));
    return merge(
      pluginServer(host, ports, { manifest: described, modelArgs: config.modelArgs, problem, terminate$: signals$ }),
      merge(warmUp(config.binary, process.env), removeDead(bases), leftovers(records, host.log)).pipe(takeUntil(end$)),
    ).pipe(takeUntil(end$.pipe(delay(SHUTDOWN_MS))), finalize(leave));
  });

/** Ends what a plugin that was killed has left, and says so. */
const leftovers = (folder: string, log: Log): Observable<never> =>
  endLeftovers(folder).pipe(
    tap((processes) => {
      if (processes > 0) log('warning', 'processes of a turn were left by a plugin that was killed; they are ended', { processes });
    }),
    ignoreElements(),
  );

/** Exits once the host has read what is written, or had its time. */
const leave = (): void => {
  const exit = (): void => process.exit();
  setTimeout(exit, FLUSH_MS);
  // The last response is a few microtasks behind the end of its turn.
  setImmediate(() => process.stdout.write('', exit));
};

const fail = (message: string): Observable<never> =>
  defer(() => {
    process.stderr.write(`${EXECUTABLE}: ${message}\n`);
    process.exitCode = 1;
    return EMPTY;
  });

const printed = (text: () => string): Observable<never> =>
  defer(() => {
    process.stdout.write(text());
    return EMPTY;
  });

const run = ([command, ...rest]: readonly string[]): Observable<never> => {
  if (command === undefined) return serve();
  if (rest.length > 0) return fail(`${command} takes no arguments, got ${JSON.stringify(rest[0])}; see --help`);
  switch (command) {
    case 'manifest':
      return printed(manifestJson);
    case '-h':
    case '--help':
      return printed(() => HELP);
    case '-V':
    case '--version':
      return printed(() => `${version}\n`);
    default:
      return fail(`unknown command ${JSON.stringify(command)}; see --help`);
  }
};

run(process.argv.slice(2)).subscribe({
  error: (error: unknown) => {
    process.stderr.write(`${EXECUTABLE}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 1;
  },
});
