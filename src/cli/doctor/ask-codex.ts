import { last, map, type Observable, scan, timer } from 'rxjs';
import type { Cancel, ProcessRun, ProcessSignal } from '../../process/run.js';

/** What a short command of codex said. */
export interface Said {
  readonly code: number | null;
  /** stdout, then stderr. */
  readonly text: string;
  /** It was ended because its time was over. */
  readonly late: boolean;
}

/** Milliseconds that a short command may take; it takes about 50. */
export const ASK_MS = 10_000;

/** Characters of stdout that are kept. */
const MAX_TEXT = 4_096;

const NOTHING: Said = { code: null, text: '', late: false };

/**
 * Runs a short command of codex. Emits once, when it is gone, at the latest soon after 10 s; fails
 * when it cannot be started. Unsubscribe ends it.
 */
export const askCodex = (
  run: ProcessRun,
  codex$: (run: ProcessRun, cancel$: Observable<Cancel>) => Observable<ProcessSignal>,
): Observable<Said> =>
  codex$(run, timer(ASK_MS).pipe(map((): Cancel => ({ reason: 'deadline', graceMs: 100 })))).pipe(
    scan(
      (said: Said, signal): Said =>
        signal.type === 'stdout'
          ? {
              ...said,
              text: (said.text + Buffer.from(signal.chunk).toString('utf8')).slice(0, MAX_TEXT),
            }
          : {
              code: signal.code,
              text: `${said.text}${signal.stderr}`.trim(),
              late: signal.cancelled !== undefined,
            },
      NOTHING,
    ),
    last(null, NOTHING),
  );
