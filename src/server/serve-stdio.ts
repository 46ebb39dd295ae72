import type { Readable, Writable } from 'node:stream';
import { defer, delay, finalize, merge, type Observable, take, takeUntil } from 'rxjs';
import { EXECUTABLE } from '../plexum/methods.js';
import { terminate$ } from '../process/exit-signals.js';
import { connectPlugin, type PluginOptions } from './plugin.js';

/** Milliseconds for the turns to end at shutdown. With `FLUSH_MS` it stays below 2 s. */
const SHUTDOWN_MS = 1_500;

/** Milliseconds for the host to read the last frames. */
const FLUSH_MS = 300;

/** What the program has read and answered before this was loaded. */
type Begun = Pick<PluginOptions, 'version' | 'loaded' | 'greeted'> & {
  readonly input: Readable;
  readonly output: Writable;
};

/**
 * Runs the plugin server on stdio. Completes at shutdown, once every turn has ended or
 * `SHUTDOWN_MS` has passed.
 */
const serve = ({ input, output, ...begun }: Begun): Observable<never> =>
  defer(() => {
    const { host, server$, drained$ } = connectPlugin(input, output, {
      ...begun,
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

/** Exits once the host has read every frame and the records are on disk, or after `FLUSH_MS`. */
const exitWhenFlushed = (output: Writable, drained$: Observable<never>): void => {
  const exit = (): void => process.exit();
  setTimeout(exit, FLUSH_MS);
  // The last response follows its turn by a few microtasks.
  setImmediate(() => output.write('', () => drained$.subscribe({ error: exit, complete: exit })));
};

/** Serves the host on stdio until one of them ends; then the process exits. */
export const serveStdio = (begun: Begun): void => {
  serve(begun).subscribe({
    error: (error: unknown) => {
      process.stderr.write(
        `${EXECUTABLE}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
      );
      process.exitCode = 1;
    },
  });
};
