import { randomUUID } from 'node:crypto';
import { defer, mergeMap, type Observable, using } from 'rxjs';
import { readable } from '../../lines/readable.js';
import { bindProcess } from '../../process/bind-process.js';
import { processControl } from '../../process/process-control.js';
import { rootOf } from '../../process/process-tree.js';
import type { ProcessRun } from '../../process/run.js';
import { keepRecord } from '../../process/run-records.js';
import { MARKER, startProcess } from '../../process/start.js';
import type { AppServer } from './app-server.js';
import { type ConnectOptions, connectAppServer } from './connect-app-server.js';

export interface StartOptions extends ConnectOptions {
  /** The folder with the records of running processes. */
  readonly recordsFolder: string | undefined;
}

/**
 * Starts a process of `codex app-server`.
 *
 * Emits the app-server once it is initialized; completes when the process has exited. Fails with
 * `SpawnError` when the process cannot start and with `AppServerError` when it does not initialize.
 * Stdout is read while `ready$` is true. Unsubscribe closes stdin and sends SIGINT; the end of the
 * process tree is left to `runInBackground`.
 */
export const startAppServer = (
  run: ProcessRun,
  { recordsFolder, ...options }: StartOptions,
): Observable<AppServer> =>
  defer(() => {
    const marker = randomUUID();
    return startProcess(run, marker).pipe(
      mergeMap((child) => {
        const root = rootOf(child.pid, `${MARKER}=${marker}`);
        const control = processControl(child, root);
        return using(
          () => {
            const end$ = bindProcess(control, keepRecord(recordsFolder, root));
            return {
              unsubscribe: () => {
                child.stdin.end();
                options.runInBackground(end$);
              },
            };
          },
          () =>
            connectAppServer(
              {
                root,
                stdout$: readable(child.stdout, options.ready$),
                stderr$: readable(child.stderr),
                exit$: child.exit$,
                close$: child.close$,
                write: (line) => {
                  if (child.stdin.writable) child.stdin.write(line);
                },
                kill: control.kill,
              },
              options,
            ),
        );
      }),
    );
  });
