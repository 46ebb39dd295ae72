import { randomUUID } from 'node:crypto';
import * as t from 'io-ts';
import { concat, defer, ignoreElements, map, type Observable, of } from 'rxjs';
import type { AppServer } from './app-server.js';
import { AppServerError } from './rpc.js';

/** What a thread is opened with. */
export interface ThreadPlan {
  /** The thread to resume; without one a new thread begins. */
  readonly threadId: string | undefined;
  readonly cwd: string;
  readonly model: string | undefined;
  readonly sandbox: string;
  /** Overrides of config.toml for this thread: dotted keys and JSON values. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** Of the commands of a thread and of the relay to our tools: they inherit it, and are found by it when the turn is over. */
export const THREAD_MARKER = 'PLEXUM_CODEX_THREAD';

const marked = (config: ThreadPlan['config'], marker: string): Record<string, unknown> => ({
  ...Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key,
      /^mcp_servers\.[^.]+\.env$/.test(key) && t.UnknownRecord.is(value) ? { ...value, [THREAD_MARKER]: marker } : value,
    ]),
  ),
  [`shell_environment_policy.set.${THREAD_MARKER}`]: marker,
});

const Opened = t.type({ thread: t.type({ id: t.string }) });

/**
 * Opens a thread for a turn, and emits its id once.
 *
 * A thread that is loaded, with the same settings, and whose rollout nobody has changed since our last turn, costs no request. Any other that is loaded is let go first, and read again from its
 * rollout: `config` on the resume of a thread that has no subscriber does that on both versions (facts/codex-app-server.md §2). Policy and sandbox are given with every resume, since 0.135 forgets them.
 */
export const openThread = (server: AppServer, plan: ThreadPlan, fileOf: (threadId: string) => string | undefined): Observable<string> =>
  defer(() => {
    const { threadId, cwd, model, sandbox, config } = plan;
    const settings = JSON.stringify([cwd, sandbox, config]);
    const loaded = threadId === undefined ? undefined : server.threads.get(threadId);
    if (threadId !== undefined && loaded?.settings === settings && loaded.file !== undefined && loaded.file === fileOf(threadId)) return of(threadId);
    const marker = loaded?.marker ?? randomUUID();
    const params = {
      cwd,
      approvalPolicy: 'never',
      sandbox,
      ...(model === undefined ? {} : { model }),
      config: marked(config, marker),
    };
    const opened$ =
      threadId === undefined
        ? server.request$('thread/start', params)
        : server.request$('thread/resume', { ...params, threadId, excludeTurns: true });
    const left$ = loaded === undefined ? of() : server.request$('thread/unsubscribe', { threadId }).pipe(ignoreElements());
    if (threadId !== undefined) server.threads.delete(threadId);
    return concat(left$, opened$).pipe(
      map((result) => {
        if (!Opened.is(result)) throw new AppServerError('codex app-server opened a thread without an id');
        server.threads.set(result.thread.id, { settings, marker });
        return result.thread.id;
      }),
    );
  });
