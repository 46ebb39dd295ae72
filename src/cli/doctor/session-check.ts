import { catchError, defer, map, type Observable, of, reduce } from 'rxjs';
import { type FindRollout, PackedRolloutError } from '../../codex/rollout/find-rollout.js';
import type { StoredThread } from '../../codex/thread-id.js';
import type { Parsed } from '../../lines/parse-json.js';
import { SESSION_FILE } from '../../node/session-file.js';
import { reasonOf } from '../../text/explain.js';
import { type Check, checkOf } from './check.js';
import { addLine, NO_LINES } from './rollout-summary.js';
import { NEW_THREAD_STEP, threadCheck } from './thread-check.js';

/** The files of one workspace and of its thread. */
export interface SessionPorts {
  /** Why a path is no folder, to continue the path; `undefined` for a folder. */
  readonly folderProblem: (path: string) => string | undefined;
  /** Why a folder cannot be written; `undefined` if it can. */
  readonly writeProblem: (path: string) => string | undefined;
  readonly readSession: (workspace: string) => StoredThread;
  readonly findRollout: FindRollout;
  /** Emits the lines of a rollout, then completes. Fails when the file cannot be read. */
  readonly rollout$: (file: string) => Observable<Parsed>;
  /** Whether a mutation of the rollout was interrupted: its undo journal exists. */
  readonly hasJournal: (file: string) => boolean;
  /** Whether the thread has got instructions of the host (`system`). */
  readonly isInstructed: (file: string) => boolean;
  readonly codexHome: string;
}

const WRITABLE =
  'let the user of the daemon write the workspace: until then a thread that begins is forgotten when the plugin ends, and codex may change no file';

/**
 * Checks that the next turn of a workspace can resume its thread, or store a new one. Emits one
 * check once the rollout is read, then completes. Does not fail. Unsubscribe stops reading.
 * `providers`: see `turnProviders`.
 */
export const checkSession = (
  workspace: string,
  ports: SessionPorts,
  providers?: readonly string[],
): Observable<Check> => {
  const check = checkOf(`session ${workspace}`);
  return defer(() => {
    const problem = ports.folderProblem(workspace);
    if (problem !== undefined)
      return of(check.red(`this ${problem}`, 'give the path of an agent workspace'));
    const unwritable = ports.writeProblem(workspace);
    const found$ = checkThread(check, workspace, ports, providers);
    if (unwritable === undefined) return found$;
    return found$.pipe(
      map(({ state, detail, mend }) =>
        check[state === 'red' ? 'red' : 'yellow'](
          `${detail}\nthe workspace cannot be written: ${unwritable}`,
          mend === undefined ? WRITABLE : `${mend}\n${WRITABLE}`,
        ),
      ),
    );
  });
};

const checkThread = (
  check: ReturnType<typeof checkOf>,
  workspace: string,
  ports: SessionPorts,
  providers: readonly string[] | undefined,
): Observable<Check> => {
  const { green, yellow, red } = check;
  return defer(() => {
    const { threadId, complaint, full } = ports.readSession(workspace);
    if (complaint !== undefined)
      return of(
        red(
          complaint,
          `write the id of the thread into ${SESSION_FILE} (the UUID at the end of its rollout's name), or remove the file`,
        ),
      );
    if (full !== undefined)
      return of(
        green(`the context window of thread ${full} is full: the next turn begins a new one`),
      );
    if (threadId === undefined)
      return of(green(`there is no ${SESSION_FILE}: the next turn begins a new thread`));
    const file = ports.findRollout(threadId);
    if (file === undefined)
      return of(
        red(
          `thread ${threadId} has no rollout below ${ports.codexHome}`,
          `set the CODEX_HOME of the daemon to where it is, or ${NEW_THREAD_STEP}`,
        ),
      );
    return ports.rollout$(file).pipe(
      reduce(addLine, NO_LINES),
      map((seen) =>
        threadCheck(check, seen, {
          threadId,
          file,
          providers,
          isCutOff: ports.hasJournal(file),
          isInstructed: ports.isInstructed(file),
        }),
      ),
    );
  }).pipe(
    catchError((error: unknown) =>
      of(
        error instanceof PackedRolloutError
          ? yellow(
              reasonOf(error),
              'the next turn or mutation of the thread unpacks it; nothing has to be done',
            )
          : red(
              `the rollout cannot be read: ${reasonOf(error)}`,
              `give the user of the daemon its CODEX_HOME, or ${NEW_THREAD_STEP}`,
            ),
      ),
    ),
  );
};
