import { defer, type MonoTypeOperatorFunction } from 'rxjs';
import type { CodexSignal } from '../codex/events/signal.js';
import { createNewReasons } from '../lines/parse-json.js';
import type { Ports } from '../ports.js';
import { emitEach } from '../streams/emit-each.js';
import type { TurnNotes } from './turn-notes.js';

/**
 * Logs what codex prints besides its answer: warnings, retries, and malformed lines, once per
 * reason. Counts unknown kinds with `drift`. Notes the thread, malformed lines and unknown kinds,
 * whose sums in the turn it logs at the exit.
 *
 * Emits each signal of the source, completes and fails with it. Unsubscribe unsubscribes from the
 * source.
 */
export const logSignals =
  (
    { log, drift }: Pick<Ports, 'log' | 'drift'>,
    { count, name, soFar }: TurnNotes,
  ): MonoTypeOperatorFunction<CodexSignal> =>
  (source$) =>
    defer(() => {
      const isNew = createNewReasons();
      return source$.pipe(
        emitEach<CodexSignal, CodexSignal>((signal, subscriber) => {
          if (signal.type === 'malformed') {
            const { reason, sample } = signal;
            count('malformed');
            if (isNew(signal))
              log('warning', 'codex printed a line that cannot be used', { reason, sample });
          } else if (signal.type === 'unrecognised') {
            count('unrecognised');
            drift(signal.kind);
          } else if (signal.type === 'thread.started') name({ threadId: signal.thread_id });
          else if (signal.type === 'error')
            log('info', 'codex reports a problem', { message: signal.message });
          else if (signal.type === 'item.completed' && signal.item.type === 'error')
            log('warning', 'codex warns', { message: signal.item.message });
          else if (signal.type === 'exited') {
            const { malformed, unrecognised } = soFar();
            log('debug', 'codex exited', {
              code: signal.code,
              signal: signal.signal,
              malformed,
              unrecognised,
            });
          }
          subscriber.next(signal);
        }),
      );
    });
