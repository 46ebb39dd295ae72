import { defer, merge, type Observable, ReplaySubject } from 'rxjs';
import type { CodexSignal } from '../codex/events/signal.js';
import { codexCan } from '../codex/versions.js';
import type { Ports } from '../ports.js';
import type { Cancel } from '../process/run.js';
import { withoutShortPauses } from '../streams/without-short-pauses.js';
import { watchDeadlines } from './deadlines.js';
import type { Transport } from './transport.js';
import { type ResumedThread, watchSandbox } from './watch-sandbox.js';

interface AttemptContext extends ResumedThread {
  /** See `watchDeadlines`. */
  readonly calls$: Observable<number>;
}

/**
 * Ends codex when a deadline of the turn expires, or as soon as its rollout shows a sandbox that is
 * weaker than asked.
 *
 * Emits the signals of codex; the cancel in `exited` names the deadline, or the sandbox. Completes
 * and fails with the transport. Unsubscribe unsubscribes from the transport.
 */
export const endAttempt = (
  { signals, version, asked, isToolAlive }: Transport,
  cancel$: Observable<Cancel>,
  { calls$, ...before }: AttemptContext,
  ports: Ports,
): Observable<CodexSignal> =>
  defer(() => {
    // Replayed, since a transport subscribes to its cancel more than once.
    const end$ = new ReplaySubject<Cancel>(1);
    const end = (why: Pick<Cancel, 'expired' | 'refused'>): void =>
      end$.next({ reason: 'deadline', graceMs: ports.graceMs, ...why });
    return signals(merge(cancel$, end$)).pipe(
      watchDeadlines({
        limits: ports.deadlines,
        ready$: ports.ready$.pipe(withoutShortPauses()),
        onExpired: (expired) => end({ expired }),
        saysEveryEnd: () => codexCan(version(), 'saysEveryEnd'),
        calls$,
        isToolAlive,
      }),
      watchSandbox(asked, before, ports, (refused) => end({ refused })),
    );
  });
