import { mergeMap, type Observable, of, retry, timer } from 'rxjs';
import type { AppServer } from './app-server.js';
import { defaultModel } from './default-model.js';
import { AppServerError } from './rpc.js';

/** The params of a request that opens a thread. */
export type ThreadParams = Readonly<Record<string, unknown>> & { readonly cwd: string };

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
 * Resumes a thread with a model, by default the one that codex chooses for a new thread.
 *
 * Emits the answer once and completes. Tries again for 5 s while the thread is closing or another
 * process has it. Fails with `AppServerError` when codex refuses. Unsubscribe stops trying.
 */
export const resumeThread = (
  server: AppServer,
  params: ThreadParams,
  model: string | undefined,
): Observable<unknown> =>
  (model === undefined ? defaultModel(server, params.cwd) : of(model)).pipe(
    mergeMap((named) =>
      server.request$('thread/resume', {
        ...params,
        ...(named === undefined ? {} : { model: named }),
        excludeTurns: true,
      }),
    ),
    retry({
      delay: (error: unknown, count) => {
        const message = error instanceof AppServerError ? error.message : '';
        const [, tries, ms] = RETRIES.find(([words]) => message.includes(words)) ?? ['', 0, 0];
        if (count <= tries) return timer(ms);
        throw error;
      },
    }),
  );
