import { type Either, left, right } from 'fp-ts/lib/Either.js';
import {
  catchError,
  defer,
  forkJoin,
  map,
  mergeMap,
  type Observable,
  of,
  take,
  throwError,
  timeout,
} from 'rxjs';
import { mayHaveHooks } from '../../codex/app-server/hooks-list.js';
import { appServerRun } from '../../codex/app-server/launch-app-server.js';
import type { Rpc } from '../../codex/app-server/rpc.js';
import { serverArgs } from '../../codex/app-server/server-args.js';
import { startAppServer } from '../../codex/app-server/start-app-server.js';
import { startOverrides } from '../../codex/app-server/start-overrides.js';
import { codexHome, type Environment } from '../../codex/environment.js';
import { type CodexProgram, findCodex$ } from '../../codex/exec/find-codex.js';
import { BinaryError } from '../../codex/exec/resolve-binary.js';
import { MAX_LINE_BYTES } from '../../lines/line.js';
import { always$ } from '../../lines/readable.js';
import type { Config } from '../../plexum/config.js';
import { defaultBackground } from '../../process/background-work.js';
import { reasonOf } from '../../text/explain.js';
import { redact } from '../../text/redact.js';

/** An answer of codex, or why there is none. */
export type Answer = Either<string, unknown>;

/** What codex says of its config, login, models and hooks, by the app-server's requests. */
export interface CodexSays {
  /** Why the app-server does not start; absent when it does. */
  readonly problem?: string;
  /** The version of codex; absent when it does not start. */
  readonly version?: string;
  /** Its config, as all of its files and `extra_args` make it. */
  readonly config: Answer;
  readonly account: Answer;
  readonly limits: Answer;
  readonly models: Answer;
  /** The answer `undefined` means that no file may configure a hook. */
  readonly hooks: Answer;
}

/**
 * Milliseconds for the start, which takes 500, and for each answer. A ChatGPT login asks the
 * network: without it, codex answers with its own list of models after 3 s.
 */
const START_MS = 8_000;
const ANSWER_MS = 5_000;

/** Milliseconds between SIGINT and SIGKILL: no turn runs in it. */
const GRACE_MS = 500;

/**
 * Asks an app-server, which it starts, for the config, the account, its limits, the models and
 * the hooks.
 *
 * Emits the answers once and completes. Does not fail: an answer is the reason where codex cannot
 * start, refuses, or does not answer within 5 s; all of it takes 13 s at most. Unsubscribe ends the
 * app-server.
 */
export const askAppServer = (
  { binary, extraArgs }: Pick<Config, 'binary' | 'extraArgs'>,
  workspaces: readonly string[],
  environment: Environment,
): Observable<CodexSays> =>
  defer(() => {
    const home = codexHome(environment);
    const cwds = workspaces.length === 0 ? [home] : workspaces;
    return findCodex$(binary, environment).pipe(
      mergeMap((program) => {
        const { version } = program;
        if (version === undefined) throw new Error('the program gives no version of codex');
        return startServer(program, serverArgs(extraArgs).args, home, environment).pipe(
          map((server) => ({ version, server })),
        );
      }),
      timeout({ first: START_MS, with: () => throwError(() => new Error(SLOW)) }),
      mergeMap(({ version, server }) =>
        forkJoin({
          version: of(version),
          config: answerOf(server, 'config/read', { includeLayers: false }),
          account: answerOf(server, 'account/read', {}),
          limits: answerOf(server, 'account/rateLimits/read', {}),
          models: answerOf(server, 'model/list', { includeHidden: true }),
          hooks: mayHaveHooks(home, workspaces)
            ? answerOf(server, 'hooks/list', { cwds })
            : of(right(undefined)),
        }),
      ),
      take(1),
      catchError((error: unknown) => {
        const problem = shortReason(error);
        const none = left(problem);
        const hooks = mayHaveHooks(home, workspaces) ? none : right(undefined);
        return of({ problem, config: none, account: none, limits: none, models: none, hooks });
      }),
    );
  });

const SLOW = `codex app-server did not start within ${START_MS} ms`;

const startServer = (
  { binary, version }: CodexProgram,
  args: readonly string[],
  home: string,
  environment: Environment,
) => {
  const overrides = startOverrides(version, { home, reconnectMs: 0, extraArgs: [] });
  return startAppServer(appServerRun(binary, overrides, args, environment), {
    version: '1',
    ready$: always$,
    maxLineBytes: MAX_LINE_BYTES,
    recordsFolder: undefined,
    graceMs: GRACE_MS,
    log: () => undefined,
    runInBackground: defaultBackground.runInBackground(home),
  });
};

/** Emits the answer to a request, or why there is none, once, and completes. */
const answerOf = (
  { request$ }: Pick<Rpc, 'request$'>,
  method: string,
  params: Readonly<Record<string, unknown>>,
): Observable<Answer> =>
  request$(method, params).pipe(
    timeout({
      first: ANSWER_MS,
      with: () => throwError(() => new Error(`codex did not answer within ${ANSWER_MS} ms`)),
    }),
    map((answer): Answer => right(answer)),
    catchError((error: unknown) => of(left(shortReason(error)))),
  );

const shortReason = (error: unknown): string =>
  redact(error instanceof BinaryError ? error.problem : reasonOf(error))
    .slice(0, 300)
    .toWellFormed();
