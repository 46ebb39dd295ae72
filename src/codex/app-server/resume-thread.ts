import { mergeMap, type Observable, retry, timer } from 'rxjs';
import type { AppServer } from './app-server.js';
import { codexChoice } from './codex-choice.js';
import { AppServerError } from './rpc.js';

/** The params of a request that opens a thread. */
export type ThreadParams = Readonly<Record<string, unknown>> & {
  readonly cwd: string;
  readonly config: Readonly<Record<string, unknown>>;
};

/** How often and after how many milliseconds a refused resume is tried again, by codex's words. */
const RETRIES: readonly (readonly [words: string, tries: number, ms: number])[] = [
  // It takes 3 ms on 0.169.0.
  ['is closing', 500, 10],
  // A retired app-server may have it, and releases it.
  ['already has an active writer', 100, 50],
  // It releases a thread of 0.147 to 0.153 by archiving and unarchiving it.
  ['is archived', 10, 50],
  ['failed to resolve rollout path', 20, 50],
];

/**
 * Resumes a thread with a model, by default the one that codex chooses for a new thread, and with
 * the provider that it would choose unless the config names one: codex would keep that of the
 * thread, and ask it for a model of another one.
 *
 * Emits the answer once and completes. Tries again for 5 s while the thread is closing or another
 * process has it. Fails with `AppServerError` when codex refuses. Unsubscribe stops trying.
 */
export const resumeThread = (
  server: AppServer,
  params: ThreadParams,
  model: string | undefined,
): Observable<unknown> =>
  codexChoice(server, params.cwd, model).pipe(
    mergeMap(({ model: named, provider }) =>
      server
        .request$('thread/resume', {
          ...params,
          ...(named === undefined ? {} : { model: named }),
          config: {
            ...(provider === undefined ? {} : { model_provider: provider }),
            ...params.config,
          },
          excludeTurns: true,
        })
        .pipe(retry({ delay: retryDelay })),
    ),
  );

const retryDelay = (error: unknown, count: number): Observable<unknown> => {
  const message = error instanceof AppServerError ? error.message : '';
  const [, tries, ms] = RETRIES.find(([words]) => message.includes(words)) ?? ['', 0, 0];
  if (count <= tries) return timer(ms);
  throw error;
};
