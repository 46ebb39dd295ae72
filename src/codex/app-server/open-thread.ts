import { randomUUID } from 'node:crypto';
import {
  catchError,
  concat,
  defer,
  EMPTY,
  map,
  mergeMap,
  type Observable,
  of,
  shareReplay,
  tap,
} from 'rxjs';
import type { AppServer } from './app-server.js';
import { inodeOf } from './file-state.js';
import { OpenedThread, openedThread } from './opened-thread.js';
import { resumeThread, type ThreadParams } from './resume-thread.js';
import { markedConfig } from './thread-marker.js';
import { closeThread, unloadThread } from './unload-thread.js';

/** The settings with which a thread is opened. */
export interface ThreadPlan {
  /** The thread to resume; a new thread without one. */
  readonly threadId: string | undefined;
  readonly cwd: string;
  /** Codex's own choice without one. */
  readonly model: string | undefined;
  readonly sandbox: string;
  /** Developer messages with which codex begins the thread; its own setting without them. */
  readonly developerInstructions?: string | undefined;
  /** Overrides of config.toml for this thread: dotted keys and JSON values. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The state of the files that codex reads when it loads a thread; see `filesOf`. */
  readonly files: string;
  /** Looks at codex's answer. Returns why the turn must not run; see `refusalOf`. */
  readonly refuse?: ((answer: unknown) => string | undefined) | undefined;
}

/** How a thread's rollout is known to be the one that codex has read. */
export interface RolloutStates {
  /** The state of the file; see `stateOf`. */
  readonly fileOf: (threadId: string) => string | undefined;
  /**
   * The last change of bytes in it by a plugin, if there was one; see `lastChange`. The state of
   * the file cannot show a change during a turn, in which codex appends.
   */
  readonly changeOf: (threadId: string) => string | undefined;
}

/**
 * Opens a thread for a turn.
 *
 * Emits the thread's id once and completes. Sends no request when the thread is loaded with the
 * same settings, its rollout has not changed since our last turn, and no plugin has changed bytes
 * of it since codex read it. Otherwise unloads the thread and resumes it: `config` on the resume of
 * a thread without subscribers makes codex read the rollout again (src/codex/README.md, threads of
 * the app-server). Every resume names policy and sandbox, which 0.135 forgets, and the model, which
 * the thread would keep although `codex exec` does not. Fails with `AppServerError` when codex
 * refuses, and when the plan refuses its answer. Unsubscribe drops the answer: a new thread is
 * unloaded in the background, a resumed thread is read again at its next turn.
 */
export const openThread = (
  server: AppServer,
  plan: ThreadPlan,
  { fileOf, changeOf }: RolloutStates,
): Observable<string> =>
  defer(() => {
    const { threadId, cwd, model, sandbox, config, files, developerInstructions } = plan;
    const instructed = developerInstructions === undefined ? {} : { developerInstructions };
    const settings = JSON.stringify([
      cwd,
      sandbox,
      config,
      files,
      model === undefined,
      ...Object.values(instructed),
    ]);
    const loaded = threadId === undefined ? undefined : server.threads.get(threadId);
    if (
      threadId !== undefined &&
      loaded?.settings === settings &&
      loaded.file !== undefined &&
      loaded.file === fileOf(threadId) &&
      loaded.change === changeOf(threadId)
    )
      return of(threadId);
    const { marker, seen } = loaded ?? { marker: randomUUID(), seen: new Map<number, number>() };
    const params = {
      cwd,
      approvalPolicy: 'never',
      sandbox,
      ...instructed,
      config: markedConfig(config, marker),
    };
    const answer$ =
      threadId === undefined
        ? startThread(server, { ...params, ...(model === undefined ? {} : { model }) })
        : resumeThread(server, { ...params, threadId }, model);
    // Before codex reads the rollout. A new thread has no rollout that could have been changed.
    const change = threadId === undefined ? undefined : changeOf(threadId);
    const open = threadId === undefined ? undefined : inodeOf(fileOf(threadId));
    // The settings are unknown until codex answers.
    if (threadId !== undefined)
      server.threads.set(threadId, { settings: '', marker, seen, model, change });
    const unload =
      loaded?.failed === true && server.keepsFailed === true ? closeThread : unloadThread;
    return concat(loaded === undefined ? EMPTY : unload(server, threadId), answer$).pipe(
      map((answer) => {
        const opened = openedThread(server, answer, plan);
        server.threads.set(opened, { settings, marker, seen, model, change, open });
        return opened;
      }),
      tap({
        error: () => {
          if (threadId !== undefined) server.threads.delete(threadId);
        },
      }),
    );
  });

const startThread = (server: AppServer, params: ThreadParams): Observable<unknown> =>
  defer(() => {
    // The request outlives its subscription: only its answer names the thread to unload.
    const answer$ = server
      .request$('thread/start', params)
      .pipe(shareReplay({ bufferSize: 1, refCount: false }));
    const unload$ = answer$.pipe(
      mergeMap((answer) =>
        OpenedThread.is(answer) ? unloadThread(server, answer.thread.id) : EMPTY,
      ),
      catchError(() => EMPTY),
    );
    return answer$.pipe(tap({ unsubscribe: () => server.runInBackground(unload$) }));
  });
