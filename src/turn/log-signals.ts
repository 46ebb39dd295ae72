import { defer, type MonoTypeOperatorFunction } from 'rxjs';
import type { CodexSignal } from '../codex/events/signal.js';
import type { Ports } from '../ports.js';
import { emitEach } from '../streams/emit-each.js';
import type { TurnNotes } from './log-turn.js';

/**
 * Logs what codex prints besides its answer: warnings, retries, and malformed lines, once per
 * reason. Counts unknown kinds with `drift`. At the exit, logs the number of malformed lines and of
 * unknown kinds; `notes` has the same counts.
 *
 * Emits each signal of the source, completes and fails with it. Unsubscribe unsubscribes from the
 * source. Without `notes`, each subscription counts anew.
 */
export const logSignals =
  (
    { log, drift }: Pick<Ports, 'log' | 'drift'>,
    notes?: TurnNotes,
  ): MonoTypeOperatorFunction<CodexSignal> =>
  (source$) =>
    defer(() => {
      const counts = notes ?? { malformed: 0, unrecognised: 0 };
      const logged = new Set<string>();
      const once = (kind: string, write: () => void): void => {
        if (logged.has(kind) || logged.size >= MAX_KINDS) return;
        logged.add(kind);
        write();
      };
      return source$.pipe(
        emitEach<CodexSignal, CodexSignal>((signal, subscriber) => {
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
          subscriber.next(signal);
        }),
      );
    });

/** The most reasons of malformed lines that one turn logs. */
const MAX_KINDS = 20;
