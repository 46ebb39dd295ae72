import * as t from 'io-ts';
import { catchError, defer, map, type Observable, of, reduce } from 'rxjs';
import { type FindRollout, PackedRolloutError } from '../../codex/rollout/find-rollout.js';
import type { StoredThread } from '../../codex/thread-id.js';
import type { Parsed } from '../../lines/parse-json.js';
import { SESSION_FILE } from '../../node/session-file.js';
import { reasonOf } from '../../text/explain.js';
import { type Check, checkOf } from './check.js';
import { addLine, NO_LINES, type RolloutSummary } from './rollout-summary.js';

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

const NEW_THREAD = `remove ${SESSION_FILE} from the workspace: its next turn begins a new thread`;

const WRITABLE =
  'let the user of the daemon write the workspace: until then a thread that begins is forgotten when the plugin ends, and codex may change no file';

/**
 * Checks that the next turn of a workspace can resume its thread, or store a new one. Emits one
 * check once the rollout is read, then completes. Does not fail. Unsubscribe stops reading.
 */
export const checkSession = (workspace: string, ports: SessionPorts): Observable<Check> => {
  const check = checkOf(`session ${workspace}`);
  return defer(() => {
    const problem = ports.folderProblem(workspace);
    if (problem !== undefined)
      return of(check.red(`this ${problem}`, 'give the path of an agent workspace'));
    const unwritable = ports.writeProblem(workspace);
    const found$ = checkThread(check, workspace, ports);
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
          `set the CODEX_HOME of the daemon to where it is, or ${NEW_THREAD}`,
        ),
      );
    return ports.rollout$(file).pipe(
      reduce(addLine, NO_LINES),
      map((seen) => threadCheck(check, threadId, file, seen, ports)),
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
              `give the user of the daemon its CODEX_HOME, or ${NEW_THREAD}`,
            ),
      ),
    ),
  );
};

const Meta = t.type({ type: t.literal('session_meta'), payload: t.UnknownRecord });
const Numbered = t.type({ ordinal: t.number });

const threadCheck = (
  { green, yellow, red }: ReturnType<typeof checkOf>,
  threadId: string,
  file: string,
  { lines, torn, pictures, first, last }: RolloutSummary,
  { hasJournal, isInstructed }: Pick<SessionPorts, 'hasJournal' | 'isInstructed'>,
): Check => {
  const system = isInstructed(file) ? ', with instructions of the host' : '';
  const records = `thread ${threadId}, ${lines} records in ${file}${system}`;
  if (!Meta.is(first))
    return red(
      `${file} does not begin with the thread's metadata, so codex refuses it`,
      `put back a copy of it, or ${NEW_THREAD}`,
    );
  if (first.payload['history_mode'] === 'paginated' && !Numbered.is(last))
    return red(
      `${file} ends with a record of an older codex, and codex 0.148 and newer refuse it then`,
      `use one version of codex for this thread: the older one still takes it; or ${NEW_THREAD}`,
    );
  if (hasJournal(file))
    return yellow(
      `${records}; a mutation of it was cut off`,
      'the next turn or mutation of the thread puts the original bytes back',
    );
  if (/\/archived_sessions\//.test(file))
    return yellow(
      `${records}; the thread is archived, and codex 0.136 and newer refuse it`,
      `the next turn unarchives it; by hand: codex unarchive ${threadId}`,
    );
  if (pictures > 0)
    return yellow(
      `${records}; ${pictures} of the pictures in its history are none, and the API may refuse them`,
      `a turn that is refused takes them out of the thread; or ${NEW_THREAD}`,
    );
  if (torn > 0)
    return yellow(
      `${records}, of which ${torn} cannot be read`,
      'codex passes over them; nothing has to be done',
    );
  return green(records);
};
