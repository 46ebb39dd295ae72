import type { Readable, Writable } from 'node:stream';
import { catchError, concat, defer, EMPTY, finalize, merge, Observable, take } from 'rxjs';
import { EXECUTABLE } from '../plexum/methods.js';
import { terminate$ } from '../process/exit-signals.js';
import { connectPlugin, type PluginOptions } from './plugin.js';
import { untilShutdown } from './until-shutdown.js';

/** What the program has read and answered before this was loaded. */
type Begun = Pick<PluginOptions, 'version' | 'loaded' | 'greeted'> & {
  readonly input: Readable;
  readonly output: Writable;
};

/** Runs the plugin server on stdio. Completes when the process has to exit; see `untilShutdown`. */
const serve = ({ input, output, ...begun }: Begun): Observable<never> =>
  defer(() => {
    const { host, server$, drained$ } = connectPlugin(input, output, {
      ...begun,
      env: process.env,
      executable: process.argv[1] ?? '',
      terminate$,
      isOfDaemon: true,
    });
    return server$.pipe(
      catchError((error: unknown) => {
        tellFailure(error);
        return EMPTY;
      }),
      untilShutdown(
        merge(host.closed$, terminate$).pipe(take(1)),
        concat(allRead(output), drained$.pipe(catchError(() => EMPTY))),
      ),
    );
  });

/** Writes why the server has failed to stderr. */
const tellFailure = (error: unknown): void => {
  process.stderr.write(
    `${EXECUTABLE}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exitCode = 1;
};

/** Completes once the host has read every frame, or is gone. */
const allRead = (output: Writable): Observable<never> =>
  new Observable((subscriber) => {
    // The last response follows its turn by a few microtasks.
    setImmediate(() => output.write('', () => subscriber.complete()));
  });

/** Serves the host on stdio until one of them ends; then the process exits. */
export const serveStdio = (begun: Begun): void => {
  serve(begun)
    .pipe(finalize(() => process.exit()))
    .subscribe({ error: tellFailure });
};
