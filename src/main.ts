import { fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { defer, delay, finalize, merge, type Observable, take, takeUntil } from 'rxjs';
import about from '../package.json' with { type: 'json' };
import { EXECUTABLE } from './plexum/methods.js';
import { terminate$ } from './process/exit-signals.js';
import { connectPlugin } from './server/plugin.js';

const { version } = about;

/** Milliseconds for the turns to end at shutdown. With `FLUSH_MS` it stays below 2 s. */
const SHUTDOWN_MS = 1_500;

/** Milliseconds for the host to read the last frames. */
const FLUSH_MS = 300;

/**
 * Runs the plugin server on stdio. Completes at shutdown, once every turn has ended or
 * `SHUTDOWN_MS` has passed.
 */
const serve = (): Observable<never> =>
  defer(() => {
    const output = openOutput();
    const { host, server$, drained$ } = connectPlugin(process.stdin, output, {
      version,
      env: process.env,
      executable: process.argv[1] ?? '',
      terminate$,
      isOfDaemon: true,
    });
    const end$ = merge(host.closed$, terminate$).pipe(take(1));
    return server$.pipe(
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

serve().subscribe({
  error: (error: unknown) => {
    process.stderr.write(
      `${EXECUTABLE}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exitCode = 1;
  },
});
