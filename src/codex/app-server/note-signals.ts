import { type MonoTypeOperatorFunction, tap } from 'rxjs';
import type { OnNotice } from '../../canonical/notice.js';
import type { CodexSignal } from '../events/signal.js';

/**
 * Signals that exist only while codex works. The pieces are in the record as events, and the others
 * say nothing about the turn.
 */
const LIVE: ReadonlySet<CodexSignal['type']> = new Set([
  'alive',
  'item.piece',
  'rollout.grew',
  'response.over',
]);

/**
 * Notifies about the signals of a turn for its record, before each is emitted.
 *
 * Mirrors the source. Unsubscribe unsubscribes from the source.
 */
export const noteSignals = (onNotice: OnNotice): MonoTypeOperatorFunction<CodexSignal> =>
  tap((signal) => {
    if (signal.type === 'exited')
      onNotice({ exited: { code: signal.code, signal: signal.signal } });
    else if (!LIVE.has(signal.type)) onNotice({ raw: signal });
  });
