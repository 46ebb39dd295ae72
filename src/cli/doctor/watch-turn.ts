import { defer, map, type Observable, reduce } from 'rxjs';
import type { BridgePorts } from '../../bridge/tool-bridge.js';
import type { Log } from '../../canonical/notice.js';
import { isTerminal, type Terminal, type TurnEvent } from '../../canonical/turn-event.js';
import { redact } from '../../text/redact.js';

/** Stands in for the daemon in a turn that doctor runs. */
export interface TurnHost {
  readonly callTool$: BridgePorts['callTool$'];
  readonly log: Log;
}

/** Runs a turn against a host. The events are those of `runTurn`. */
export type Run = (stage: TurnHost) => Observable<TurnEvent>;

/** The outcome of a turn. */
export interface TurnSummary {
  readonly terminal?: Terminal;
  readonly text: string;
  /** Milliseconds from the start of the turn to its first text, and to its completion. */
  readonly firstTextMs?: number;
  readonly ms: number;
  /** Outputs of tool calls, as codex recorded them. */
  readonly outputs: readonly string[];
  /** Log messages of level `notice` and above, without secrets. */
  readonly warnings: readonly string[];
}

/**
 * Runs a turn. Emits its outcome once when the turn completes, then completes. Fails when `run`
 * fails. Unsubscribe ends the turn.
 */
export const watchTurn = (run: Run, callTool$: BridgePorts['callTool$']): Observable<TurnSummary> =>
  defer(() => {
    const startedAt = performance.now();
    const elapsed = (): number => Math.round(performance.now() - startedAt);
    const warnings: string[] = [];
    const log: Log = (level, msg, fields) => {
      if (level !== 'debug' && level !== 'info')
        warnings.push(redact(fields === undefined ? msg : `${msg} ${JSON.stringify(fields)}`));
    };
    return run({ callTool$, log }).pipe(
      reduce((seen: Omit<TurnSummary, 'ms' | 'warnings'>, event: TurnEvent) => {
        if (event.type === 'text_delta')
          return {
            ...seen,
            text: seen.text + event.text,
            firstTextMs: seen.firstTextMs ?? elapsed(),
          };
        if (event.type === 'tool_result')
          return { ...seen, outputs: [...seen.outputs, event.output] };
        return isTerminal(event) ? { ...seen, terminal: event } : seen;
      }, EMPTY_TURN),
      map((seen) => ({ ...seen, ms: elapsed(), warnings })),
    );
  });

const EMPTY_TURN: Omit<TurnSummary, 'ms' | 'warnings'> = { text: '', outputs: [] };
