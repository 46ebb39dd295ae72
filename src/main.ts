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

Without a command it is the plugin: it speaks with the daemon over stdin and stdout until stdin is closed.

Commands:
  manifest         print manifest.json; its models are supported_models of config.json
  say              one turn of codex without the daemon, for people; see say --help
  repl             turns of codex as Observables, at a prompt
  doctor           look at what a turn needs, and say what to mend (see doctor --help)
  mcp-host         the relay that codex starts to reach the daemon's tools (--socket, --agent-id)
  timeline         draw the record of a turn as marbles, or as a picture (--svg)

Options:
  -h, --help       print this
  -V, --version    print the version

Its configuration is ${configFile(process.env)} (all keys are optional).
`;

/**
 * Milliseconds that the turns have to end when the plugin must, and that the host then has to read
 * the rest: together below 2 s.
 */
const SHUTDOWN_MS = 1_500;
const FLUSH_MS = 300;

const manifestJson = (): string => {
  const loaded = loadConfig(configFile(process.env));
  if (isLeft(loaded))
    process.stderr.write(`${EXECUTABLE}: ${loaded.left}; the manifest shows the default models\n`);
  const { supportedModels } = isLeft(loaded) ? defaultConfig : loaded.right.config;
  return `${JSON.stringify(manifest(version, supportedModels), null, 2)}\n`;
};

/**
 * The plugin server on stdio. Completes when it has to end and every turn has ended, or their time
 * is over.
 */
const serve = (): Observable<never> =>
  defer(() => {
    const { host, config, server$, drained$ } = connectPlugin(process.stdin, process.stdout, {
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
      finalize(() => leave(drained$)),
    );
  });

/**
 * Exits once the host has read what is written and the records are on disk, or they had their time.
 */
const leave = (drained$: Observable<never> = EMPTY): void => {
  const exit = (): void => process.exit();
  setTimeout(exit, FLUSH_MS);
  // The last response is a few microtasks behind the end of its turn.
  setImmediate(() =>
    process.stdout.write('', () => drained$.subscribe({ error: exit, complete: exit })),
  );
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
  if (rest.length > 0)
    return fail(`${command} takes no arguments, got ${JSON.stringify(rest[0])}; see --help`);
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
    process.stderr.write(
      `${EXECUTABLE}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exitCode = 1;
  },
});
