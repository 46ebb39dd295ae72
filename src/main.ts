import { fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { isLeft } from 'fp-ts/lib/Either.js';
import { defer, delay, EMPTY, finalize, merge, type Observable, take, takeUntil } from 'rxjs';
import about from '../package.json' with { type: 'json' };
import { warmUp } from './codex/exec/find-codex.js';
import { defaultConfig, loadConfig } from './plexum/config.js';
import { manifest } from './plexum/manifest.js';
import { EXECUTABLE } from './plexum/methods.js';
import { configFile, recordsFolder, socketBases } from './plexum/profile.js';
import { terminate$ } from './process/exit-signals.js';
import { cleanUpOrphans } from './server/orphans.js';
import { connectPlugin } from './server/plugin.js';

const { version } = about;

const HELP = `${EXECUTABLE} ${version}: the OpenAI codex CLI as a model provider of the Plexum daemon

Usage: ${EXECUTABLE} [command]

Without a command it runs the plugin: it talks to the daemon over stdin and stdout until stdin closes.

Commands:
  manifest         print manifest.json; its models are supported_models of config.json
  say              run one turn of codex without the daemon; see say --help
  repl             a prompt with turns of codex as Observables
  doctor           check what a turn needs and say what to fix; see doctor --help
  mcp-host         the relay that codex starts to reach the daemon's tools (--socket, --agent-id)
  timeline         draw the record of a turn as marbles or as a picture (--svg)

Options:
  -h, --help       print this
  -V, --version    print the version

Configuration: ${configFile(process.env)} (every key is optional)
`;

/** Milliseconds for the turns to end at shutdown. With `FLUSH_MS` it stays below 2 s. */
const SHUTDOWN_MS = 1_500;

/** Milliseconds for the host to read the last frames. */
const FLUSH_MS = 300;

const manifestJson = (): string => {
  const loaded = loadConfig(configFile(process.env));
  if (isLeft(loaded))
    process.stderr.write(`${EXECUTABLE}: ${loaded.left}; the manifest shows the default models\n`);
  const { supportedModels } = isLeft(loaded) ? defaultConfig : loaded.right.config;
  return `${JSON.stringify(manifest(version, supportedModels), null, 2)}\n`;
};

/**
 * Runs the plugin server on stdio. Completes at shutdown, once every turn has ended or
 * `SHUTDOWN_MS` has passed.
 */
const serve = (): Observable<never> =>
  defer(() => {
    const output = openOutput();
    const { host, config, server$, drained$ } = connectPlugin(process.stdin, output, {
      version,
      env: process.env,
      executable: process.argv[1] ?? '',
      terminate$,
    });
    const end$ = merge(host.closed$, terminate$).pipe(take(1));
    return merge(
      server$,
      merge(
        warmUp(config.binary, process.env),
        cleanUpOrphans(recordsFolder(process.env), socketBases(process.env), host.log),
      ).pipe(takeUntil(end$)),
    ).pipe(
      takeUntil(end$.pipe(delay(SHUTDOWN_MS))),
      finalize(() => exitWhenFlushed(output, drained$)),
    );
  });

/**
 * The plugin's stdout. A closed pipe fails the next write only; a socket, which hosts on Node give,
 * is read as well: at its end a write of no byte fails if the host has closed it. It takes the
 * place of `process.stdout`, which execa looks at: Node cannot open a descriptor twice.
 */
const openOutput = (): Writable => {
  if (!fstatSync(1).isSocket()) return process.stdout;
  const socket = new Socket({ fd: 1, allowHalfOpen: true });
  Object.defineProperty(process, 'stdout', { value: socket });
  return socket.on('end', () => socket.write('')).resume();
};

/** Exits once the host has read every frame and the records are on disk, or after `FLUSH_MS`. */
const exitWhenFlushed = (output: Writable, drained$: Observable<never>): void => {
  const exit = (): void => process.exit();
  setTimeout(exit, FLUSH_MS);
  // The last response follows its turn by a few microtasks.
  setImmediate(() => output.write('', () => drained$.subscribe({ error: exit, complete: exit })));
};

const fail = (message: string): Observable<never> =>
  defer(() => {
    process.stderr.write(`${EXECUTABLE}: ${message}\n`);
    process.exitCode = 1;
    return EMPTY;
  });

const print = (text: () => string): Observable<never> =>
  defer(() => {
    process.stdout.write(text());
    return EMPTY;
  });

const run = ([command, ...rest]: readonly string[]): Observable<never> => {
  if (command === undefined) return serve();
  if (rest.length > 0)
    return fail(`${command} takes no arguments, got ${JSON.stringify(rest[0])}; see --help`);
  switch (command) {
    case 'manifest':
      return print(manifestJson);
    case '-h':
    case '--help':
      return print(() => HELP);
    case '-V':
    case '--version':
      return print(() => `${version}\n`);
    default:
      return fail(`unknown command ${JSON.stringify(command)}; see --help`);
  }
};

run(process.argv.slice(2)).subscribe({
  error: (error: unknown) => {
    process.stderr.write(
      `${EXECUTABLE}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exitCode = 1;
  },
});
