import { randomUUID } from 'node:crypto';
import * as t from 'io-ts';
import {
  catchError,
  concat,
  defer,
  EMPTY,
  ignoreElements,
  map,
  mergeMap,
  type Observable,
  of,
  retry,
  tap,
  timer,
} from 'rxjs';
import type { AppServer } from './app-server.js';
import { AppServerError, sent } from './rpc.js';

/** What a thread is opened with. */
export interface ThreadPlan {
  /** The thread to resume; without one a new thread begins. */
  readonly threadId: string | undefined;
  readonly cwd: string;
  /** Nothing is codex's own choice. */
  readonly model: string | undefined;
  readonly sandbox: string;
  /** Overrides of config.toml for this thread: dotted keys and JSON values. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The state of the files that codex reads when it loads a thread: its config, AGENTS.md. */
  readonly files: string;
}

/**
 * Of the commands of a thread and of the relay to our tools: they inherit it, and are found by it
 * when the turn is over.
 */
export const THREAD_MARKER = 'PLEXUM_CODEX_THREAD';

const marked = (config: ThreadPlan['config'], marker: string): Record<string, unknown> => ({
  ...Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key,
      /^mcp_servers\.[^.]+\.env$/.test(key) && t.UnknownRecord.is(value)
        ? { ...value, [THREAD_MARKER]: marker }
        : value,
    ]),
  ),
  [`shell_environment_policy.set.${THREAD_MARKER}`]: marker,
});

const Opened = t.type({ thread: t.type({ id: t.string }) });

/**
 * Opens a thread for a turn, and emits its id once.
 *
 * A thread that is loaded, with the same settings, and whose rollout nobody has changed since our
 * last turn, costs no request. Any other that is loaded is let go first, and read again from its
 * rollout: `config` on the resume of a thread that has no subscriber does that on both versions
 * (facts/codex-app-server.md §2). Policy and sandbox are given with every resume, since 0.135
 * forgets them, and the model, since the thread would keep its own, as `codex exec` does not. Fails
 * with `AppServerError`. Unsubscribe forgets the answer: a thread that was begun is let go, one
 * that was resumed is read anew next time.
 */
export const openThread = (
  server: AppServer,
  plan: ThreadPlan,
  fileOf: (threadId: string) => string | undefined,
): Observable<string> =>
  defer(() => {
    const { threadId, cwd, model, sandbox, config, files } = plan;
    const settings = JSON.stringify([cwd, sandbox, config, files, model === undefined]);
    const loaded = threadId === undefined ? undefined : server.threads.get(threadId);
    if (
      threadId !== undefined &&
      loaded?.settings === settings &&
      loaded.file !== undefined &&
      loaded.file === fileOf(threadId)
    )
      return of(threadId);
    const { marker, seen } = loaded ?? { marker: randomUUID(), seen: new Map<number, number>() };
    const params = { cwd, approvalPolicy: 'never', sandbox, config: marked(config, marker) };
    const opened$ =
      threadId === undefined
        ? begun(server, { ...params, ...(model === undefined ? {} : { model }) })
        : resumed(server, { ...params, threadId }, model);
    // Until it answers nobody knows with what the thread is loaded.
    if (threadId !== undefined) server.threads.set(threadId, { settings: '', marker, seen, model });
    return concat(loaded === undefined ? EMPTY : unloadThread(server, threadId), opened$).pipe(
      map((result) => {
        if (!Opened.is(result))
          throw new AppServerError('codex app-server opened a thread without an id');
        server.threads.set(result.thread.id, { settings, marker, seen, model });
        return result.thread.id;
      }),
      tap({
        error: () => {
          if (threadId !== undefined) server.threads.delete(threadId);
        },
      }),
    );
  });

type Params = Readonly<Record<string, unknown>>;

const begun = (server: AppServer, params: Params): Observable<unknown> =>
  defer(() => {
    const answer$ = sent(server.request$('thread/start', params));
    const letGo = (): void => {
      answer$
        .pipe(mergeMap((late) => (Opened.is(late) ? unloadThread(server, late.thread.id) : EMPTY)))
        .subscribe({ error: () => undefined });
    };
    return answer$.pipe(tap({ unsubscribe: letGo }));
  });

const resumed = (
  server: AppServer,
  params: Params,
  model: string | undefined,
): Observable<unknown> =>
  (model === undefined ? defaultModel(server, params['cwd']) : of(model)).pipe(
    mergeMap((chosen) =>
      server.request$('thread/resume', {
        ...params,
        ...(chosen === undefined ? {} : { model: chosen }),
        excludeTurns: true,
      }),
    ),
    retry({
      delay: (error: unknown, count) => {
        if (isClosing(error) && count <= CLOSING_LOOKS) return timer(CLOSING_MS);
        throw error;
      },
    }),
  );

/** A thread that was just let go takes some milliseconds to close (measured on 0.169.0: 3). */
const isClosing = (error: unknown): boolean =>
  error instanceof AppServerError && error.message.includes('is closing');
const CLOSING_MS = 10;
const CLOSING_LOOKS = 500;

/**
 * Lets a thread go: it is closed, and its writer lock released. Emits nothing and does not fail.
 */
export const unloadThread = (server: AppServer, threadId: string | undefined): Observable<never> =>
  server.request$('thread/unsubscribe', { threadId }).pipe(
    ignoreElements(),
    catchError(() => EMPTY),
  );

const Configured = t.type({ config: t.type({ model: t.string }) });

const Listed = t.type({ data: t.array(t.unknown) });

const Default = t.type({ model: t.string, isDefault: t.literal(true) });

/**
 * The model that codex would choose by itself for a new thread: that of its config, else its
 * default (measured on 0.135.0 and 0.169.0).
 *
 * Emits it once and completes; nothing where codex does not tell. Does not fail.
 */
export const defaultModel = (
  { request$ }: Pick<AppServer, 'request$'>,
  cwd: unknown,
): Observable<string | undefined> =>
  request$('config/read', { includeLayers: false, cwd }).pipe(
    mergeMap((read) =>
      Configured.is(read) ? of(read.config.model) : request$('model/list', {}).pipe(map(defaultOf)),
    ),
    catchError(() => of(undefined)),
  );

const defaultOf = (listed: unknown): string | undefined =>
  Listed.is(listed) ? listed.data.find(Default.is)?.model : undefined;
