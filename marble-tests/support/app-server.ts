import { concat, defer, EMPTY, NEVER, type Observable, of } from 'rxjs';
import type { AppServer } from '../../src/codex/app-server/app-server.js';
import type { ServerNotification } from '../../src/codex/app-server/notification.js';
import { createThreads } from '../../src/codex/app-server/threads.js';

/** The notifications of a turn: S started, a delta, C completed, X interrupted. */
export const turnNotes = (threadId: string, turnId: string) =>
  ({
    S: { method: 'turn/started', params: { threadId, turn: { id: turnId } } },
    a: {
      method: 'item/agentMessage/delta',
      params: { threadId, turnId, itemId: 'm', delta: 'Hello' },
    },
    C: {
      method: 'turn/completed',
      params: { threadId, turn: { id: turnId, status: 'completed', error: null } },
    },
    X: {
      method: 'turn/completed',
      params: { threadId, turn: { id: turnId, status: 'interrupted', error: null } },
    },
  }) satisfies Record<string, ServerNotification>;

type Params = Readonly<Record<string, unknown>>;

const ANSWERS: Params = {
  'thread/resume': { thread: { id: 'T' } },
  'thread/start': { thread: { id: 'T' } },
  'turn/start': { turn: { id: 'U' } },
};

/**
 * A fake app-server. It answers each request at once, unless `answer` returns another answer.
 * `requests` are the requests with their params, `asked` their methods; `killed` has an entry for
 * each kill. Its root is younger than every process, so that it never has a process below it.
 */
export const fakeAppServer = (
  notification$: Observable<ServerNotification>,
  answer?: (method: string, params: Params) => Observable<unknown> | undefined,
  more: Partial<AppServer> = {},
) => {
  const requests: (readonly [string, Params])[] = [];
  const asked: string[] = [];
  const killed: true[] = [];
  const server: AppServer = {
    request$: (method, params) =>
      defer(() => {
        requests.push([method, params]);
        asked.push(method);
        return answer?.(method, params) ?? of(ANSWERS[method] ?? {});
      }),
    notify: () => undefined,
    refusals$: NEVER,
    notification$,
    idleThread$: NEVER,
    resetsAt: () => undefined,
    unreadable$: NEVER,
    exited$: NEVER,
    ready$: concat(of(true), NEVER),
    isAgentOf: () => false,
    interruptAgents$: () => EMPTY,
    runInBackground: (work$) => void work$.subscribe(),
    root: {
      pid: -2,
      startTime: Number.MAX_SAFE_INTEGER,
      marker: '',
      seen: new Map(),
      left: new Map(),
    },
    kill: () => void killed.push(true),
    threads: createThreads(10_000),
    ...more,
  };
  return { server, requests, asked, killed };
};
