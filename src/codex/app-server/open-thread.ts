import { randomUUID } from 'node:crypto';
import { concat, defer, EMPTY, map, type Observable, of, tap } from 'rxjs';
import { acceptThread } from './accept-thread.js';
import type { AppServer } from './app-server.js';
import { inodeOf } from './file-state.js';
import { resumeThread, type ThreadParams } from './resume-thread.js';
import { startThread } from './start-thread.js';
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
 * the app-server). Every resume names policy and sandbox, which 0.135 forgets, and the model and
 * provider, which the thread would keep although `codex exec` does not. Fails with `AppServerError`
 * when codex refuses, and when the plan refuses its answer. Unsubscribe drops the answer: a new
 * thread is unloaded in the background, a resumed thread is read again at its next turn.
 */
export const openThread = (
  server: AppServer,
  plan: ThreadPlan,
  states: RolloutStates,
): Observable<string> =>
  defer(() => {
    const { threadId } = plan;
    return threadId === undefined
      ? beginThread(server, plan)
      : continueThread(server, plan, threadId, states);
  });

const beginThread = (server: AppServer, plan: ThreadPlan): Observable<string> => {
  const { model } = plan;
  const marker = randomUUID();
  const params = { ...paramsOf(plan, marker), ...(model === undefined ? {} : { model }) };
  return startThread(server, params).pipe(
    map((answer) => {
      const threadId = acceptThread(server, answer, plan);
      server.threads.set(threadId, { settings: settingsOf(plan), marker, seen: new Map(), model });
      return threadId;
    }),
  );
};

const continueThread = (
  server: AppServer,
  plan: ThreadPlan,
  threadId: string,
  { fileOf, changeOf }: RolloutStates,
): Observable<string> => {
  const { threads, keepsFailed = false } = server;
  const { model } = plan;
  const settings = settingsOf(plan);
  const loaded = threads.get(threadId);
  if (
    loaded?.settings === settings &&
    loaded.file !== undefined &&
    loaded.file === fileOf(threadId) &&
    loaded.change === changeOf(threadId)
  )
    return of(threadId);
  const { marker, seen } = loaded ?? { marker: randomUUID(), seen: new Map<number, number>() };
  // Before codex reads the rollout.
  const change = changeOf(threadId);
  const open = inodeOf(fileOf(threadId));
  // The settings are unknown until codex answers.
  threads.set(threadId, { settings: '', marker, seen, model, change });
  const unload = loaded?.failed === true && keepsFailed ? closeThread : unloadThread;
  return concat(
    loaded === undefined ? EMPTY : unload(server, threadId),
    resumeThread(server, { ...paramsOf(plan, marker), threadId }, model),
  ).pipe(
    map((answer) => {
      const resumed = acceptThread(server, answer, plan);
      threads.set(resumed, { settings, marker, seen, model, change, open });
      return resumed;
    }),
    tap({ error: () => threads.delete(threadId) }),
  );
};

const instructionsOf = ({ developerInstructions }: ThreadPlan) =>
  developerInstructions === undefined ? {} : { developerInstructions };

/** What a thread is loaded with: a turn with other settings reads it again. */
const settingsOf = (plan: ThreadPlan): string => {
  const { cwd, sandbox, config, files, model } = plan;
  const instructions = Object.values(instructionsOf(plan));
  return JSON.stringify([cwd, sandbox, config, files, model === undefined, ...instructions]);
};

const paramsOf = (plan: ThreadPlan, marker: string): ThreadParams => ({
  cwd: plan.cwd,
  approvalPolicy: 'never',
  sandbox: plan.sandbox,
  ...instructionsOf(plan),
  config: markedConfig(plan.config, marker),
});
