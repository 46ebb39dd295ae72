import { concat, defer, EMPTY, NEVER, type Observable, of } from 'rxjs';
import type { AppServer } from '../../src/codex/app-server/app-server.js';
import type { ServerNotification } from '../../src/codex/app-server/notification.js';
import { createThreads } from '../../src/codex/app-server/threads.js';

/**
 * The notifications of a turn: S it begins, a a piece of text, C it is completed, X it was
 * interrupted.
 */
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
 * An app-server that answers each request at once, and completes it; but those that `answer`
 * answers otherwise. `requests` are those that were sent, `asked` their methods; `killed` has an
 * entry for each kill. No process is as young as its root: nothing is ever found below it.
 */
export const served = (
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
    unreadable$: NEVER,
    exited$: NEVER,
    ready$: concat(of(true), NEVER),
    interruptAgents$: () => EMPTY,
    runInBackground: (work$) => void work$.subscribe(),
    root: { pid: -2, startTime: Number.MAX_SAFE_INTEGER, marker: '', seen: new Map() },
    kill: () => void killed.push(true),
    threads: createThreads(10_000),
    ...more,
  };
  return { server, requests, asked, killed };
};
