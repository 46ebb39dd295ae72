import { mergeMap, type Observable, using } from 'rxjs';
import { readable } from '../../lines/readable.js';
import { bindProcess } from '../../process/bind-process.js';
import { type StartedTree, startTree } from '../../process/process-control.js';
import type { ProcessRun } from '../../process/run.js';
import { keepRecord } from '../../process/run-record.js';
import { withoutShortPauses } from '../../streams/without-short-pauses.js';
import type { AppServer, ConnectOptions } from './app-server.js';
import { connectAppServer } from './connect-app-server.js';

export interface StartOptions extends ConnectOptions {
  /** The folder with the records of running processes. */
  readonly recordsFolder: string | undefined;
  /** Milliseconds between SIGINT and SIGKILL after an unsubscribe (default: 5,000). */
  readonly graceMs?: number;
}

/**
 * Starts a process of `codex app-server`.
 *
 * Emits the app-server once it is initialized; completes when the process has exited. Fails with
 * `SpawnError` when the process cannot start and with `AppServerError` when it does not initialize.
 * Stdout is read while `ready$` is true; clocks stop in its pauses of a second. Unsubscribe closes
 * stdin and sends SIGINT; the end of the process tree is left to `runInBackground`. `start$`
 * starts the process.
 */
export const startAppServer = (
  run: ProcessRun,
  { recordsFolder, graceMs, ...options }: StartOptions,
  start$: (run: ProcessRun) => Observable<StartedTree> = startTree,
): Observable<AppServer> =>
  start$(run).pipe(
    mergeMap(({ child, root, control }) =>
      using(
        () => {
          const end$ = bindProcess(control, keepRecord(recordsFolder, root), { graceMs });
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
            { ...options, ready$: options.ready$.pipe(withoutShortPauses()) },
          ),
      ),
    ),
  );
