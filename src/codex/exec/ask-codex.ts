import { defer, last, map, type Observable, scan, timer } from 'rxjs';
import type { Cancel, ProcessRun, ProcessSignal } from '../../process/run.js';

/** The output of a short codex command. */
export interface CodexAnswer {
  readonly code: number | null;
  /** stdout, then stderr. */
  readonly text: string;
  /** Whether the command was cancelled after `ASK_MS`. */
  readonly expired: boolean;
}

/** Milliseconds after which a short command is cancelled. `codex login status` takes about 50. */
const ASK_MS = 10_000;

/** Characters of stdout that are kept. */
const MAX_TEXT = 4_096;

const EMPTY_ANSWER: CodexAnswer = { code: null, text: '', expired: false };

/**
 * Runs a short codex command. Emits its output once when the process has exited, then completes;
 * cancels the command after 10 s. Fails when the command cannot be started. Unsubscribe kills the
 * process tree.
 */
export const askCodex = (
  run: ProcessRun,
  codex$: (run: ProcessRun, cancel$: Observable<Cancel>) => Observable<ProcessSignal>,
): Observable<CodexAnswer> => {
  const expiry$ = timer(ASK_MS).pipe(map((): Cancel => ({ reason: 'deadline', graceMs: 100 })));
  const signal$ = codex$(run, expiry$);
  return defer(() => {
    const decoder = new TextDecoder();
    return signal$.pipe(
      scan((answer: CodexAnswer, signal): CodexAnswer => {
        const { text } = answer;
        if (signal.type === 'stdout') {
          const piece = decoder.decode(signal.chunk, { stream: true });
          return { ...answer, text: (text + piece).slice(0, MAX_TEXT) };
        }
        return {
          code: signal.code,
          text: `${text}${signal.stderr}`.trim(),
          expired: signal.cancelled !== undefined,
        };
      }, EMPTY_ANSWER),
      last(null, EMPTY_ANSWER),
    );
  });
};
