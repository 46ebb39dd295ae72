import { defer, type MonoTypeOperatorFunction, tap } from 'rxjs';
import type { CodexSignal } from '../codex/events/signal.js';
import type { Ports } from '../ports.js';
import type { TurnNotes } from './log-turn.js';

/**
 * Tells the host what codex said beside its answer: warnings, retries, and, once for each kind,
 * lines that could not be read. Kinds that are not known go to `drift`. With the exit comes one
 * line that counts both; so do the `notes` of the turn.
 *
 * Emits, completes, fails and is unsubscribed with the source; without notes the counts begin anew
 * with each subscription.
 */
export const logSignals =
  (
    { log, drift }: Pick<Ports, 'log' | 'drift'>,
    notes?: TurnNotes,
  ): MonoTypeOperatorFunction<CodexSignal> =>
  (source$) =>
    defer(() => {
      const counts = notes ?? { malformed: 0, unrecognised: 0 };
      const told = new Set<string>();
      const once = (kind: string, onNotice: () => void): void => {
        if (told.has(kind) || told.size >= MAX_KINDS) return;
        told.add(kind);
        onNotice();
      };
      return source$.pipe(
        tap((signal) => {
          switch (signal.type) {
            case 'malformed':
              counts.malformed += 1;
              once(signal.reason, () => {
                log('warning', 'codex printed a line that cannot be used', {
                  reason: signal.reason,
                  sample: signal.sample,
                });
              });
              break;
            case 'unrecognised':
              counts.unrecognised += 1;
              drift(signal.kind);
              break;
            case 'error':
              log('info', 'codex reports a problem', { message: signal.message });
              break;
            case 'item.completed':
              if (signal.item.type === 'error')
                log('warning', 'codex warns', { message: signal.item.message });
              break;
            case 'exited':
              log('debug', 'codex exited', {
                code: signal.code,
                signal: signal.signal,
                malformed: counts.malformed,
                unrecognised: counts.unrecognised,
              });
              break;
          }
        }),
      );
    });

/** How many kinds of odd lines are told in one turn. */
const MAX_KINDS = 20;
